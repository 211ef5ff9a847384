//! JSON values as block YAML in one fixed form: two spaces, strings always in double quotes, a line per item.
//!
//! Written by hand because the bytes are a promise: they must not move with a library's taste.

use std::fmt::Write as _;

use serde_json::Value;

/// Writes `key: value` at `indent` spaces, with its line break.
pub(in crate::files) fn entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    pad(out, indent);
    inline_entry(out, indent, key, value);
}

/// The same without the indentation of the first line: what follows `- `.
fn inline_entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    if is_plain_key(key) {
        out.push_str(key);
    } else {
        out.push_str(&quoted(key));
    }
    out.push(':');
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            for (key, value) in map {
                entry(out, indent + 2, key, value);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            for value in list {
                pad(out, indent + 2);
                item(out, indent + 2, value);
            }
        }
        leaf => {
            out.push(' ');
            scalar(out, leaf);
            out.push('\n');
        }
    }
}

fn item(out: &mut String, indent: usize, value: &Value) {
    out.push_str("- ");
    let inner = indent + 2;
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    pad(out, inner);
                }
                inline_entry(out, inner, key, value);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    pad(out, inner);
                }
                item(out, inner, value);
            }
        }
        leaf => {
            scalar(out, leaf);
            out.push('\n');
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(&quoted(text)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        // null, true, false and numbers are the same text in JSON and in YAML 1.2.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Text in double quotes. Whatever YAML does not count as printable, or could take for a line break, is escaped; the
/// result is a JSON string as well.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether a key needs no quotes: it looks like a name and no YAML version reads it as anything but text.
fn is_plain_key(key: &str) -> bool {
    let mut chars = key.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || "_.$-".contains(c));
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    starts && rest && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(key))
}
