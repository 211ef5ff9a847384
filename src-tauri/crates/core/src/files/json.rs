//! JSON files: read so that nothing is dropped, written in one form.
//!
//! Plain deserialising would keep the last of two equal keys and skip keys a type does not know. Both would lose what
//! somebody wrote.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::ReadError;

/// Reads one value whose text starts on line `first_line` of its file.
pub(super) fn read(text: &str, first_line: usize) -> Result<Value, ReadError> {
    serde_json::from_str::<Strict>(text)
        .map(|strict| strict.0)
        .map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let reason = error.to_string();
            ReadError {
                line: first_line + error.line().saturating_sub(1),
                reason: reason.strip_suffix(&place).unwrap_or(&reason).to_owned(),
            }
        })
}

/// Reads one line of JSON for those who import lines; the reason without a position, which is theirs to tell.
pub(crate) fn line(text: &str) -> Result<Value, String> {
    read(text, 1).map_err(|error| error.reason)
}

/// The value as a `T`, if that takes all of it.
pub(super) fn typed<T: DeserializeOwned + Serialize>(value: Value) -> Result<T, String> {
    let typed: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let back = serde_json::to_value(&typed).map_err(|error| error.to_string())?;
    match lost(&value, &back) {
        None => Ok(typed),
        Some(key) => Err(format!("unknown field `{key}`")),
    }
}

/// Two spaces, a line feed at the end.
pub(super) fn pretty<T: Serialize>(value: &T) -> Result<String, String> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

/// The first key of `whole` that `part` does not have. A null may vanish: it says nothing.
fn lost<'v>(whole: &'v Value, part: &Value) -> Option<&'v str> {
    match (whole, part) {
        (Value::Object(whole), part) => whole.iter().find_map(|(key, value)| match part.get(key) {
            Some(inner) => lost(value, inner),
            None if value.is_null() => None,
            None => Some(key.as_str()),
        }),
        (Value::Array(whole), Value::Array(part)) => whole
            .iter()
            .zip(part)
            .find_map(|(whole, part)| lost(whole, part)),
        _ => None,
    }
}

/// A value in which no key stands twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is too large to be kept"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "the key `{key}` stands here twice"
                )));
            }
            let Strict(value) = access.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
