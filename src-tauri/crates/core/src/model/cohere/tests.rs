use serde_json::{Value, json};

use crate::model::tests::{body, conversation, everything, replayed, request, with};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage, fold};
use crate::prompt::Wire;

const WIRE: Wire = Wire::Cohere;

#[test]
fn the_whole_request_is_pinned() {
    let request = request(Wire::Cohere, &everything(), &conversation());
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v2/chat",
      "headers": {
        "content-type": "application/json"
      },
      "body": {
        "model": "model-1",
        "messages": [
          {
            "role": "system",
            "content": "You triage."
          },
          {
            "role": "user",
            "content": "Where is my order?"
          },
          {
            "role": "assistant",
            "tool_plan": "One moment.",
            "tool_calls": [
              {
                "id": "functions.find_order:0",
                "type": "function",
                "function": {
                  "name": "find_order",
                  "arguments": "{\"id\":\"A-1\"}"
                }
              },
              {
                "id": "call_1_1",
                "type": "function",
                "function": {
                  "name": "now",
                  "arguments": "{}"
                }
              }
            ]
          },
          {
            "role": "tool",
            "tool_call_id": "functions.find_order:0",
            "content": "{\"state\":\"sent\"}"
          },
          {
            "role": "tool",
            "tool_call_id": "call_1_1",
            "content": "noon"
          },
          {
            "role": "assistant",
            "tool_calls": [
              {
                "id": "abc123XYZ",
                "type": "function",
                "function": {
                  "name": "find_order",
                  "arguments": "{\"id\":"
                }
              }
            ]
          },
          {
            "role": "tool",
            "tool_call_id": "abc123XYZ",
            "content": "no such order"
          },
          {
            "role": "user",
            "content": "Well?"
          }
        ],
        "tools": [
          {
            "type": "function",
            "function": {
              "name": "find_order",
              "description": "Finds an order.",
              "parameters": {
                "type": "object",
                "properties": {
                  "id": {
                    "type": "string"
                  }
                }
              }
            }
          },
          {
            "type": "function",
            "function": {
              "name": "now",
              "parameters": {
                "type": "object",
                "properties": {}
              }
            }
          }
        ],
        "response_format": {
          "type": "json_object",
          "json_schema": {
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
          }
        },
        "max_tokens": 300,
        "stream": true,
        "thinking": {
          "type": "enabled"
        },
        "frequency_penalty": 0.1,
        "logprobs": true,
        "made_up": {
          "a": 1
        },
        "n": 1,
        "presence_penalty": 0.2,
        "seed": 7,
        "stop_sequences": [
          "END"
        ],
        "store": true,
        "temperature": 0.2,
        "tool_choice": "REQUIRED",
        "k": 40,
        "top_logprobs": 3,
        "p": 0.9,
        "verbosity": "low"
      }
    }
    "#);
}

#[test]
fn parameters_are_spelt_as_this_wire_does() {
    let shown = |set: Value| body(WIRE, &with(set)).to_string();
    insta::assert_snapshot!(shown(json!({"p": 0.5, "k": 9, "effort": "none"})), @r#"{"thinking":{"type":"disabled"},"k":9,"p":0.5}"#);
    insta::assert_snapshot!(shown(json!({"effort": 500, "stop_sequences": ["a"]})), @r#"{"thinking":{"type":"enabled","token_budget":500},"stop_sequences":["a"]}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": "auto", "strict_tools": true})), @r#"{"strict_tools":true}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": "NONE"})), @r#"{"tool_choice":"NONE"}"#);
    // There is no such choice here: the API is to say so.
    insta::assert_snapshot!(shown(json!({"tool_choice": {"name": "t"}})), @r#"{"tool_choice":{"name":"t"}}"#);
}

#[test]
fn a_message_goes_back_to_the_model_that_made_it() {
    let message = json!([{"role": "assistant", "tool_plan": "Hm.", "tool_calls": [{"id": "abc123XYZ",
        "type": "function", "function": {"name": "find_order", "arguments": "{}"}}]}]);
    insta::assert_snapshot!(replayed(WIRE, "model-1", message.clone()).to_string(), @r#"[{"role":"assistant","tool_plan":"Hm.","tool_calls":[{"id":"abc123XYZ","type":"function","function":{"name":"find_order","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc123XYZ","content":"found"}]"#);
    insta::assert_snapshot!(replayed(WIRE, "model-2", message).to_string(), @r#"[{"role":"assistant","tool_plan":"Hm.","tool_calls":[{"id":"abc123XYZ","type":"function","function":{"name":"find_order","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc123XYZ","content":"found"}]"#);
}

#[test]
fn every_end_is_an_answer_or_an_error() {
    let ends = |reason: Value| {
        answer(&json!({"finish_reason": reason, "message": {"content": [{"type": "text", "text": "x"}]}}))
            .map(|answer| (answer.finish.to_string(), answer.text))
    };
    for (reason, finish) in [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("TOOL_CALL", "tool_calls"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ] {
        assert_eq!(
            ends(json!(reason)).unwrap(),
            (finish.to_owned(), "x".to_owned())
        );
    }
    assert_eq!(ends(Value::Null).unwrap().0, "absent");
    assert_eq!(ends(json!("ERROR")).unwrap_err().kind, ErrorKind::Server);
    assert_eq!(ends(json!("TIMEOUT")).unwrap_err().kind, ErrorKind::Timeout);
}

#[test]
fn other_bodies_are_typed_errors() {
    let kind = |body: Value| answer(&body).unwrap_err().kind;
    assert_eq!(kind(json!({})), ErrorKind::BadBody);
    assert_eq!(kind(json!({"message": "no"})), ErrorKind::Server);
    let text = answer(&json!({"message": {"content": "plain"}})).unwrap();
    assert_eq!((text.text.as_str(), text.usage), ("plain", None));
    let billed = json!({"message": {}, "usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 2}}});
    assert_eq!(answer(&billed).unwrap().usage, Some(Usage::new(5, 2)));
    assert_eq!(
        answer(&json!({"message": {}})).unwrap().finish,
        Finish::Other("absent".into())
    );
}

fn answer(body: &Value) -> Result<Answer, CallError> {
    fold::answer(WIRE, "model-1", body)
}
