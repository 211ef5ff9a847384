//! What the tests of all wires share: one version with everything in it, and one conversation with tools.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Request, build};
use crate::prompt::{
    Content, Message, Model, Params, Rendered, Replay, Speaker, Tool, ToolCall, Wire,
};

/// A model on this wire, streamed or not.
pub(super) fn model(wire: Wire, stream: bool) -> Model {
    Model {
        stream,
        ..Model::new(wire, "model-1")
    }
}

/// A version that sets what can be set, under the neutral names.
pub(super) fn everything() -> Content {
    Content {
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
        params: params(json!({
            "temperature": 0.2, "top_p": 0.9, "top_k": 40, "seed": 7, "stop": "END",
            "frequency_penalty": 0.1, "presence_penalty": 0.2, "effort": "low",
            "tool_choice": "required", "n": 1, "logprobs": true, "top_logprobs": 3,
            "verbosity": "low", "store": true, "made_up": {"a": 1}, "unset": null, "gone": 1,
        })),
        max_output_tokens: Some(300),
        output_schema: Some(json!({
            "title": "triage", "type": "object", "properties": {"queue": {"type": "string"}},
            "required": ["queue"], "additionalProperties": false
        })),
        ..Content::default()
    }
}

pub(super) fn params(set: Value) -> Params {
    Params {
        set: serde_json::from_value(set).unwrap(),
        remove: ["gone".to_owned()].into(),
    }
}

/// Parameters alone.
pub(super) fn with(set: Value) -> Content {
    Content {
        params: params(set),
        ..Content::default()
    }
}

pub(super) fn say(role: Speaker, text: &str) -> Message {
    Message::new(role, text)
}

/// A result of a tool.
pub(super) fn result(name: Option<&str>, id: Option<&str>, text: &str) -> Message {
    Message {
        name: name.map(str::to_owned),
        tool_call_id: id.map(str::to_owned),
        ..Message::new(Speaker::Tool, text)
    }
}

/// A turn that calls tools: names, ids and arguments.
pub(super) fn calling(text: &str, calls: &[(&str, Option<&str>, &str)]) -> Message {
    Message {
        tool_calls: calls
            .iter()
            .map(|(name, id, arguments)| ToolCall::from_text(name, arguments).with_id(*id))
            .collect(),
        ..Message::new(Speaker::Assistant, text)
    }
}

/// A conversation that another provider began: an id that not every wire takes, a call without one, arguments that are
/// no JSON.
pub(super) fn conversation() -> Rendered {
    Rendered {
        system: Some("You triage.".into()),
        turns: vec![
            say(Speaker::User, "Where is my order?"),
            calling(
                "One moment.",
                &[
                    (
                        "find_order",
                        Some("functions.find_order:0"),
                        "{\"id\":\"A-1\"}",
                    ),
                    ("now", None, ""),
                ],
            ),
            result(None, Some("functions.find_order:0"), "{\"state\":\"sent\"}"),
            result(Some("now"), None, "noon"),
            calling("", &[("find_order", Some("abc123XYZ"), "{\"id\":")]),
            result(None, None, "no such order"),
            say(Speaker::User, "Well?"),
        ],
    }
}

/// One question.
pub(super) fn question() -> Rendered {
    Rendered {
        system: None,
        turns: vec![say(Speaker::User, "hi")],
    }
}

pub(super) fn request(wire: Wire, content: &Content, rendered: &Rendered) -> Request {
    build(&model(wire, true), content, rendered).unwrap()
}

/// The body of one question with these parameters, the question itself left out.
pub(super) fn body(wire: Wire, content: &Content) -> Value {
    let mut body = request(wire, content, &question()).body;
    for name in [
        "model",
        "messages",
        "input",
        "contents",
        "stream",
        "stream_options",
    ] {
        body.as_object_mut().unwrap().shift_remove(name);
    }
    body
}

/// Two turns, the first of which goes back in this form.
pub(super) fn replayed(wire: Wire, model_id: &str, items: Value) -> Value {
    let mut said = calling("Hm.", &[("find_order", Some("abc123XYZ"), "{}")]);
    said.replay = Some(Arc::new(Replay {
        model_id: model_id.into(),
        items,
    }));
    let rendered = Rendered {
        system: None,
        turns: vec![said, result(None, Some("abc123XYZ"), "found")],
    };
    let mut body = request(wire, &Content::default(), &rendered).body;
    ["messages", "input", "contents"]
        .iter()
        .find_map(|name| body.get_mut(name).map(Value::take))
        .unwrap()
}

#[test]
fn what_is_unset_is_absent() {
    let shown: Vec<String> = [
        Wire::OpenaiChat,
        Wire::OpenaiResponses,
        Wire::Anthropic,
        Wire::Gemini,
        Wire::Cohere,
        Wire::Mistral,
    ]
    .into_iter()
    .map(|wire| {
        let request = build(&model(wire, false), &Content::default(), &question()).unwrap();
        format!("{} {}", request.path, request.body)
    })
    .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    /v1/chat/completions {"model":"model-1","messages":[{"role":"user","content":"hi"}]}
    /v1/responses {"model":"model-1","store":false,"input":[{"role":"user","content":"hi"}]}
    /v1/messages {"model":"model-1","max_tokens":4096,"messages":[{"role":"user","content":"hi"}]}
    /v1beta/models/model-1:generateContent {"contents":[{"role":"user","parts":[{"text":"hi"}]}]}
    /v2/chat {"model":"model-1","messages":[{"role":"user","content":"hi"}],"stream":false}
    /v1/chat/completions {"model":"model-1","messages":[{"role":"user","content":"hi"}]}
    "#);
}

#[test]
fn what_a_wire_adds_can_be_taken_out() {
    let content = Content {
        params: Params {
            remove: ["stream", "stream_options", "store"]
                .into_iter()
                .map(str::to_owned)
                .collect(),
            ..Params::default()
        },
        ..Content::default()
    };
    for wire in [
        Wire::OpenaiChat,
        Wire::OpenaiResponses,
        Wire::Anthropic,
        Wire::Gemini,
        Wire::Cohere,
        Wire::Mistral,
    ] {
        let request = request(wire, &content, &question());
        let shown = format!("{} {}", request.path, request.body);
        assert!(
            !shown.contains("stream") && !shown.contains("store"),
            "{shown}"
        );
    }
}
