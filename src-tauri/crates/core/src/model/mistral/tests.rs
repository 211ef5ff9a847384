use serde_json::{Value, json};

use crate::model::tests::{body, conversation, everything, replayed, request, with};
use crate::model::{Answer, CallError, ErrorKind, Finish, fold};
use crate::prompt::Wire;

const WIRE: Wire = Wire::Mistral;

#[test]
fn the_whole_request_is_pinned() {
    let request = request(Wire::Mistral, &everything(), &conversation());
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1/chat/completions",
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
            "content": "One moment.",
            "tool_calls": [
              {
                "id": "c14a98748",
                "type": "function",
                "function": {
                  "name": "find_order",
                  "arguments": "{\"id\":\"A-1\"}"
                }
              },
              {
                "id": "d57199b01",
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
            "tool_call_id": "c14a98748",
            "name": "find_order",
            "content": "{\"state\":\"sent\"}"
          },
          {
            "role": "tool",
            "tool_call_id": "d57199b01",
            "name": "now",
            "content": "noon"
          },
          {
            "role": "assistant",
            "content": "",
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
            "name": "find_order",
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
          "type": "json_schema",
          "json_schema": {
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
          }
        },
        "max_tokens": 300,
        "stream": true,
        "reasoning_effort": "low",
        "frequency_penalty": 0.1,
        "logprobs": true,
        "made_up": {
          "a": 1
        },
        "n": 1,
        "presence_penalty": 0.2,
        "random_seed": 7,
        "stop": "END",
        "store": true,
        "temperature": 0.2,
        "tool_choice": "required",
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
    let shown = |set: Value| body(WIRE, &with(set)).to_string();
    insta::assert_snapshot!(shown(json!({"random_seed": 1, "prompt_mode": "reasoning"})), @r#"{"prompt_mode":"reasoning","random_seed":1}"#);
    insta::assert_snapshot!(shown(json!({"tool_choice": "any", "safe_prompt": true})), @r#"{"safe_prompt":true,"tool_choice":"required"}"#);
}

#[test]
fn a_message_goes_back_to_the_model_that_made_it() {
    let message = json!([{"role": "assistant", "content": [{"type": "thinking", "thinking": []}],
        "tool_calls": [{"id": "abc123XYZ", "type": "function",
            "function": {"name": "find_order", "arguments": "{}"}}]}]);
    insta::assert_snapshot!(replayed(WIRE, "model-1", message.clone()).to_string(), @r#"[{"role":"assistant","content":[{"type":"thinking","thinking":[]}],"tool_calls":[{"id":"abc123XYZ","type":"function","function":{"name":"find_order","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc123XYZ","name":"find_order","content":"found"}]"#);
    insta::assert_snapshot!(replayed(WIRE, "model-2", message).to_string(), @r#"[{"role":"assistant","content":"Hm.","tool_calls":[{"id":"abc123XYZ","type":"function","function":{"name":"find_order","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc123XYZ","name":"find_order","content":"found"}]"#);
}

#[test]
fn every_end_is_an_answer() {
    let ends = |reason: &str| {
        let body = json!({"choices": [{"message": {"content": "x"}, "finish_reason": reason}]});
        answer(&body).unwrap().finish
    };
    assert_eq!(ends("stop"), Finish::Stop);
    assert_eq!(ends("model_length"), Finish::Length);
    assert_eq!(ends("error"), Finish::Other("error".into()));
    let fault = answer(&json!({"object": "error", "message": "no", "code": "1"})).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Server);
}

fn answer(body: &Value) -> Result<Answer, CallError> {
    fold::answer(WIRE, "model-1", body)
}
