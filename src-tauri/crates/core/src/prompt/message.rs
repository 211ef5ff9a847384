//! What is said in a conversation on its way to a model: turns as a case saves them, tool calls and results included.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Role, Turn};

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Speaker {
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// A tool, answering a call of the model.
    Tool,
}

/// One message. In JSON `{"role","text"}`, for most; the other fields only where tools are in play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Message {
    /// Who speaks.
    pub role: Speaker,
    /// What is said; of a tool, its result. Literal: it is never read as a template.
    pub text: String,
    /// Tools the assistant called, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "bindings", ts(optional, as = "Option<Vec<ToolCall>>"))]
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub name: Option<String>,
    /// Of a tool: the id of the call it answers. Without one it answers the next unanswered call of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub tool_call_id: Option<String>,
    /// The assistant's turn exactly as its provider sent it, for sending back to that provider alone. Never stored.
    #[serde(skip)]
    #[cfg_attr(feature = "bindings", ts(skip))]
    pub replay: Option<Arc<Replay>>,
}

impl Message {
    /// A message of plain text.
    pub fn new(role: Speaker, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            tool_calls: Vec::new(),
            name: None,
            tool_call_id: None,
            replay: None,
        }
    }
}

impl From<Role> for Speaker {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}

impl From<Turn> for Message {
    fn from(turn: Turn) -> Self {
        Self::new(turn.role.into(), turn.text)
    }
}

/// A reply in its provider's own form. Reasoning state (thought signatures, signed thinking blocks, encrypted reasoning
/// items) must go back unchanged in a tool loop, and means nothing to any other model.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The provider's id of the model that said it, as configured.
    pub model_id: String,
    /// Content blocks, parts or items, as the wire has them.
    pub items: Value,
}

/// A tool the model called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ToolCall {
    /// The provider's id of the call, which its result names. Some give none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The arguments: a JSON object. Where the model wrote something else (a cut reply, a weak model), its text as it
    /// stands, as a JSON string.
    pub arguments: Value,
}

impl ToolCall {
    /// A call whose arguments arrived as text. Empty text means no arguments.
    pub fn from_text(name: &str, text: &str) -> Self {
        let arguments = match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => object,
            _ if text.trim().is_empty() => Value::Object(Map::new()),
            _ => Value::String(text.to_owned()),
        };
        Self {
            id: None,
            name: name.to_owned(),
            arguments,
        }
    }

    /// A call whose arguments arrived as JSON.
    pub fn from_value(name: &str, arguments: Option<&Value>) -> Self {
        match arguments {
            Some(Value::String(text)) => Self::from_text(name, text),
            Some(object @ Value::Object(_)) => Self {
                id: None,
                name: name.to_owned(),
                arguments: object.clone(),
            },
            None | Some(Value::Null) => Self::from_text(name, ""),
            Some(other) => Self {
                id: None,
                name: name.to_owned(),
                arguments: Value::String(other.to_string()),
            },
        }
    }

    /// The same call under its provider's id; an empty one counts as none.
    #[must_use]
    pub fn with_id(mut self, id: Option<&str>) -> Self {
        self.id = id.filter(|id| !id.is_empty()).map(str::to_owned);
        self
    }

    /// The model's text, where it was not a JSON object.
    pub fn unreadable(&self) -> Option<&str> {
        self.arguments.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_that_are_no_object_stay_text() {
        assert_eq!(
            ToolCall::from_text("t", "{\"a\":1}").arguments,
            json!({"a": 1})
        );
        assert_eq!(ToolCall::from_text("t", " ").arguments, json!({}));
        assert_eq!(ToolCall::from_value("t", None).arguments, json!({}));
        let cut = ToolCall::from_text("t", "{\"a\":");
        assert_eq!(cut.unreadable(), Some("{\"a\":"));
        // Valid JSON but no object: the text itself, so that nothing is lost and nothing is mistaken for arguments.
        assert_eq!(
            ToolCall::from_text("t", "\"x\"").unreadable(),
            Some("\"x\"")
        );
        assert_eq!(
            ToolCall::from_value("t", Some(&json!([1]))).unreadable(),
            Some("[1]")
        );
    }

    #[test]
    fn plain_messages_are_written_as_turns_are() {
        let message = Message::new(Speaker::User, "hi");
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(text, r#"{"role":"user","text":"hi"}"#);
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
        assert!(serde_json::from_str::<Message>(r#"{"role":"user","text":"","txt":""}"#).is_err());
    }
}
