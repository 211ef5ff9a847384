//! What a version holds, and its canonical bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ContentId, Digest};

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Role {
    /// The caller.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation. In a case the text is literal; it is never read as a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// An example turn of a version: the same shape, but its text is a template.
pub type ExampleTurn = Turn;

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Tool {
    /// The name the model calls.
    pub name: String,
    /// What it is for; models choose tools by this text.
    pub description: String,
    /// JSON Schema of the arguments; its property order is content.
    pub parameters: Value,
}

/// Sampling parameters: those sent, and those that must not reach this model even when the caller sends them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Params {
    /// Parameters by name (`temperature`, `top_p`, `top_k`, `stop`, `seed`, …).
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// Parameters taken out of the caller's request: the commonest leak is the primary's `top_p` on the fallback.
    #[serde(default)]
    pub remove: BTreeSet<String>,
}

/// How the texts of a version are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Engine {
    /// Handlebars, in the profile of [`super::template`].
    #[default]
    Handlebars,
    /// The text as it stands, braces included.
    None,
}

/// Everything a version sends to its model, and nothing about who saved it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Content {
    /// How the texts are read.
    #[serde(default)]
    pub engine: Engine,
    /// The system template; empty means the request carries no system text.
    #[serde(default)]
    pub system: String,
    /// Example turns, sent before the case's turns.
    #[serde(default)]
    pub turns: Vec<ExampleTurn>,
    /// The final user template, sent after the case's turns.
    #[serde(default)]
    pub user: Option<String>,
    /// Tools the model may call.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Sampling parameters set and removed.
    #[serde(default)]
    pub params: Params,
    /// The most tokens the reply may have; `None` leaves it to the provider.
    #[serde(default)]
    pub max_output_tokens: Option<u32>,
    /// JSON Schema of the reply. Property order steers models, so it is content.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// Fields merged into the request body as they are.
    #[serde(default)]
    pub provider_options: Map<String, Value>,
    /// Front-matter keys this program does not know, kept verbatim.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

impl Content {
    /// The canonical bytes: compact JSON, our own keys in alphabetical order, all fields present. Inside schemas,
    /// `provider_options` and `extra` the given order stands, because there order is meaning.
    pub fn canonical(&self) -> Vec<u8> {
        let value = serde_json::json!({
            "engine": self.engine,
            "extra": self.extra,
            "max_output_tokens": self.max_output_tokens,
            "output_schema": self.output_schema,
            "params": { "remove": self.params.remove, "set": self.params.set },
            "provider_options": self.provider_options,
            "system": self.system,
            "tools": self.tools.iter().map(|tool| serde_json::json!({
                "description": tool.description,
                "name": tool.name,
                "parameters": tool.parameters,
            })).collect::<Vec<_>>(),
            "turns": self.turns.iter().map(|turn| serde_json::json!({
                "role": turn.role,
                "text": turn.text,
            })).collect::<Vec<_>>(),
            "user": self.user,
        });
        value.to_string().into_bytes()
    }

    /// SHA-256 of [`Content::canonical`].
    pub fn id(&self) -> ContentId {
        Digest::of(self.canonical())
    }

    /// All templates of this content with a name for messages.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        std::iter::once(("system", self.system.as_str()))
            .chain(
                self.turns
                    .iter()
                    .map(|turn| ("example turn", turn.text.as_str())),
            )
            .chain(self.user.iter().map(|text| ("final user", text.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Content {
        Content {
            system: "You triage {{product}}.\n".into(),
            params: Params {
                set: [("temperature".to_owned(), json!(0.2))].into(),
                remove: ["top_p".to_owned()].into(),
            },
            output_schema: Some(json!({"b": 1, "a": 2})),
            ..Content::default()
        }
    }

    #[test]
    fn the_canonical_form_is_pinned() {
        insta::assert_snapshot!(String::from_utf8(sample().canonical()).unwrap(), @r#"{"engine":"handlebars","extra":{},"max_output_tokens":null,"output_schema":{"b":1,"a":2},"params":{"remove":["top_p"],"set":{"temperature":0.2}},"provider_options":{},"system":"You triage {{product}}.\n","tools":[],"turns":[],"user":null}"#);
    }

    #[test]
    fn schema_order_is_content_and_parameter_order_is_not() {
        let mut other = sample();
        other.output_schema = Some(json!({"a": 2, "b": 1}));
        assert_ne!(sample().id(), other.id());
        let a: Params = serde_json::from_value(json!({"set": {"a": 1, "b": 2}})).unwrap();
        let b: Params = serde_json::from_value(json!({"set": {"b": 2, "a": 1}})).unwrap();
        assert_eq!(a, b);
    }

    #[test]
    fn content_survives_its_own_canonical_form() {
        let back: Content = serde_json::from_slice(&sample().canonical()).unwrap();
        assert_eq!(back, sample());
    }
}
