//! What OpenAI asks of output schemas: a name, and which of them its strict mode takes.

use serde_json::Value;

/// Keywords strict mode has no support for. Kept short on purpose: a keyword missing here shows as the provider's own
/// refusal, one too many only loses the guarantee.
const UNSUPPORTED: [&str; 11] = [
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "prefixItems",
    "unevaluatedProperties",
];

/// The name a schema is sent under: its title where that fits OpenAI's rules for names.
pub(super) fn name(schema: &Value) -> &str {
    let fits = |name: &&str| {
        (1..=64).contains(&name.len())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    schema
        .get("title")
        .and_then(Value::as_str)
        .filter(fits)
        .unwrap_or("output")
}

/// Whether strict mode takes this schema: an object at the root, and in every object all properties required and no
/// others allowed.
pub(super) fn is_strict(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object") && node_is_strict(schema)
}

fn node_is_strict(node: &Value) -> bool {
    let Some(keywords) = node.as_object() else {
        return false;
    };
    if UNSUPPORTED.iter().any(|word| keywords.contains_key(*word)) {
        return false;
    }
    let is_object = match keywords.get("type") {
        Some(Value::String(word)) => word == "object",
        Some(Value::Array(words)) => words.iter().any(|word| word == "object"),
        _ => keywords.contains_key("properties"),
    };
    if is_object && !object_is_closed(node) {
        return false;
    }
    let inner = |name: &str| keywords.get(name);
    let maps = ["properties", "$defs", "definitions"];
    let lists = ["anyOf"];
    maps.iter().filter_map(|name| inner(name)).all(|map| {
        map.as_object()
            .is_some_and(|map| map.values().all(node_is_strict))
    }) && lists.iter().filter_map(|name| inner(name)).all(|list| {
        list.as_array()
            .is_some_and(|list| list.iter().all(node_is_strict))
    }) && inner("items").is_none_or(node_is_strict)
}

fn object_is_closed(node: &Value) -> bool {
    let required: Vec<&str> = node
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let all_required = match node.get("properties").and_then(Value::as_object) {
        Some(properties) => properties
            .keys()
            .all(|name| required.contains(&name.as_str())),
        None => true,
    };
    all_required && node.get("additionalProperties") == Some(&Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_closed_objects_are_strict() {
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}},
            "required": ["a"], "additionalProperties": false});
        assert!(is_strict(&closed));
        for spoil in [
            json!({"required": []}),
            json!({"additionalProperties": true}),
            json!({"properties": {"a": {"type": "object"}}}),
            json!({"properties": {"a": {"oneOf": []}}}),
            json!({"properties": {"a": {"type": "array", "items": {"type": ["object", "null"]}}}}),
            json!({"type": "array"}),
        ] {
            let mut open = closed.clone();
            super::super::json::merge(open.as_object_mut().unwrap(), spoil.as_object().unwrap());
            assert!(!is_strict(&open), "{open}");
        }
    }

    #[test]
    fn a_property_may_be_named_like_a_keyword() {
        let schema = json!({"type": "object", "properties": {"not": {"type": "string"}},
            "required": ["not"], "additionalProperties": false});
        assert!(is_strict(&schema));
        assert!(!is_strict(&json!(true)));
        assert!(!is_strict(&json!(null)));
    }
}
