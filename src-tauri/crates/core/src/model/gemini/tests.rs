use serde_json::{Value, json};

use crate::model::tests::{body, conversation, everything, replayed, request, with};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage, fold};
use crate::prompt::Wire;

const WIRE: Wire = Wire::Gemini;

#[test]
fn the_whole_request_is_pinned() {
    let request = request(Wire::Gemini, &everything(), &conversation());
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1beta/models/model-1:streamGenerateContent?alt=sse",
      "headers": {
        "content-type": "application/json"
      },
      "body": {
        "systemInstruction": {
          "parts": [
            {
              "text": "You triage."
            }
          ]
        },
        "contents": [
          {
            "role": "user",
            "parts": [
              {
                "text": "Where is my order?"
              }
            ]
          },
          {
            "role": "model",
            "parts": [
              {
                "text": "One moment."
              },
              {
                "functionCall": {
                  "name": "find_order",
                  "args": {
                    "id": "A-1"
                  }
                }
              },
              {
                "functionCall": {
                  "name": "now",
                  "args": {}
                }
              }
            ]
          },
          {
            "role": "user",
            "parts": [
              {
                "functionResponse": {
                  "name": "find_order",
                  "response": {
                    "state": "sent"
                  }
                }
              },
              {
                "functionResponse": {
                  "name": "now",
                  "response": {
                    "result": "noon"
                  }
                }
              }
            ]
          },
          {
            "role": "model",
            "parts": [
              {
                "functionCall": {
                  "name": "find_order",
                  "args": {
                    "arguments": "{\"id\":"
                  }
                }
              }
            ]
          },
          {
            "role": "user",
            "parts": [
              {
                "functionResponse": {
                  "name": "find_order",
                  "response": {
                    "result": "no such order"
                  }
                }
              }
            ]
          },
          {
            "role": "user",
            "parts": [
              {
                "text": "Well?"
              }
            ]
          }
        ],
        "tools": [
          {
            "functionDeclarations": [
              {
                "name": "find_order",
                "description": "Finds an order.",
                "parametersJsonSchema": {
                  "type": "object",
                  "properties": {
                    "id": {
                      "type": "string"
                    }
                  }
                }
              },
              {
                "name": "now"
              }
            ]
          }
        ],
        "store": true,
        "toolConfig": {
          "functionCallingConfig": {
            "mode": "ANY"
          }
        },
        "generationConfig": {
          "responseMimeType": "application/json",
          "responseJsonSchema": {
            "title": "triage",
            "type": "object",
            "properties": {
              "queue": {
                "type": "string"
              }
            },
            "required": [
              "queue"
            ],
            "additionalProperties": false
          },
          "maxOutputTokens": 300,
          "thinkingConfig": {
            "thinkingLevel": "low"
          },
          "frequencyPenalty": 0.1,
          "responseLogprobs": true,
          "made_up": {
            "a": 1
          },
          "candidateCount": 1,
          "presencePenalty": 0.2,
          "seed": 7,
          "stopSequences": [
            "END"
          ],
          "temperature": 0.2,
          "topK": 40,
          "logprobs": 3,
          "topP": 0.9,
          "verbosity": "low"
        }
      }
    }
    "#);
}

#[test]
fn parameters_are_spelt_as_this_wire_does() {
    let shown = |set: Value| body(WIRE, &with(set)).to_string();
    insta::assert_snapshot!(shown(json!({"effort": 1024})), @r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":1024}}}"#);
    insta::assert_snapshot!(
        shown(json!({"thinkingConfig": {"includeThoughts": true}, "reasoning_effort": "high"})),
        @r#"{"generationConfig":{"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}}"#
    );
    insta::assert_snapshot!(shown(json!({"topK": 3, "stop_sequences": ["a", "b"], "logprobs": 5})), @r#"{"generationConfig":{"logprobs":5,"stopSequences":["a","b"],"topK":3}}"#);
    insta::assert_snapshot!(
        shown(json!({"safety_settings": [], "cachedContent": "c", "generationConfig": {"seed": 1}, "seed": 2})),
        @r#"{"cachedContent":"c","generationConfig":{"seed":2},"safety_settings":[]}"#
    );
    insta::assert_snapshot!(shown(json!({"tool_choice": "VALIDATED"})), @r#"{"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": {"name": "find"}})), @r#"{"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["find"]}}}"#);
    insta::assert_snapshot!(
        shown(json!({"tool_choice": "none", "toolConfig": {"retrievalConfig": {}}})),
        @r#"{"toolConfig":{"retrievalConfig":{},"functionCallingConfig":{"mode":"NONE"}}}"#
    );
}

#[test]
fn the_body_does_not_say_whether_it_is_streamed() {
    let of = |stream: bool| {
        let model = crate::model::tests::model(WIRE, stream);
        crate::model::build(&model, &everything(), &conversation()).unwrap()
    };
    assert_eq!(of(true).body, of(false).body);
    assert_eq!(
        of(true).path,
        "/v1beta/models/model-1:streamGenerateContent?alt=sse"
    );
    assert_eq!(of(false).path, "/v1beta/models/model-1:generateContent");
}

#[test]
fn parts_go_back_to_the_model_that_made_them() {
    let parts = json!([{"functionCall": {"id": "abc123XYZ", "name": "find_order", "args": {}},
        "thoughtSignature": "S"}]);
    insta::assert_snapshot!(replayed(WIRE, "model-1", parts.clone()).to_string(), @r#"[{"role":"model","parts":[{"functionCall":{"id":"abc123XYZ","name":"find_order","args":{}},"thoughtSignature":"S"}]},{"role":"user","parts":[{"functionResponse":{"id":"abc123XYZ","name":"find_order","response":{"result":"found"}}}]}]"#);
    insta::assert_snapshot!(replayed(WIRE, "model-2", parts).to_string(), @r#"[{"role":"model","parts":[{"text":"Hm."},{"functionCall":{"name":"find_order","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"find_order","response":{"result":"found"}}}]}]"#);
}

#[test]
fn every_end_is_an_answer() {
    let ends = |reason: Value, parts: Value| {
        let body = json!({"candidates": [{"finishReason": reason, "content": {"parts": parts}}]});
        let answer = answer(&body).unwrap();
        (answer.finish.to_string(), answer.text)
    };
    for (reason, finish) in [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ] {
        let parts = json!([{"text": "a"}, {"text": "hidden", "thought": true}, {"text": "b"}]);
        assert_eq!(
            ends(json!(reason), parts),
            (finish.to_owned(), "ab".to_owned())
        );
    }
    let called = ends(json!("STOP"), json!([{"functionCall": {"name": "t"}}]));
    assert_eq!(called.0, "tool_calls");
    assert_eq!(ends(Value::Null, json!([])).0, "absent");
}

#[test]
fn a_blocked_prompt_is_an_outcome() {
    let body = json!({"promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}});
    let whole = answer(&body).unwrap();
    assert_eq!(
        (whole.text.as_str(), &whole.finish),
        ("", &Finish::ContentFilter)
    );
    assert_eq!(whole.usage, Some(Usage::new(9, 0)));
    let mut folder = fold::Folder::new(WIRE, "model-1");
    folder
        .feed(
            format!("data: {body}\n\n").as_bytes(),
            &crate::model::Nobody,
        )
        .unwrap();
    assert_eq!(folder.end(), (whole, true));
}

#[test]
fn usage_after_the_last_reason_counts() {
    let mut folder = fold::Folder::new(WIRE, "model-1");
    for frame in [
        json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]}),
        json!({"usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 1}}),
    ] {
        folder
            .feed(
                format!("data: {frame}\n\n").as_bytes(),
                &crate::model::Nobody,
            )
            .unwrap();
    }
    let (answer, complete) = folder.end();
    assert_eq!((answer.usage, complete), (Some(Usage::new(2, 1)), true));
}

#[test]
fn other_bodies_are_typed_errors() {
    let kind = |body: Value| answer(&body).unwrap_err().kind;
    assert_eq!(kind(json!({})), ErrorKind::BadBody);
    assert_eq!(kind(json!({"candidates": []})), ErrorKind::BadBody);
    let error = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no"}});
    assert_eq!(kind(error.clone()), ErrorKind::BadRequest);
    assert_eq!(kind(json!([error])), ErrorKind::BadRequest);
    let called = answer(
        &json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
        {"functionCall": {"id": "f1", "name": "t", "args": {"a": 1}}}]}}]}),
    );
    assert_eq!(called.unwrap().tool_calls[0].id.as_deref(), Some("f1"));
}

fn answer(body: &Value) -> Result<Answer, CallError> {
    fold::answer(WIRE, "model-1", body)
}
