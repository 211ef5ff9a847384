//! Reading JSON bodies that strict parsers refuse, and merging objects.

use serde_json::{Map, Value};

/// Reads a body. Invalid UTF-8 and lone surrogates (`\ud83d` without its other half) become U+FFFD: a model can be
/// cut inside an emoji, and the rest of its reply is still worth having.
pub(super) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let strict = serde_json::from_slice(bytes);
    if strict.is_ok() {
        return strict;
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(&pair_surrogates(text))
}

/// Replaces the escapes of lone surrogates by that of U+FFFD.
fn pair_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (take, lone) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, false),
            (Some(0xd800..=0xdfff), _) => (6, true),
            // `\` and the character it escapes go together, or `\\ud83d` would be misread.
            _ => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), false),
        };
        let (taken, after) = escape.split_at_checked(take).unwrap_or((escape, ""));
        out.push_str(if lone { "\\ufffd" } else { taken });
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
