//! The body of Messages.

use serde_json::{Map, Value, json};

use crate::model::conversation::{Manners, Said, are_typed, is_plain, link};
use crate::model::wire::{self, Choice};
use crate::prompt::{Content, Model, Rendered, Speaker, Tool};

/// `max_tokens` is required on this wire. A version that leaves it to the provider gets this many.
pub(crate) const DEFAULT_MAX_TOKENS: u32 = 4096;

const MANNERS: Manners = Manners {
    owns: are_typed,
    takes: is_plain,
    id_length: 24,
};

/// The body.
pub(crate) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    let max_tokens = content.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    body.insert("max_tokens".into(), json!(max_tokens));
    if let Some(system) = &rendered.system {
        body.insert("system".into(), json!(system));
    }
    let said = link(model, &rendered.turns, &MANNERS);
    body.insert("messages".into(), Value::Array(messages(&said)));
    if !content.tools.is_empty() {
        body.insert(
            "tools".into(),
            content.tools.iter().map(declaration).collect(),
        );
    }
    if let Some(schema) = &content.output_schema {
        let format = json!({"format": {"type": "json_schema", "schema": schema}});
        body.insert("output_config".into(), format);
    }
    if wire::streams(model, content) {
        body.insert("stream".into(), json!(true));
    }
    for (name, value) in wire::params(content) {
        match name {
            "stop" | "stop_sequences" => {
                wire::put(&mut body, "stop_sequences", wire::listed(value));
            }
            // Thinking is not switched on with it: which kind a model takes differs, and `thinking` says it.
            "effort" | "reasoning_effort" => {
                wire::put(&mut body, "output_config", json!({"effort": value}));
            }
            "tool_choice" => wire::put(&mut body, name, tool_choice(value, &content.tools)),
            name => wire::put(&mut body, name, value.clone()),
        }
    }
    body
}

fn declaration(tool: &Tool) -> Value {
    let mut shown = Map::new();
    shown.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        shown.insert("description".into(), json!(tool.description));
    }
    let schema = match &tool.parameters {
        // Required here, so "no parameters" has to be spelt out.
        Value::Null => json!({"type": "object"}),
        schema => schema.clone(),
    };
    shown.insert("input_schema".into(), schema);
    Value::Object(shown)
}

fn tool_choice(value: &Value, tools: &[Tool]) -> Value {
    match Choice::read(value, tools) {
        Some(Choice::Auto) => json!({"type": "auto"}),
        Some(Choice::None) => json!({"type": "none"}),
        Some(Choice::Required) => json!({"type": "any"}),
        Some(Choice::Tool(name)) => json!({"type": "tool", "name": name}),
        None => value.clone(),
    }
}

/// All results of a turn go into one user message, first in its content; what the user says next follows in it.
fn messages(said: &[Said<'_>]) -> Vec<Value> {
    let mut messages = Vec::with_capacity(said.len());
    let mut results: Vec<Value> = Vec::new();
    for said in said {
        let message = said.message;
        match message.role {
            Speaker::Tool => results.push(result(said)),
            Speaker::User if !results.is_empty() => {
                if !message.text.is_empty() {
                    results.push(json!({"type": "text", "text": message.text}));
                }
                messages.push(user(std::mem::take(&mut results)));
            }
            Speaker::User => messages.push(json!({"role": "user", "content": message.text})),
            Speaker::Assistant => {
                if !results.is_empty() {
                    messages.push(user(std::mem::take(&mut results)));
                }
                messages.push(json!({"role": "assistant", "content": assistant(said)}));
            }
        }
    }
    if !results.is_empty() {
        messages.push(user(results));
    }
    messages
}

fn user(blocks: Vec<Value>) -> Value {
    json!({"role": "user", "content": blocks})
}

fn result(said: &Said<'_>) -> Value {
    let id = said.answers.as_ref().map(|answers| &answers.id);
    json!({"type": "tool_result", "tool_use_id": id, "content": said.message.text})
}

fn assistant(said: &Said<'_>) -> Value {
    let message = said.message;
    if let Some(items) = said.replay {
        return json!(items);
    }
    if message.tool_calls.is_empty() {
        return json!(message.text);
    }
    // An empty text block is refused.
    let text = Some(&message.text)
        .filter(|text| !text.is_empty())
        .map(|text| json!({"type": "text", "text": text}));
    let calls = message.tool_calls.iter().zip(&said.ids).map(|(call, id)| {
        let input = wire::object(&call.arguments);
        json!({"type": "tool_use", "id": id, "name": call.name, "input": input})
    });
    text.into_iter().chain(calls).collect()
}
