use serde_json::{Value, json};

use super::super::request::build;
use crate::model::tests::{body, conversation, everything, replayed, request, with};
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

#[test]
fn a_streamed_request_with_everything_is_pinned() {
    let request = request(Wire::Anthropic, &everything(), &conversation());
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1/messages",
      "headers": {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json"
      },
      "body": {
        "model": "model-1",
        "max_tokens": 300,
        "system": "You triage.",
        "messages": [
          {
            "role": "user",
            "content": "Where is my order?"
          },
          {
            "role": "assistant",
            "content": [
              {
                "type": "text",
                "text": "One moment."
              },
              {
                "type": "tool_use",
                "id": "c14a98748112cabd725e7eec",
                "name": "find_order",
                "input": {
                  "id": "A-1"
                }
              },
              {
                "type": "tool_use",
                "id": "call_1_1",
                "name": "now",
                "input": {}
              }
            ]
          },
          {
            "role": "user",
            "content": [
              {
                "type": "tool_result",
                "tool_use_id": "c14a98748112cabd725e7eec",
                "content": "{\"state\":\"sent\"}"
              },
              {
                "type": "tool_result",
                "tool_use_id": "call_1_1",
                "content": "noon"
              }
            ]
          },
          {
            "role": "assistant",
            "content": [
              {
                "type": "tool_use",
                "id": "abc123XYZ",
                "name": "find_order",
                "input": {
                  "arguments": "{\"id\":"
                }
              }
            ]
          },
          {
            "role": "user",
            "content": [
              {
                "type": "tool_result",
                "tool_use_id": "abc123XYZ",
                "content": "no such order"
              },
              {
                "type": "text",
                "text": "Well?"
              }
            ]
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
          "effort": "low"
        },
        "stream": true,
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
        "tool_choice": {
          "type": "any"
        },
        "top_k": 40,
        "top_logprobs": 3,
        "top_p": 0.9,
        "verbosity": "low"
      }
    }
    "#);
}

#[test]
fn parameters_are_spelt_as_this_wire_does() {
    let sent = |set: Value| body(Wire::Anthropic, &with(set)).to_string();
    insta::assert_snapshot!(sent(json!({"tool_choice": "none", "thinking": {"type": "adaptive"}, "effort": "max"})), @r#"{"max_tokens":4096,"output_config":{"effort":"max"},"thinking":{"type":"adaptive"},"tool_choice":{"type":"none"}}"#);
    insta::assert_snapshot!(
        sent(json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}, "max_tokens": 5})),
        @r#"{"max_tokens":5,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#
    );
    insta::assert_snapshot!(sent(json!({"tool_choice": {"type": "function", "function": {"name": "t"}}})), @r#"{"max_tokens":4096,"tool_choice":{"type":"tool","name":"t"}}"#);
}

#[test]
fn blocks_go_back_to_the_model_that_made_them() {
    let blocks = json!([{"type": "thinking", "thinking": "Hm", "signature": "S"},
        {"type": "tool_use", "id": "abc123XYZ", "name": "find_order", "input": {}}]);
    insta::assert_snapshot!(replayed(Wire::Anthropic, "model-1", blocks.clone()).to_string(), @r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"tool_use","id":"abc123XYZ","name":"find_order","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"abc123XYZ","content":"found"}]}]"#);
    insta::assert_snapshot!(replayed(Wire::Anthropic, "model-2", blocks).to_string(), @r#"[{"role":"assistant","content":[{"type":"text","text":"Hm."},{"type":"tool_use","id":"abc123XYZ","name":"find_order","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"abc123XYZ","content":"found"}]}]"#);
}

#[test]
fn a_block_that_is_not_whole_does_not_go_back() {
    let mut stream = String::new();
    for frame in [
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "tool_use", "id": "x", "name": "t", "input": {}}}),
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "{\"a\":"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 3}}),
        json!({"type": "message_stop"}),
    ] {
        stream += &format!("data: {frame}\n\n");
    }
    let mut folder = fold::Folder::new(Wire::Anthropic, "m");
    folder
        .feed(stream.as_bytes(), &crate::model::Nobody)
        .unwrap();
    let (answer, complete) = folder.end();
    assert!(complete);
    assert_eq!(answer.finish.as_str(), "length");
    assert_eq!(answer.tool_calls[0].unreadable(), Some("{\"a\":"));
    assert_eq!(answer.replay, None);
}

#[test]
fn what_the_provider_ran_itself_goes_back_and_is_no_call() {
    let mut stream = String::new();
    for frame in [
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}}}),
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "{\"q\":1}"}}),
        json!({"type": "content_block_start", "index": 1,
            "content_block": {"type": "web_search_tool_result", "tool_use_id": "x", "content": []}}),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "citations_delta", "citation": {"url": "u"}}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": "found"}}),
        json!({"type": "message_stop"}),
    ] {
        stream += &format!("data: {frame}\n\n");
    }
    let mut folder = fold::Folder::new(Wire::Anthropic, "m");
    folder
        .feed(stream.as_bytes(), &crate::model::Nobody)
        .unwrap();
    let (answer, _) = folder.end();
    assert_eq!(
        (answer.text.as_str(), answer.tool_calls.len()),
        ("found", 0)
    );
    insta::assert_snapshot!(answer.replay.unwrap().items.to_string(), @r#"[{"type":"server_tool_use","id":"x","name":"web_search","input":{"q":1}},{"type":"web_search_tool_result","tool_use_id":"x","content":[]},{"type":"text","text":"found","citations":[{"url":"u"}]}]"#);
}

#[test]
fn output_is_counted_at_the_end_only() {
    let mut folder = fold::Folder::new(Wire::Anthropic, "m");
    let start = json!({"type": "message_start",
        "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}});
    folder
        .feed(
            format!("data: {start}\n\n").as_bytes(),
            &crate::model::Nobody,
        )
        .unwrap();
    assert_eq!(folder.end().0.usage, None);
}
