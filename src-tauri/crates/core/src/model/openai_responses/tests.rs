use serde_json::{Value, json};

use crate::model::tests::{body, conversation, everything, replayed, request, with};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage, fold};
use crate::prompt::{Content, Wire};

const WIRE: Wire = Wire::OpenaiResponses;

#[test]
fn the_whole_request_is_pinned() {
    let request = request(Wire::OpenaiResponses, &everything(), &conversation());
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1/responses",
      "headers": {
        "content-type": "application/json"
      },
      "body": {
        "model": "model-1",
        "instructions": "You triage.",
        "store": true,
        "tools": [
          {
            "type": "function",
            "name": "find_order",
            "description": "Finds an order.",
            "parameters": {
              "type": "object",
              "properties": {
                "id": {
                  "type": "string"
                }
              }
            },
            "strict": false
          },
          {
            "type": "function",
            "name": "now",
            "parameters": {
              "type": "object",
              "properties": {}
            },
            "strict": false
          }
        ],
        "text": {
          "format": {
            "type": "json_schema",
            "name": "triage",
            "schema": {
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
            "strict": true
          },
          "verbosity": "low"
        },
        "max_output_tokens": 300,
        "stream": true,
        "reasoning": {
          "effort": "low"
        },
        "frequency_penalty": 0.1,
        "include": [
          "message.output_text.logprobs"
        ],
        "made_up": {
          "a": 1
        },
        "n": 1,
        "presence_penalty": 0.2,
        "seed": 7,
        "stop": "END",
        "temperature": 0.2,
        "tool_choice": "required",
        "top_k": 40,
        "top_logprobs": 3,
        "top_p": 0.9,
        "input": [
          {
            "role": "user",
            "content": "Where is my order?"
          },
          {
            "role": "assistant",
            "content": "One moment."
          },
          {
            "type": "function_call",
            "call_id": "c14a98748112cabd725e7eec",
            "name": "find_order",
            "arguments": "{\"id\":\"A-1\"}"
          },
          {
            "type": "function_call",
            "call_id": "call_1_1",
            "name": "now",
            "arguments": "{}"
          },
          {
            "type": "function_call_output",
            "call_id": "c14a98748112cabd725e7eec",
            "output": "{\"state\":\"sent\"}"
          },
          {
            "type": "function_call_output",
            "call_id": "call_1_1",
            "output": "noon"
          },
          {
            "type": "function_call",
            "call_id": "abc123XYZ",
            "name": "find_order",
            "arguments": "{\"id\":"
          },
          {
            "type": "function_call_output",
            "call_id": "abc123XYZ",
            "output": "no such order"
          },
          {
            "role": "user",
            "content": "Well?"
          }
        ]
      }
    }
    "#);
}

#[test]
fn parameters_are_spelt_as_this_wire_does() {
    let shown = |set: Value| body(WIRE, &with(set)).to_string();
    // Reasoning has to travel in the reply where nobody keeps it; an explicit choice stands.
    insta::assert_snapshot!(shown(json!({"effort": "none"})), @r#"{"store":false,"reasoning":{"effort":"none"},"include":["reasoning.encrypted_content"]}"#);
    insta::assert_snapshot!(shown(json!({"effort": "high", "store": true})), @r#"{"store":true,"reasoning":{"effort":"high"}}"#);
    insta::assert_snapshot!(shown(json!({"reasoning": {"summary": "auto"}, "reasoning_effort": "low"})), @r#"{"store":false,"reasoning":{"summary":"auto","effort":"low"},"include":["reasoning.encrypted_content"]}"#);
    insta::assert_snapshot!(shown(json!({"include": ["x"], "top_logprobs": 2, "logprobs": false})), @r#"{"store":false,"include":["x","message.output_text.logprobs"],"top_logprobs":2}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": {"type": "tool", "name": "t"}, "stop": ["a"]})), @r#"{"store":false,"stop":["a"],"tool_choice":{"type":"function","name":"t"}}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": {"type": "allowed_tools", "tools": []}})), @r#"{"store":false,"tool_choice":{"type":"allowed_tools","tools":[]}}"#);
}

#[test]
fn an_open_schema_is_not_sent_as_strict() {
    let content = Content {
        output_schema: Some(json!({"type": "object", "properties": {"a": {}}})),
        ..Content::default()
    };
    insta::assert_snapshot!(body(WIRE, &content).to_string(), @r#"{"store":false,"text":{"format":{"type":"json_schema","name":"output","schema":{"type":"object","properties":{"a":{}}},"strict":false}}}"#);
}

#[test]
fn items_go_back_to_the_model_that_made_them() {
    let items = json!([
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "E", "summary": []},
        {"type": "reasoning", "id": "rs_2", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "abc123XYZ", "name": "find_order", "arguments": "{}"},
    ]);
    insta::assert_snapshot!(replayed(WIRE, "model-1", items.clone()).to_string(), @r#"[{"type":"reasoning","id":"rs_1","encrypted_content":"E","summary":[]},{"type":"function_call","id":"fc_1","call_id":"abc123XYZ","name":"find_order","arguments":"{}"},{"type":"function_call_output","call_id":"abc123XYZ","output":"found"}]"#);
    insta::assert_snapshot!(replayed(WIRE, "model-2", items).to_string(), @r#"[{"role":"assistant","content":"Hm."},{"type":"function_call","call_id":"abc123XYZ","name":"find_order","arguments":"{}"},{"type":"function_call_output","call_id":"abc123XYZ","output":"found"}]"#);
    // A message of Chat, from the same model on another wire.
    let message = json!([{"role": "assistant", "content": "Hm."}]);
    assert_eq!(
        replayed(WIRE, "model-1", message),
        replayed(WIRE, "model-2", Value::Null)
    );
}

#[test]
fn every_end_is_an_answer() {
    let ends = |body: Value| {
        let answer = answer(&body).unwrap();
        (answer.finish.to_string(), answer.text)
    };
    let said = |status: &str, reason: Value, content: Value| {
        ends(
            json!({"status": status, "error": null, "incomplete_details": reason,
            "output": [{"type": "message", "content": content}]}),
        )
    };
    let text =
        || json!([{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]);
    let pair = |finish: &str, text: &str| (finish.to_owned(), text.to_owned());
    let why = |reason: &str| json!({"reason": reason});
    assert_eq!(said("completed", Value::Null, text()), pair("stop", "ab"));
    assert_eq!(
        said(
            "completed",
            Value::Null,
            json!([{"type": "refusal", "refusal": "No."}])
        ),
        pair("refusal", "No.")
    );
    assert_eq!(
        said("incomplete", why("max_output_tokens"), text()),
        pair("length", "ab")
    );
    assert_eq!(
        said("incomplete", why("content_filter"), text()),
        pair("content_filter", "ab")
    );
    assert_eq!(
        said("incomplete", why("steered"), text()),
        pair("steered", "ab")
    );
    assert_eq!(
        said("incomplete", Value::Null, text()),
        pair("length", "ab")
    );
    assert_eq!(
        said("cancelled", Value::Null, text()),
        pair("cancelled", "ab")
    );
    assert_eq!(ends(json!({"output": []})), pair("absent", ""));
}

#[test]
fn a_stream_that_only_tells_the_whole_is_read_too() {
    let mut stream = String::new();
    for event in [
        json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message",
            "content": [{"type": "output_text", "text": "hi"}]}}),
        json!({"type": "response.completed", "response": {"status": "completed", "output": [
            {"type": "message", "content": [{"type": "output_text", "text": "hi"}]},
            {"type": "function_call", "call_id": "c", "name": "now", "arguments": "{}"}]}}),
    ] {
        stream += &format!("data: {event}\n\n");
    }
    let mut folder = fold::Folder::new(WIRE, "m");
    folder
        .feed(stream.as_bytes(), &crate::model::Nobody)
        .unwrap();
    let (answer, complete) = folder.end();
    assert!(complete);
    assert_eq!(
        (answer.text.as_str(), answer.finish),
        ("hi", Finish::ToolCalls)
    );
    assert_eq!(answer.tool_calls.len(), 1);
}

#[test]
fn other_bodies_are_typed_errors() {
    let kind = |body: Value| answer(&body).unwrap_err().kind;
    assert_eq!(kind(json!({})), ErrorKind::BadBody);
    assert_eq!(
        kind(json!({"status": "failed", "error": null})),
        ErrorKind::Server
    );
    assert_eq!(
        kind(json!({"status": "failed", "error": {"code": "invalid_prompt", "message": "m"}})),
        ErrorKind::BadRequest
    );
    let usage = json!({"output": [], "usage": {"input_tokens": 5, "output_tokens": 2.0}});
    assert_eq!(answer(&usage).unwrap().usage, Some(Usage::new(5, 2)));
}

fn answer(body: &Value) -> Result<Answer, CallError> {
    fold::answer(WIRE, "model-1", body)
}
