//! OpenAI Chat Completions, and every server that speaks it.
//!
//! Only the first choice is read: a version that asks for several with `n` gets the first.

use serde_json::{Map, Value, json};

use super::answer::tokens;
use super::error::Complaint;
use super::wire::{self, Shape};
use super::{Answer, CallError, ErrorKind, Finish, ToolCall, Usage, schema};
use crate::prompt::{Content, Model, Rendered, Speaker};

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.openai.com",
    endpoint: "/chat/completions",
    version_anywhere: true,
    headers: &[],
};

/// The body. `host` decides one spelling: OpenAI itself deprecates `max_tokens`, and its reasoning models refuse it,
/// while compatible servers often know nothing else.
pub(super) fn body(
    model: &Model,
    content: &Content,
    rendered: &Rendered,
    host: &str,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    // `system`, not `developer`: OpenAI reads it as `developer` where that is due, and compatible servers know only it.
    let system = rendered
        .system
        .iter()
        .map(|text| json!({"role": "system", "content": text}));
    let turns = rendered.turns.iter().map(|turn| {
        let role = match turn.role {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::Tool => "tool",
        };
        json!({"role": role, "content": turn.text})
    });
    body.insert("messages".into(), system.chain(turns).collect());
    if !content.tools.is_empty() {
        let tools = content.tools.iter().map(|tool| {
            let mut function = Map::new();
            function.insert("name".into(), json!(tool.name));
            if !tool.description.is_empty() {
                function.insert("description".into(), json!(tool.description));
            }
            if !tool.parameters.is_null() {
                function.insert("parameters".into(), tool.parameters.clone());
            }
            json!({"type": "function", "function": function})
        });
        body.insert("tools".into(), tools.collect());
    }
    if let Some(schema) = &content.output_schema {
        body.insert("response_format".into(), response_format(schema));
    }
    if let Some(max) = content.max_output_tokens {
        let name = if host == "api.openai.com" || host.ends_with(".api.openai.com") {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        body.insert(name.into(), json!(max));
    }
    for (name, value) in wire::params(content) {
        let name = if name == "stop_sequences" {
            "stop"
        } else {
            name
        };
        body.insert(name.into(), value.clone());
    }
    body
}

/// `strict` only where the schema fits its rules; elsewhere OpenAI would refuse the request, and the schema is the
/// team's. Switch it by hand with the provider option `response_format.json_schema.strict`.
fn response_format(schema: &Value) -> Value {
    let fits = |name: &&str| {
        (1..=64).contains(&name.len())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let name = schema
        .get("title")
        .and_then(Value::as_str)
        .filter(fits)
        .unwrap_or("output");
    let mut format = Map::new();
    format.insert("name".into(), json!(name));
    format.insert("schema".into(), schema.clone());
    if schema::is_strict(schema) {
        format.insert("strict".into(), json!(true));
    }
    json!({"type": "json_schema", "json_schema": format})
}

/// Reads the body of a 200.
pub(super) fn answer(body: &Value) -> Result<Answer, CallError> {
    let bad = |what: &str| Err(CallError::new(ErrorKind::BadBody, what));
    let Some(choice) = body.get("choices").and_then(|choices| choices.get(0)) else {
        // OpenRouter and some proxies put an error into a 200.
        if body.get("error").is_some_and(|error| !error.is_null()) {
            let complaint = Complaint::read(body);
            return Err(CallError::new(
                complaint.kind(200, None),
                complaint.sentence(),
            ));
        }
        return bad("it has no `choices`");
    };
    let Some(message) = choice.get("message").filter(|message| message.is_object()) else {
        return bad("its first choice has no `message`");
    };
    let (mut text, mut refusal) = (String::new(), String::new());
    match message.get("content") {
        Some(Value::String(content)) => text.push_str(content),
        Some(Value::Array(parts)) => {
            for part in parts {
                let get = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
                text.push_str(get("text"));
                refusal.push_str(get("refusal"));
            }
        }
        _ => {}
    }
    if let Some(words) = message.get("refusal").and_then(Value::as_str) {
        refusal.push_str(words);
    }
    let tool_calls = tool_calls(message);
    let reason = choice.get("finish_reason").and_then(Value::as_str);
    let finish = match reason {
        _ if !refusal.is_empty() => Finish::Refusal,
        Some("stop") => Finish::Stop,
        Some("length" | "model_length") => Finish::Length,
        Some("tool_calls" | "function_call") => Finish::ToolCalls,
        Some("content_filter") => Finish::ContentFilter,
        other => Finish::unknown(other),
    };
    if text.is_empty() {
        text = refusal;
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

/// A prompt that Azure's filter stopped: a 400 on the wire, an outcome for people.
pub(super) fn filtered(complaint: &Complaint) -> Option<Answer> {
    complaint.is_filtered().then(|| Answer {
        finish: Finish::ContentFilter,
        ..Answer::of("")
    })
}

fn tool_calls(message: &Value) -> Vec<ToolCall> {
    let read = |function: &Value| {
        let name = function.get("name").and_then(Value::as_str)?;
        Some(ToolCall::from_value(name, function.get("arguments")))
    };
    match message.get("tool_calls").and_then(Value::as_array) {
        Some(calls) => calls
            .iter()
            .filter_map(|call| read(call.get("function")?))
            .collect(),
        // The form before tools, still sent by some servers.
        None => message
            .get("function_call")
            .and_then(read)
            .into_iter()
            .collect(),
    }
}

fn usage(body: &Value) -> Option<Usage> {
    let usage = body.get("usage")?;
    Some(Usage::new(
        tokens(usage.get("prompt_tokens"))?,
        tokens(usage.get("completion_tokens"))?,
    ))
}

#[cfg(test)]
mod tests;
