//! Canonical JSON: for each value exactly one sequence of bytes.
//!
//! Object keys sorted by their UTF-8 bytes; no white space; numbers are integers with |n| < 2^53
//! and no `-0`; no key twice; text as UTF-8 with only the escapes JSON cannot do without (`\"`,
//! `\\`, `\b \f \n \r \t`, and `\u00xx` in lower case for the other controls). So [`bytes`] undoes
//! [`parse`], and `bytes(parse(p)) == p` says whether `p` is canonical.
//!
//! Keys are sorted here and not left to `serde_json`, whose maps keep insertion order once any
//! crate of a build asks for `preserve_order`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The first integer too large for every language to hold exactly: 2^53.
const TOO_LARGE: u64 = 1 << 53;

/// A JSON value that has a canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer, |n| < 2^53.
    Integer(i64),
    /// Text.
    Text(String),
    /// `[…]`
    Array(Vec<Value>),
    /// `{…}`, in the order of the keys' bytes.
    Object(BTreeMap<String, Value>),
}

/// Bytes or a value that has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("no canonical JSON: {0}")]
pub struct Fault(#[from] serde_json::Error);

/// Reads JSON, canonical or not: white space, key order and escapes are free, but floats, integers
/// out of range and duplicate keys are refused, as are more than 128 levels.
///
/// # Errors
/// Where the bytes are no such JSON.
pub fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    Ok(serde_json::from_slice(bytes)?)
}

/// The canonical bytes of a value.
#[must_use]
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// The canonical bytes of anything that serialises to JSON of integers.
///
/// # Errors
/// When it holds a float, an integer out of range, or a map whose keys are no text.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Fault> {
    Ok(bytes(&to_value(value)?))
}

/// Anything that serialises to JSON of integers, as a value.
///
/// # Errors
/// As [`to_bytes`].
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Fault> {
    let value = serde_json::to_value(value)?;
    Ok(Value::deserialize(value)?)
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            out.push(b'{');
            for (index, (key, field)) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(key, out);
                out.push(b':');
                write(field, out);
            }
            out.push(b'}');
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Bytes suffice: everything to escape is ASCII, and ASCII never occurs inside a longer UTF-8
    // sequence.
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x00..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader.deserialize(deserializer)
    }
}

struct Reader;

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with integers between -2^53 and 2^53 only")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        if number.unsigned_abs() < TOO_LARGE {
            Ok(Value::Integer(number))
        } else {
            Err(E::custom(format_args!(
                "the integer {number} is out of range"
            )))
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        match i64::try_from(number) {
            Ok(small) => self.visit_i64(small),
            Err(_) => Err(E::custom(format_args!(
                "the integer {number} is out of range"
            ))),
        }
    }

    // `1.0`, `1e3` and `-0` arrive here too: they are not the one way to write an integer.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Err(E::custom(format_args!(
            "{number:?} is not written as an integer"
        )))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Reader)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let field = access.next_value_seed(Reader)?;
            match fields.entry(key) {
                Entry::Vacant(place) => place.insert(field),
                Entry::Occupied(place) => {
                    let key = crate::code::quote(place.key());
                    return Err(A::Error::custom(format_args!("the key {key} stands twice")));
                }
            };
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests;
