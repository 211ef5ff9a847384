//! The little of JSON Schema that chips need: types, required fields, closed objects, allowed
//! values.
//!
//! Not a validator; where a schema is richer than this, nothing is said rather than something
//! wrong.

use serde_json::Value;

use super::fields::{same_value, type_name};

/// The types a schema admits, in its own order. Empty: it does not say.
#[derive(Debug, Default)]
pub(super) struct Types {
    names: Vec<String>,
}

impl Types {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn admit(&self, value: &Value) -> bool {
        self.names.iter().any(|name| match (name.as_str(), value) {
            ("integer", Value::Number(number)) => {
                number.is_i64()
                    || number.is_u64()
                    || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            (name, value) => spoken(name) == Some(type_name(value)),
        })
    }

    pub(super) fn only_integer(&self) -> bool {
        self.names
            .iter()
            .all(|name| name == "integer" || name == "null")
    }

    /// The first type that is not null, as people say it.
    pub(super) fn first(&self) -> Option<&'static str> {
        self.names
            .iter()
            .filter_map(|name| spoken(name))
            .find(|name| *name != "null")
    }
}

fn spoken(name: &str) -> Option<&'static str> {
    Some(match name {
        "string" => "text",
        "number" | "integer" => "number",
        "boolean" => "boolean",
        "array" => "list",
        "object" => "object",
        "null" => "null",
        _ => return None,
    })
}

/// Whether the schema asks for an object or a list at all.
pub(super) fn wants_json(schema: &Value) -> bool {
    let types = types(resolve(Some(schema), schema));
    types.is_empty()
        || types
            .names
            .iter()
            .any(|name| name == "object" || name == "array")
}

/// Follows references within the schema; a reference that leads elsewhere, or in circles, says
/// nothing.
pub(super) fn resolve<'a>(root: Option<&'a Value>, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..8 {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| root?.pointer(pointer));
        match target {
            Some(target) => schema = target,
            None => return &Value::Null,
        }
    }
    &Value::Null
}

pub(super) fn types(schema: &Value) -> Types {
    let mut names = Vec::new();
    match schema.get("type") {
        Some(Value::String(name)) => names.push(name.clone()),
        Some(Value::Array(list)) => {
            names.extend(list.iter().filter_map(Value::as_str).map(str::to_owned))
        }
        _ => {
            for branches in ["anyOf", "oneOf"]
                .iter()
                .filter_map(|key| schema.get(key)?.as_array())
            {
                for branch in branches {
                    let inner = types_of_branch(branch);
                    // One branch that does not say makes the whole say nothing.
                    if inner.is_empty() {
                        return Types::default();
                    }
                    names.extend(inner);
                }
            }
        }
    }
    if names.iter().any(|name| spoken(name).is_none()) {
        return Types::default();
    }
    Types { names }
}

fn types_of_branch(branch: &Value) -> Vec<String> {
    match branch.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn required(schema: &Value) -> Vec<&str> {
    let list = schema.get("required").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

pub(super) fn has_properties(schema: &Value) -> bool {
    schema.get("properties").is_some()
}

pub(super) fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

pub(super) fn items(schema: &Value) -> Option<&Value> {
    schema.get("items").filter(|items| items.is_object())
}

/// Whether fields that the schema does not name are forbidden.
pub(super) fn is_closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        && schema.get("patternProperties").is_none()
}

/// Whether `enum` or `const`, if the schema has one, admits the value.
pub(super) fn allows(schema: &Value, value: &Value) -> bool {
    let listed = schema.get("enum").and_then(Value::as_array);
    let single = schema.get("const");
    listed.is_none_or(|listed| listed.iter().any(|allowed| same_value(allowed, value)))
        && single.is_none_or(|allowed| same_value(allowed, value))
}
