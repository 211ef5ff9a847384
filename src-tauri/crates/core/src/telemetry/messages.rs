//! What was said, in the form of the conventions' JSON schemas: only for who asked for contents. Read from the request
//! as it was sent, so that it is what the model saw, and written as JSON text, because a span's attribute holds none.
//!
//! A part that a wire writes in a form not known here is kept under its own type, without its inside: pictures and
//! signatures do not belong into a trace.

use serde_json::{Map, Value, json};

use crate::model::{Answer, Finish};
use crate::prompt::Wire;

/// What a model was given. Empty lists are left out.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Instructions that the wire keeps apart from the conversation.
    pub(super) system: Vec<Value>,
    pub(super) messages: Vec<Value>,
    pub(super) tools: Vec<Value>,
}

/// Reads a request's body.
pub(super) fn said(wire: Wire, body: &Value) -> Said {
    let (system, messages) = match wire {
        Wire::OpenaiChat | Wire::Cohere | Wire::Mistral => (None, list(body, "messages")),
        Wire::Anthropic => (body.get("system"), list(body, "messages")),
        Wire::OpenaiResponses => (body.get("instructions"), list(body, "input")),
        Wire::Gemini => (
            body.pointer("/systemInstruction/parts"),
            list(body, "contents"),
        ),
    };
    let mut messages: Vec<Value> = messages.iter().map(message).collect();
    // Responses takes a plain text as the whole input.
    if let Some(text) = body.get("input").and_then(Value::as_str) {
        messages.push(json!({"role": "user", "parts": [text_part(text)]}));
    }
    Said {
        system: system.map(parts).unwrap_or_default(),
        messages,
        tools: list(body, "tools").iter().flat_map(tools).collect(),
    }
}

/// An answer as the one message it is.
pub(super) fn answered(answer: &Answer) -> Value {
    let mut parts = Vec::new();
    if !answer.text.is_empty() {
        parts.push(text_part(&answer.text));
    }
    for call in &answer.tool_calls {
        parts.push(call_part(
            call.id.as_deref(),
            &call.name,
            call.arguments.clone(),
        ));
    }
    let reason = match &answer.finish {
        // The schema's own word.
        Finish::ToolCalls => "tool_call",
        other => other.as_str(),
    };
    json!({"role": "assistant", "parts": parts, "finish_reason": reason})
}

/// A message of any wire. The fields of the wires do not collide, so one reader does for all.
fn message(message: &Value) -> Value {
    // Of Responses, where calls, results and reasoning are items of their own.
    match text_at(message, "type") {
        Some("function_call") => {
            let call = call_part(
                text_at(message, "call_id"),
                text_at(message, "name").unwrap_or_default(),
                arguments(message.get("arguments")),
            );
            return json!({"role": "assistant", "parts": [call]});
        }
        Some("function_call_output") => {
            let output = message.get("output").cloned().unwrap_or_default();
            let result = result_part(text_at(message, "call_id"), output);
            return json!({"role": "tool", "parts": [result]});
        }
        Some(kind) if kind != "message" => {
            return json!({"role": "assistant", "parts": [{"type": kind}]});
        }
        _ => {}
    }
    let role = match text_at(message, "role") {
        Some("model") => "assistant",
        Some("developer") => "system",
        Some(role) => role,
        None => "user",
    };
    let content = message.get("content").or(message.get("parts"));
    let mut said = content.map(parts).unwrap_or_default();
    if role == "tool" {
        let result = content.cloned().unwrap_or_default();
        said = vec![result_part(text_at(message, "tool_call_id"), result)];
    }
    for call in list(message, "tool_calls") {
        let function = call.get("function").unwrap_or(call);
        said.push(call_part(
            text_at(call, "id"),
            text_at(function, "name").unwrap_or_default(),
            arguments(function.get("arguments")),
        ));
    }
    json!({"role": role, "parts": said})
}

/// The parts of a text, or of a list of blocks.
fn parts(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![text_part(text)],
        Value::Array(blocks) => blocks.iter().map(part).collect(),
        _ => Vec::new(),
    }
}

fn part(block: &Value) -> Value {
    if let Some(call) = block.get("functionCall") {
        let name = text_at(call, "name").unwrap_or_default();
        return call_part(text_at(call, "id"), name, arguments(call.get("args")));
    }
    if let Some(result) = block.get("functionResponse") {
        let response = result.get("response").cloned().unwrap_or_default();
        return result_part(text_at(result, "id"), response);
    }
    match (text_at(block, "type"), text_at(block, "text")) {
        (Some("tool_use"), _) => call_part(
            text_at(block, "id"),
            text_at(block, "name").unwrap_or_default(),
            arguments(block.get("input")),
        ),
        (Some("tool_result"), _) => {
            let content = block.get("content").cloned().unwrap_or_default();
            result_part(text_at(block, "tool_use_id"), content)
        }
        (Some("thinking"), _) => {
            let thought = text_at(block, "thinking").unwrap_or_default();
            json!({"type": "reasoning", "content": thought})
        }
        (_, Some(text)) if block.get("thought") == Some(&Value::Bool(true)) => {
            json!({"type": "reasoning", "content": text})
        }
        (_, Some(text)) => text_part(text),
        (kind, None) => json!({"type": kind.unwrap_or("unknown")}),
    }
}

fn tools(tool: &Value) -> Vec<Value> {
    // Gemini groups its functions.
    if let Some(group) = tool.get("functionDeclarations").and_then(Value::as_array) {
        return group.iter().map(definition).collect();
    }
    vec![definition(tool.get("function").unwrap_or(tool))]
}

fn definition(function: &Value) -> Value {
    let mut definition = Map::new();
    definition.insert("type".to_owned(), "function".into());
    let parameters = ["parameters", "input_schema", "parametersJsonSchema"];
    let found = parameters.iter().find_map(|name| function.get(name));
    for (name, value) in [
        ("name", function.get("name")),
        ("description", function.get("description")),
        ("parameters", found),
    ] {
        if let Some(value) = value {
            definition.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(definition)
}

fn text_part(text: &str) -> Value {
    json!({"type": "text", "content": text})
}

fn call_part(id: Option<&str>, name: &str, arguments: Value) -> Value {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
}

fn result_part(id: Option<&str>, response: Value) -> Value {
    json!({"type": "tool_call_response", "id": id, "response": response})
}

/// Arguments that arrive as text are JSON, or stay the text they are.
fn arguments(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let found = value.get(name).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

fn text_at<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
