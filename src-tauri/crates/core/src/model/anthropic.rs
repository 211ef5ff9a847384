//! Anthropic Messages, API version 2023-06-01.

use serde_json::{Map, Value, json};

use super::answer::tokens;
use super::error::Complaint;
use super::wire::{self, Shape};
use super::{Answer, CallError, ErrorKind, Finish, ToolCall, Usage};
use crate::prompt::{Content, Model, Rendered, Speaker};

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.anthropic.com",
    endpoint: "/messages",
    version_anywhere: false,
    headers: &[("anthropic-version", "2023-06-01")],
};

/// `max_tokens` is required on this wire. A version that leaves it to the provider gets this many.
pub(super) const DEFAULT_MAX_TOKENS: u32 = 4096;

/// The body.
pub(super) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    let max_tokens = content.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    body.insert("max_tokens".into(), json!(max_tokens));
    if let Some(system) = &rendered.system {
        body.insert("system".into(), json!(system));
    }
    let messages = rendered.turns.iter().map(|turn| {
        let role = match turn.role {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::Tool => "tool",
        };
        json!({"role": role, "content": turn.text})
    });
    body.insert("messages".into(), messages.collect());
    if !content.tools.is_empty() {
        let tools = content.tools.iter().map(|tool| {
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
        });
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = &content.output_schema {
        let format = json!({"format": {"type": "json_schema", "schema": schema}});
        body.insert("output_config".into(), format);
    }
    for (name, value) in wire::params(content) {
        match (name, value) {
            ("stop", Value::String(one)) => body.insert("stop_sequences".into(), json!([one])),
            ("stop", value) => body.insert("stop_sequences".into(), value.clone()),
            (name, value) => body.insert(name.into(), value.clone()),
        };
    }
    body
}

/// Reads the body of a 200.
pub(super) fn answer(body: &Value) -> Result<Answer, CallError> {
    let Some(blocks) = body.get("content").and_then(Value::as_array) else {
        if body.get("error").is_some_and(|error| !error.is_null()) {
            let complaint = Complaint::read(body);
            return Err(CallError::new(
                complaint.kind(200, None),
                complaint.sentence(),
            ));
        }
        return Err(CallError::new(
            ErrorKind::BadBody,
            "it has no list of `content` blocks",
        ));
    };
    let mut text = String::new();
    let mut tool_calls = Vec::new();
    for block in blocks {
        let word = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        match word("type") {
            "text" => text.push_str(word("text")),
            "tool_use" => tool_calls.push(ToolCall::from_value(word("name"), block.get("input"))),
            // Thinking, and kinds that do not exist yet.
            _ => {}
        }
    }
    let reason = body.get("stop_reason").and_then(Value::as_str);
    let finish = match reason {
        Some("end_turn" | "stop_sequence") => Finish::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
        Some("tool_use") => Finish::ToolCalls,
        Some("refusal") => Finish::Refusal,
        other => Finish::unknown(other),
    };
    if finish == Finish::Refusal && text.is_empty() {
        let explanation = body.pointer("/stop_details/explanation");
        text.push_str(explanation.and_then(Value::as_str).unwrap_or_default());
    }
    Ok(Answer {
        text,
        tool_calls,
        finish,
        usage: usage(body),
        model: body.get("model").and_then(Value::as_str).map(str::to_owned),
        ..Answer::of("")
    })
}

/// Unlike elsewhere, `input_tokens` leaves out what came from or went into the cache: the input is all three.
fn usage(body: &Value) -> Option<Usage> {
    let usage = body.get("usage")?;
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"]
        .iter()
        .filter_map(|name| tokens(usage.get(name)))
        .fold(0, u32::saturating_add);
    Some(Usage::new(
        tokens(usage.get("input_tokens"))?.saturating_add(cached),
        tokens(usage.get("output_tokens"))?,
    ))
}

#[cfg(test)]
mod tests;
