//! Saved cases: an input worth asking every variant.
//!
//! Owns the case and its input digest. Knows nothing of outputs; those belong to runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::prompt::{CaseId, ContentId, Digest, Message, Speaker};

/// An expectation, named as promptfoo names assertions (`contains`, `icontains`, `equals`, `regex`, `is-json`, each
/// also as `not-…`). Kept with the case; judged by runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Expectation {
    /// The assertion's name.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it compares with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub value: Option<Value>,
}

/// A saved input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Case {
    /// Its id inside the prompt.
    pub id: CaseId,
    /// Values for the templates' variables.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// The conversation so far, literal text, tool calls and results included. Several turns that include the assistant's make a handoff case.
    #[serde(default)]
    pub turns: Vec<Message>,
    /// Labels for filtering.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What an acceptable answer has.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub origin: Option<String>,
    /// The content id of the primary version whose change this case was saved for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub change: Option<ContentId>,
}

impl Case {
    /// The digest of what the model gets to see: variables (by name) and turns. Outputs count for this input only;
    /// editing tags or expectations does not make them stale, editing a turn does.
    pub fn input_digest(&self) -> Digest {
        let mut variables: Vec<_> = self.variables.iter().collect();
        variables.sort_by_key(|(name, _)| name.as_str());
        Digest::of(serde_json::json!([variables, self.turns]).to_string())
    }

    /// Whether the conversation already holds an answer of the assistant.
    pub fn is_handoff(&self) -> bool {
        self.turns
            .iter()
            .any(|turn| turn.role == Speaker::Assistant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn case(value: Value) -> Case {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_input_digest_follows_the_input_and_nothing_else() {
        let base = case(
            json!({"id": "a", "variables": {"x": 1, "y": 2}, "turns": [{"role": "user", "text": "hi"}]}),
        );
        let tagged = case(
            json!({"id": "b", "variables": {"y": 2, "x": 1}, "turns": [{"role": "user", "text": "hi"}], "tags": ["t"]}),
        );
        let other = case(
            json!({"id": "a", "variables": {"x": 1, "y": 2}, "turns": [{"role": "user", "text": "ho"}]}),
        );
        assert_eq!(base.input_digest(), tagged.input_digest());
        assert_ne!(base.input_digest(), other.input_digest());
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_value::<Case>(json!({"id": "a", "turn": []})).is_err());
    }
}
