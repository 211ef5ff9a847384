use serde_json::{Value, json};

use super::super::request::build;
use crate::model::{Answer, CallError, ErrorKind, fold};
use crate::prompt::{Content, Message, Model, Params, Rendered, Speaker, Tool, Wire};

fn model() -> Model {
    Model {
        wire: Wire::Anthropic,
        id: "claude-sonnet-4-5".into(),
        key_env: Some("ANTHROPIC_API_KEY".into()),
        base_url: None,
        stream: false,
        ..Model::new(Wire::Anthropic, "")
    }
}

fn turn(role: Speaker, text: &str) -> Message {
    Message::new(role, text)
}

#[test]
fn the_whole_request_is_pinned() {
    let content = Content {
        tools: vec![
            Tool {
                name: "find_order".into(),
                description: "Finds an order.".into(),
                parameters: json!({"type": "object", "properties": {"id": {"type": "string"}}}),
            },
            Tool {
                name: "now".into(),
                description: String::new(),
                parameters: Value::Null,
            },
        ],
        params: Params {
            set: [
                ("temperature".to_owned(), json!(0.2)),
                ("stop".to_owned(), json!("END")),
                ("top_p".to_owned(), json!(0.9)),
            ]
            .into(),
            remove: ["top_p".to_owned()].into(),
        },
        max_output_tokens: Some(300),
        output_schema: Some(json!({"type": "object", "properties": {"b": {}, "a": {}}})),
        ..Content::default()
    };
    let rendered = Rendered {
        system: Some("<role>You triage.</role>".into()),
        turns: vec![
            turn(Speaker::User, "example"),
            turn(Speaker::Assistant, "{}"),
            turn(Speaker::User, "I was charged twice"),
        ],
    };
    let request = build(&model(), &content, &rendered).unwrap();
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1/messages",
      "headers": {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json"
      },
      "body": {
        "model": "claude-sonnet-4-5",
        "max_tokens": 300,
        "system": "<role>You triage.</role>",
        "messages": [
          {
            "role": "user",
            "content": "example"
          },
          {
            "role": "assistant",
            "content": "{}"
          },
          {
            "role": "user",
            "content": "I was charged twice"
          }
        ],
        "tools": [
          {
            "name": "find_order",
            "description": "Finds an order.",
            "input_schema": {
              "type": "object",
              "properties": {
                "id": {
                  "type": "string"
                }
              }
            }
          },
          {
            "name": "now",
            "input_schema": {
              "type": "object"
            }
          }
        ],
        "output_config": {
          "format": {
            "type": "json_schema",
            "schema": {
              "type": "object",
              "properties": {
                "b": {},
                "a": {}
              }
            }
          }
        },
        "stop_sequences": [
          "END"
        ],
        "temperature": 0.2
      }
    }
    "#);
}

#[test]
fn what_is_unset_is_absent_but_the_required_limit() {
    let rendered = Rendered {
        system: None,
        turns: vec![turn(Speaker::User, "hi")],
    };
    let body = build(&model(), &Content::default(), &rendered)
        .unwrap()
        .body;
    insta::assert_snapshot!(body.to_string(), @r#"{"model":"claude-sonnet-4-5","max_tokens":4096,"messages":[{"role":"user","content":"hi"}]}"#);
    let content = Content {
        params: Params {
            set: [("stop".to_owned(), json!(["a", "b"]))].into(),
            ..Params::default()
        },
        ..Content::default()
    };
    let body = build(&model(), &content, &rendered).unwrap().body;
    assert_eq!(body.get("stop_sequences"), Some(&json!(["a", "b"])));
    assert_eq!(body.get("stop"), None);
}

fn answer(body: &Value) -> Result<Answer, CallError> {
    fold::answer(Wire::Anthropic, "m", body)
}

fn read(body: Value) -> Answer {
    answer(&body).unwrap()
}

#[test]
fn blocks_become_text_and_tool_calls() {
    let answer = read(json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [
            {"type": "thinking", "thinking": "hidden", "signature": "s"},
            {"type": "text", "text": "Let me look. "},
            {"type": "text", "text": "One moment."},
            {"type": "tool_use", "id": "toolu_1", "name": "find_order", "input": {"id": "A-1"}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
            {"type": "from_the_future", "text": "not text"}
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5,
            "output_tokens": 7}
    }));
    insta::assert_json_snapshot!(answer, @r#"
    {
      "text": "Let me look. One moment.",
      "tool_calls": [
        {
          "id": "toolu_1",
          "name": "find_order",
          "arguments": {
            "id": "A-1"
          }
        },
        {
          "id": "toolu_2",
          "name": "now",
          "arguments": {}
        }
      ],
      "finish": "tool_calls",
      "usage": {
        "input_tokens": 115,
        "output_tokens": 7,
        "cached_input_tokens": 100,
        "cache_write_tokens": 5
      },
      "model": "claude-sonnet-4-5-20250929"
    }
    "#);
}

#[test]
fn every_end_is_an_answer() {
    let ends = |body: Value| {
        let answer = read(body);
        (answer.finish.to_string(), answer.text)
    };
    for (reason, word) in [
        (json!("end_turn"), "stop"),
        (json!("stop_sequence"), "stop"),
        (json!("max_tokens"), "length"),
        (json!("model_context_window_exceeded"), "length"),
        (json!("refusal"), "refusal"),
        (json!("pause_turn"), "pause_turn"),
        (json!(null), "absent"),
    ] {
        let body = json!({"content": [{"type": "text", "text": "x"}], "stop_reason": reason});
        assert_eq!(ends(body), (word.to_owned(), "x".to_owned()));
    }
    let refused = json!({"content": [], "stop_reason": "refusal",
        "stop_details": {"category": "c", "explanation": "Not this."}});
    assert_eq!(ends(refused), ("refusal".into(), "Not this.".into()));
}

#[test]
fn other_bodies_are_typed_errors() {
    let error = answer(&json!({"choices": []})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadBody);
    let inside =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(answer(&inside).unwrap_err().kind, ErrorKind::Overloaded);
    let usage = read(json!({"content": [], "usage": {"input_tokens": 1}})).usage;
    assert_eq!(usage, None);
}
