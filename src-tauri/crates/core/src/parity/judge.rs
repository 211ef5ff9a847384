//! Whether an output holds the output schema, as the caller's parser would see it.

use serde_json::Value;

use crate::compare::{JsonForm, find_json};
use crate::prompt::Digest;

/// Stands for "no schema": then an output holds when it is not empty.
pub const NO_SCHEMA: &str = "no schema: not empty";

/// A judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// How the JSON arrived.
    pub form: JsonForm,
    /// Whether it holds.
    pub held: bool,
}

/// Judges outputs against one schema.
#[derive(Debug)]
pub struct Judge {
    id: Digest,
    validator: Option<jsonschema::Validator>,
    wants_json: bool,
}

impl Judge {
    /// A judge for `schema`; `None` judges by "not empty". A schema that is itself broken, or that points to a place
    /// outside itself, holds for nothing: nothing is ever fetched.
    pub fn new(schema: Option<&Value>) -> Self {
        match schema {
            None => Self {
                id: Digest::of(NO_SCHEMA),
                validator: None,
                wants_json: false,
            },
            Some(schema) => Self {
                id: Digest::of(schema.to_string()),
                validator: jsonschema::validator_for(schema).ok(),
                wants_json: true,
            },
        }
    }

    /// The digest of the schema, under which judgements are kept.
    pub fn id(&self) -> &Digest {
        &self.id
    }

    /// Judges an output. JSON in a fence or between prose does not hold: a parser that is given the reply as it is
    /// would fail. A reply that only calls a tool is not yet the reply the schema speaks of, and holds.
    pub fn judge(&self, output: &str, called_tool: bool) -> Judgement {
        let (form, value) = find_json(output);
        if output.trim().is_empty() {
            return Judgement {
                form,
                held: called_tool,
            };
        }
        let held = match (&value, form) {
            _ if !self.wants_json => true,
            (Some(value), JsonForm::Raw) => self
                .validator
                .as_ref()
                .is_some_and(|validator| validator.is_valid(value)),
            _ => false,
        };
        Judgement { form, held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn held(schema: Option<&Value>, output: &str) -> bool {
        Judge::new(schema).judge(output, false).held
    }

    #[test]
    fn only_raw_json_that_is_valid_holds() {
        let schema =
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}});
        assert!(held(Some(&schema), r#" {"a": 1} "#));
        for broken in [
            "```json\n{\"a\": 1}\n```",
            "Sure! {\"a\": 1}",
            r#"{"a": "1"}"#,
            "{}",
            r#"{"a": 1"#,
            "",
            "no",
        ] {
            assert!(!held(Some(&schema), broken), "{broken}");
        }
    }

    #[test]
    fn without_a_schema_anything_but_nothing_holds() {
        assert!(held(None, "x"));
        assert!(!held(None, " \n"));
        assert!(Judge::new(None).judge("", true).held);
    }

    #[test]
    fn a_schema_that_points_elsewhere_holds_for_nothing_and_fetches_nothing() {
        for place in ["http://127.0.0.1:9/schema.json", "file:///etc/hostname"] {
            assert!(!held(Some(&json!({"$ref": place})), "{}"), "{place}");
        }
    }
}
