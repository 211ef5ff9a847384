//! Reading JSON: bodies that strict parsers refuse, fields that may be anything, and the merging of objects.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Reads a body. Invalid UTF-8 and lone surrogates (`\ud83d` without its other half) become U+FFFD: a model can be
/// cut inside an emoji, and the rest of its reply is still worth having.
pub(super) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    read_marked(bytes).map(|(value, _)| value)
}

/// What was replaced by U+FFFD where JSON was read leniently.
///
/// Servers written in languages whose strings are UTF-16 cut a stream between the halves of a character: one string
/// ends with the first half, the first string of the next frame starts with the second. What is kept here is enough to
/// put them together again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The high surrogate that ended a string.
    pub(super) ends: Option<u16>,
    /// The low surrogate that began one.
    pub(super) begins: Option<u16>,
}

/// As [`read`], and what was replaced, if anything was.
pub(super) fn read_marked(bytes: &[u8]) -> Result<(Value, Option<Marks>), serde_json::Error> {
    // Nearly all JSON is well-formed, and this is as fast as it gets.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok((value, None));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut marks = matches!(text, Cow::Owned(_)).then(Marks::default);
    let mended = pair_surrogates(text.trim_start_matches('\u{feff}'), &mut marks);
    Ok((serde_json::from_str(&mended)?, marks))
}

/// Replaces the escapes of lone surrogates by that of U+FFFD.
fn pair_surrogates(text: &str, marks: &mut Option<Marks>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (take, lone) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
            (Some(unit @ 0xd800..=0xdfff), _) => (6, Some(unit)),
            // `\` and the character it escapes go together, or `\\ud83d` would be misread.
            _ => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), None),
        };
        let (taken, after) = escape.split_at_checked(take).unwrap_or((escape, ""));
        match lone {
            None => out.push_str(taken),
            Some(unit) => {
                let marks = marks.get_or_insert_default();
                if unit < 0xdc00 && after.starts_with('"') {
                    marks.ends = Some(unit);
                } else if unit >= 0xdc00 && out.ends_with('"') && marks.begins.is_none() {
                    marks.begins = Some(unit);
                }
                out.push_str("\\ufffd");
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The UTF-16 unit of an escape `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let hex = text.strip_prefix("\\u")?.get(..4)?;
    hex.bytes()
        .all(|c| c.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(hex, 16).ok())?
}

/// Puts `extra` over `body`: objects are merged, everything else replaces what was there. Merging in depth keeps an
/// option such as `output_config.effort` from silently dropping the schema beside it.
pub(super) fn merge(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (name, value) in extra {
        match (body.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(extra)) => merge(inner, extra),
            (Some(place), value) => *place = value.clone(),
            (None, value) => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The string at `name`, or nothing.
pub(super) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    maybe(value, name).unwrap_or_default()
}

/// The string at `name`.
pub(super) fn maybe<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// The index at `name`; 0 where there is none.
pub(super) fn index(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// The items of a list; of anything else none.
pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        let read = |text: &str| read(text.as_bytes()).unwrap();
        assert_eq!(read(r#""a\ud83db""#), json!("a\u{fffd}b"));
        assert_eq!(
            read(r#""\ude00\ud83d\ude00\ud83d""#),
            json!("\u{fffd}😀\u{fffd}")
        );
        assert_eq!(read(r#""\\ud83d \ud83d""#), json!("\\ud83d \u{fffd}"));
        assert_eq!(read(r#""\ud83d\n""#), json!("\u{fffd}\n"));
        assert_eq!(read("\u{feff}{}"), json!({}));
    }

    #[test]
    fn halves_at_the_ends_of_strings_are_remembered() {
        let marks = |text: &str| read_marked(text.as_bytes()).unwrap().1;
        assert_eq!(marks(r#""\ud83d\ude00""#), None);
        let of = |ends, begins| Some(Marks { ends, begins });
        assert_eq!(marks(r#"{"a":"x\ud83d"}"#), of(Some(0xd83d), None));
        assert_eq!(marks(r#"{"a":"\ude00x"}"#), of(None, Some(0xde00)));
        assert_eq!(marks(r#""\ude00\ud83d""#), of(Some(0xd83d), Some(0xde00)));
        assert_eq!(marks(r#""a\ud83db\ude00c""#), of(None, None));
        assert_eq!(read_marked(b"\"\xff\"").unwrap().1, of(None, None));
        assert_eq!(marks("\u{feff}1"), None);
    }

    #[test]
    fn what_is_no_json_stays_an_error() {
        for bad in ["", "<html>", "{\"a\":\"\\", "\"\\ud8", "\"\\é"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(read(b"\"\xff\"").unwrap(), json!("\u{fffd}"));
        let deep = "[".repeat(100_000);
        assert!(read(deep.as_bytes()).is_err());
    }

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        let mut body = json!({"a": {"b": 1, "c": 2}, "d": [1], "e": 1});
        let extra = json!({"a": {"c": 3}, "d": [2], "e": null, "f": true});
        merge(body.as_object_mut().unwrap(), extra.as_object().unwrap());
        assert_eq!(
            body,
            json!({"a": {"b": 1, "c": 3}, "d": [2], "e": null, "f": true})
        );
    }
}
