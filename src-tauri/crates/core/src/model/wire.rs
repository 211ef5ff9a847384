//! What every wire's body builder works with. Knows no wire by name: `request` knows them all, and they know this.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::json;
use crate::prompt::{Content, Model, Tool};

/// What a wire needs to know of its own: everything else is the same for all.
pub(super) struct Shape {
    /// The provider's own base URL, version segment left out.
    pub(super) origin: &'static str,
    /// What follows the version segment; `{model}` stands for the model's id.
    pub(super) endpoint: &'static str,
    /// The version segment of a base that has none.
    pub(super) version: &'static str,
    /// Whether a version segment anywhere in a configured path counts, or only the last segment.
    pub(super) version_anywhere: bool,
    /// Headers of the wire.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// The parameters a version sends: set, not removed, and not null. In the order of their names.
pub(super) fn params(content: &Content) -> impl Iterator<Item = (&str, &Value)> {
    content
        .params
        .set
        .iter()
        .filter(|(name, value)| !content.params.remove.contains(*name) && !value.is_null())
        .map(|(name, value)| (name.as_str(), value))
}

/// Whether a field that the wire itself adds may be: a version can take it out by its name.
pub(super) fn allows(content: &Content, name: &str) -> bool {
    !content.params.remove.contains(name)
}

/// Whether the body asks for a stream.
pub(super) fn streams(model: &Model, content: &Content) -> bool {
    model.stream && allows(content, "stream")
}

/// Puts a field into a body. Objects are merged in depth: several parameters can meet in one field.
pub(super) fn put(body: &mut Map<String, Value>, name: &str, value: Value) {
    match (body.get_mut(name), value) {
        (Some(Value::Object(inner)), Value::Object(extra)) => json::merge(inner, &extra),
        (_, value) => {
            body.insert(name.to_owned(), value);
        }
    }
}

/// A list, also where a single text was given: some wires take nothing else.
pub(super) fn listed(value: &Value) -> Value {
    match value {
        Value::String(one) => json!([one]),
        value => value.clone(),
    }
}

/// A tool's parameters, where the wire requires them to be spelt out.
pub(super) fn parameters(tool: &Tool) -> Value {
    match &tool.parameters {
        Value::Null => json!({"type": "object", "properties": {}}),
        schema => schema.clone(),
    }
}

/// The arguments of a call as an object, for wires that take nothing else. What the model wrote instead of one goes
/// back as its text.
pub(super) fn object(arguments: &Value) -> Cow<'_, Value> {
    match arguments {
        Value::Object(_) => Cow::Borrowed(arguments),
        other => Cow::Owned(json!({"arguments": other})),
    }
}

/// The arguments of a call as text, for the other wires.
pub(super) fn written(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether and which tools the model is to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// As it likes.
    Auto,
    /// None.
    None,
    /// Any, but one at least.
    Required,
    /// This one.
    Tool(&'a str),
}

impl<'a> Choice<'a> {
    /// Reads the parameter `tool_choice` in the form of any wire, or a tool's bare name. `None` for what says more
    /// than that: it goes out as it stands.
    pub(super) fn read(value: &'a Value, tools: &[Tool]) -> Option<Self> {
        match value {
            Value::String(word) => Self::of_word(word).or_else(|| {
                let known = tools.iter().any(|tool| tool.name == *word);
                known.then_some(Self::Tool(word))
            }),
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                match (text("type"), fields.len()) {
                    (Some("function" | "tool"), 2) => text("name").map(Self::Tool).or_else(|| {
                        let named = fields.get("function")?.get("name")?;
                        named.as_str().map(Self::Tool)
                    }),
                    (Some(word), 1) => Self::of_word(word),
                    (None, 1) => match fields.get("functionCallingConfig") {
                        Some(config) => Self::of_config(config),
                        None => text("name").map(Self::Tool),
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "auto" => Some(Self::Auto),
            "none" => Some(Self::None),
            "any" | "required" => Some(Self::Required),
            _ => None,
        }
    }

    /// Gemini's form.
    fn of_config(config: &'a Value) -> Option<Self> {
        let mode = Self::of_word(json::word(config, "mode"))?;
        match json::list(config.get("allowedFunctionNames")) {
            [] => Some(mode),
            [Value::String(name)] if mode == Self::Required => Some(Self::Tool(name)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_choice_is_read_in_every_spelling() {
        let tools = [Tool {
            name: "find".into(),
            description: String::new(),
            parameters: Value::Null,
        }];
        let config = |config: Value| json!({"functionCallingConfig": config});
        for (value, choice) in [
            (json!("auto"), Some(Choice::Auto)),
            (json!({"type": "auto"}), Some(Choice::Auto)),
            (json!("NONE"), Some(Choice::None)),
            (json!("any"), Some(Choice::Required)),
            (json!("required"), Some(Choice::Required)),
            (json!("find"), Some(Choice::Tool("find"))),
            (json!("lose"), None),
            (json!({"name": "lose"}), Some(Choice::Tool("lose"))),
            (
                json!({"type": "function", "name": "find"}),
                Some(Choice::Tool("find")),
            ),
            (
                json!({"type": "function", "function": {"name": "find"}}),
                Some(Choice::Tool("find")),
            ),
            (
                json!({"type": "tool", "name": "find"}),
                Some(Choice::Tool("find")),
            ),
            (config(json!({"mode": "AUTO"})), Some(Choice::Auto)),
            (
                config(json!({"mode": "ANY", "allowedFunctionNames": ["find"]})),
                Some(Choice::Tool("find")),
            ),
            (
                config(json!({"mode": "ANY", "allowedFunctionNames": ["a", "b"]})),
                None,
            ),
            (config(json!({"mode": "VALIDATED"})), None),
            // It says more than which tool: the flag must not get lost.
            (
                json!({"type": "auto", "disable_parallel_tool_use": true}),
                None,
            ),
            (json!(1), None),
        ] {
            assert_eq!(Choice::read(&value, &tools), choice, "{value}");
        }
    }

    #[test]
    fn removed_and_null_parameters_are_absent() {
        let content = Content {
            params: serde_json::from_value(json!({
                "set": {"temperature": 0.2, "top_p": 0.9, "seed": null},
                "remove": ["top_p"],
            }))
            .unwrap(),
            ..Content::default()
        };
        let sent: Vec<_> = params(&content).collect();
        assert_eq!(sent, [("temperature", &json!(0.2))]);
        assert!(!allows(&content, "top_p") && allows(&content, "store"));
    }
}
