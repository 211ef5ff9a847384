//! Mistral's chat: that of OpenAI in its own spelling. Its replies are read as those of Chat Completions are.

use serde_json::{Map, Value, json};

use super::conversation::{Manners, are_a_message, link};
use super::openai_chat::body as chat;
use super::wire::{self, Shape};
use crate::prompt::{Content, Model, Rendered, Speaker};

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.mistral.ai",
    endpoint: "/chat/completions",
    version: "v1",
    version_anywhere: true,
    headers: &[],
};

/// Ids of calls are nine letters or digits.
const MANNERS: Manners = Manners {
    owns: are_a_message,
    takes: |id| id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric()),
    id_length: 9,
};

/// The body.
pub(super) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    let said = link(model, &rendered.turns, &MANNERS);
    body.insert(
        "messages".into(),
        chat::messages(rendered, &said, |said| match said.message.role {
            Speaker::Tool => chat::result(said, true),
            _ => chat::turn(said, json!("")),
        }),
    );
    if !content.tools.is_empty() {
        body.insert("tools".into(), chat::tools(content, true));
    }
    if let Some(schema) = &content.output_schema {
        body.insert("response_format".into(), chat::response_format(schema));
    }
    if let Some(max) = content.max_output_tokens {
        body.insert("max_tokens".into(), json!(max));
    }
    // Usage comes with the last chunk, unasked.
    if wire::streams(model, content) {
        body.insert("stream".into(), json!(true));
    }
    for (name, value) in wire::params(content) {
        match name {
            "seed" => wire::put(&mut body, "random_seed", value.clone()),
            "stop_sequences" => wire::put(&mut body, "stop", value.clone()),
            "effort" => wire::put(&mut body, "reasoning_effort", value.clone()),
            "tool_choice" => {
                let choice = chat::tool_choice(value, &content.tools);
                wire::put(&mut body, name, choice);
            }
            name => wire::put(&mut body, name, value.clone()),
        }
    }
    body
}

#[cfg(test)]
mod tests;
