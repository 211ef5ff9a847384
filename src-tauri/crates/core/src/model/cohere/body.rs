//! The body of Cohere's chat, version 2.

use serde_json::{Map, Value, json};

use crate::model::conversation::{Manners, Said, are_a_message, link};
use crate::model::openai_chat::body as chat;
use crate::model::wire::{self, Choice};
use crate::prompt::{Content, Model, Rendered, Speaker};

const MANNERS: Manners = Manners {
    owns: are_a_message,
    takes: |id| !id.is_empty(),
    id_length: 24,
};

/// The body.
pub(crate) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    let said = link(model, &rendered.turns, &MANNERS);
    body.insert(
        "messages".into(),
        chat::messages(rendered, &said, |said| match said.message.role {
            Speaker::Tool => chat::result(said, false),
            Speaker::Assistant if !said.message.tool_calls.is_empty() => caller(said),
            _ => chat::turn(said, Value::Null),
        }),
    );
    if !content.tools.is_empty() {
        body.insert("tools".into(), chat::tools(content, true));
    }
    if let Some(schema) = &content.output_schema {
        let format = json!({"type": "json_object", "json_schema": schema});
        body.insert("response_format".into(), format);
    }
    if let Some(max) = content.max_output_tokens {
        body.insert("max_tokens".into(), json!(max));
    }
    // Said either way, as the vendor's own clients do.
    if wire::allows(content, "stream") {
        body.insert("stream".into(), json!(model.stream));
    }
    for (name, value) in wire::params(content) {
        match name {
            "top_p" => wire::put(&mut body, "p", value.clone()),
            "top_k" => wire::put(&mut body, "k", value.clone()),
            "stop" | "stop_sequences" => {
                wire::put(&mut body, "stop_sequences", wire::listed(value));
            }
            "effort" | "reasoning_effort" => wire::put(&mut body, "thinking", thinking(value)),
            "tool_choice" => match Choice::read(value, &content.tools) {
                // There is no word for it: it is what happens without one.
                Some(Choice::Auto) => {}
                Some(Choice::None) => wire::put(&mut body, name, json!("NONE")),
                Some(Choice::Required) => wire::put(&mut body, name, json!("REQUIRED")),
                Some(Choice::Tool(_)) | None => wire::put(&mut body, name, value.clone()),
            },
            name => wire::put(&mut body, name, value.clone()),
        }
    }
    body
}

/// This API knows thinking on and off and a budget in tokens, but no degrees: every word but `none` is on.
fn thinking(effort: &Value) -> Value {
    match effort {
        Value::Number(budget) => json!({"type": "enabled", "token_budget": budget}),
        Value::String(word) if word == "none" || word == "disabled" => json!({"type": "disabled"}),
        _ => json!({"type": "enabled"}),
    }
}

/// A message that calls tools: what it says before is its plan.
fn caller(said: &Said<'_>) -> Value {
    let mut message = Map::new();
    message.insert("role".into(), json!("assistant"));
    if !said.message.text.is_empty() {
        message.insert("tool_plan".into(), json!(said.message.text));
    }
    message.insert("tool_calls".into(), chat::calls(said));
    Value::Object(message)
}
