//! Finds the JSON in an output, and says in which form it came.
//!
//! Owns the ladder `raw | fenced | wrapped | invalid | none`. Never fails and never panics:
//! whatever a model wrote stands on one of its rungs. Only objects and lists count as JSON here: a
//! bare `42` or `true` is prose.

use std::ops::Range;

use serde::Serialize;
use serde_json::Value;

/// How far a parser gets with an output, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JsonForm {
    /// The output is JSON and nothing else.
    Raw,
    /// The output is one code fence with JSON in it.
    Fenced,
    /// Prose stands around the JSON, fenced or not.
    Wrapped,
    /// It means to be JSON and does not parse: cut off, single quotes, a comma too many.
    Invalid,
    /// No JSON.
    None,
}

/// The JSON of an output and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Located {
    pub(super) form: JsonForm,
    pub(super) value: Option<Value>,
    /// Bytes of the JSON, with its fence if it has one. Empty for [`JsonForm::None`].
    pub(super) bytes: Range<usize>,
    pub(super) fenced: bool,
}

impl Located {
    fn new(form: JsonForm, value: Option<Value>, bytes: Range<usize>, fenced: bool) -> Self {
        Self {
            form,
            value,
            bytes,
            fenced,
        }
    }
}

/// The form of an output and the JSON in it.
///
/// Of several the longest counts. With a duplicate key the last one wins; a lone surrogate is read
/// as U+FFFD. The value is there for `raw`, `fenced` and `wrapped`.
pub fn find_json(text: &str) -> (JsonForm, Option<Value>) {
    let located = locate(text);
    (located.form, located.value)
}

pub(super) fn locate(text: &str) -> Located {
    let trimmed = trim(text, 0..text.len());
    if trimmed.is_empty() {
        return Located::new(JsonForm::None, None, 0..0, false);
    }
    if let Some(value) = parse_all(&text[trimmed.clone()]) {
        return Located::new(JsonForm::Raw, Some(value), trimmed, false);
    }
    let fences = fences(text);
    if let [fence] = fences.as_slice()
        && trim(text, fence.whole.clone()) == trimmed
    {
        let inner = trim(text, fence.inner.clone());
        if let Some(value) = parse_all(&text[inner.clone()]) {
            return Located::new(JsonForm::Fenced, Some(value), trimmed, true);
        }
        if opens(&text[inner]) {
            return Located::new(JsonForm::Invalid, None, trimmed, true);
        }
    }
    within_prose(text, &fences)
}

/// The longest value that stands somewhere in the text. A broken attempt that is longer makes the
/// whole invalid: the sound object inside a broken one is not the answer.
fn within_prose(text: &str, fences: &[Fence]) -> Located {
    // Enough for any answer; a hostile one must not make every bracket a fresh attempt.
    const ATTEMPTS: usize = 256;
    let mut best: Option<(Range<usize>, Value)> = None;
    let mut broken: Range<usize> = 0..0;
    let mut at = 0;
    let mut attempts = 0;
    while attempts < ATTEMPTS
        && let Some(offset) = text[at..].find(['{', '['])
    {
        let start = at + offset;
        at = start + 1;
        if !opens(&text[start..]) {
            continue;
        }
        attempts += 1;
        let end = balanced(&text[start..]).map(|len| start + len);
        match end.and_then(|end| parse_all(&text[start..end]).map(|value| (end, value))) {
            Some((end, value)) => {
                at = end;
                let longer = best
                    .as_ref()
                    .is_none_or(|(range, _)| range.len() < end - start);
                if is_an_answer(&value) && longer {
                    best = Some((start..end, value));
                }
            }
            None => {
                let end = end.unwrap_or(text.len());
                at = end;
                if end - start > broken.len() && text[start..end].contains(':') {
                    broken = start..end;
                }
            }
        }
    }
    match best {
        Some((range, value)) if range.len() >= broken.len() => {
            let around = fences.iter().find(|fence| {
                fence.inner.start <= range.start
                    && range.end <= fence.inner.end
                    && trim(text, fence.inner.clone()) == range
            });
            let bytes = around.map_or(range, |fence| trim(text, fence.whole.clone()));
            Located::new(JsonForm::Wrapped, Some(value), bytes, around.is_some())
        }
        _ if !broken.is_empty() => Located::new(JsonForm::Invalid, None, broken, false),
        _ => Located::new(JsonForm::None, None, 0..0, false),
    }
}

/// A reference such as `[1]` in prose is a list and no answer.
fn is_an_answer(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => items
            .iter()
            .any(|item| item.is_object() || item.is_array() || item.is_string()),
        _ => false,
    }
}

/// Whether a text begins as JSON does, and not as a placeholder or a link does: `{"`, `{'`, `[{`,
/// `["` and such.
fn opens(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    let second = chars.find(|c| !c.is_whitespace());
    match (first, second) {
        (Some('{'), Some('"' | '\'' | '\u{201c}' | '}')) => true,
        (Some('['), Some('{' | '[' | '"')) => true,
        // Keys without quotes: `{ answer: 1 }`, though not `{{name}}` nor `{name}`.
        (Some('{'), Some(c)) if c.is_ascii_alphabetic() => {
            let rest = text[1..].trim_start();
            let key = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            rest[key..].trim_start().starts_with(':')
        }
        _ => false,
    }
}

/// The length up to the bracket that closes the first one; brackets in strings do not count.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn parse_all(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(_) => serde_json::from_str(&without_lone_surrogates(text)?).ok()?,
    };
    (value.is_object() || value.is_array()).then_some(value)
}

/// The text with each lone surrogate escape replaced, or `None` if it has none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let unit = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?;
        let digits = escape
            .strip_prefix("\\u")
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(offset) = text[at..].find('\\') {
        at += offset;
        let (len, lone) = match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => (12, false),
            Some(0xd800..=0xdfff) => (6, true),
            Some(_) => (6, false),
            // The backslash and the character it escapes.
            None => (
                1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
                false,
            ),
        };
        if lone {
            out.push_str(&text[copied..at]);
            out.push_str("\\ufffd");
            copied = at + len;
        }
        at += len;
    }
    (copied > 0).then(|| out + &text[copied..])
}

fn trim(text: &str, bytes: Range<usize>) -> Range<usize> {
    let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
    let part = &text[bytes.clone()];
    let start = bytes.start + (part.len() - part.trim_start_matches(is_space).len());
    start..start + part.trim_matches(is_space).len()
}

#[derive(Debug)]
struct Fence {
    /// From the opening to the end of the closing fence.
    whole: Range<usize>,
    inner: Range<usize>,
}

/// Code fences, as Markdown has them; one that is never closed goes on to the end.
fn fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<(Range<usize>, &str)> = None;
    for bytes in super::text::cut_lines(text) {
        let line = text[bytes.clone()].trim();
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        match (&open, is_fence) {
            (None, true) => open = Some((bytes, &line[..3])),
            (Some((opening, mark)), true)
                if line.starts_with(mark) && line.chars().all(|c| mark.starts_with(c)) =>
            {
                let inner = opening.end..bytes.start;
                fences.push(Fence {
                    whole: opening.start..bytes.end,
                    inner,
                });
                open = None;
            }
            _ => {}
        }
    }
    if let Some((opening, _)) = open {
        fences.push(Fence {
            whole: opening.start..text.len(),
            inner: opening.end..text.len(),
        });
    }
    fences
}

#[cfg(test)]
mod tests {
    use super::{JsonForm, find_json, locate};
    use proptest::prelude::*;

    fn form(text: &str) -> JsonForm {
        find_json(text).0
    }

    #[test]
    fn raw_is_json_and_nothing_else() {
        assert_eq!(form("{\"a\": 1}"), JsonForm::Raw);
        assert_eq!(form("\u{feff}\n [1, 2]\r\n"), JsonForm::Raw);
        assert_eq!(form("42"), JsonForm::None);
        assert_eq!(form("\"text\""), JsonForm::None);
        assert_eq!(form(""), JsonForm::None);
    }

    #[test]
    fn a_fence_is_a_fence() {
        assert_eq!(form("```json\n{\"a\": 1}\n```"), JsonForm::Fenced);
        assert_eq!(
            form("~~~\n{\"a\": \"``` in text\"}\n~~~\n"),
            JsonForm::Fenced
        );
        // Cut off before the closing fence, the JSON itself being whole.
        assert_eq!(form("```json\r\n{\"a\": 1}\r\n"), JsonForm::Fenced);
        assert_eq!(form("```json\n{\"a\": 1,}\n```"), JsonForm::Invalid);
        assert_eq!(form("```\nlet x = 1;\n```"), JsonForm::None);
    }

    #[test]
    fn prose_around() {
        let text = "Sure! Here it is:\n\n```json\n{\"a\": {\"b\": 2}}\n```\nHope this helps [1].";
        let located = locate(text);
        assert_eq!(located.form, JsonForm::Wrapped);
        assert!(located.fenced);
        assert_eq!(&text[located.bytes], "```json\n{\"a\": {\"b\": 2}}\n```");
        assert_eq!(
            find_json("{\"a\": 1}\nDone.").1,
            Some(serde_json::json!({"a": 1}))
        );
        assert_eq!(
            form("Dear {name}, see [the docs](x) and [1], {{order}}."),
            JsonForm::None
        );
    }

    #[test]
    fn broken_is_broken_even_with_a_sound_part() {
        assert_eq!(form("{\"a\": {\"b\": 2}, \"c\": }"), JsonForm::Invalid);
        assert_eq!(form("{\"a\": 1, \"text\": \"cut of"), JsonForm::Invalid);
        assert_eq!(form("{'a': 'b'}"), JsonForm::Invalid);
        assert_eq!(form("{ answer: 1 }"), JsonForm::Invalid);
        assert_eq!(
            form("Here: {\"a\": 1, \"b\": 2,} as asked"),
            JsonForm::Invalid
        );
    }

    #[test]
    fn odd_json_is_read() {
        assert_eq!(
            find_json("{\"a\": 1, \"a\": 2}").1,
            Some(serde_json::json!({"a": 2}))
        );
        assert_eq!(
            find_json(r#"{"a": "x\ud800y \\ud800 \ud83d\ude00"}"#).1,
            Some(serde_json::json!({"a": "x\u{fffd}y \\ud800 😀"}))
        );
        assert_eq!(form(&"[".repeat(100_000)), JsonForm::None);
        assert_eq!(form(&"{\"a\":".repeat(10_000)), JsonForm::Invalid);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}\\[\\]\":,`~\\\\ud8ca1é\n ]{0,80}") {
            let located = locate(&text);
            prop_assert!(text.get(located.bytes).is_some());
            prop_assert_eq!(located.value.is_some(), located.form <= JsonForm::Wrapped);
        }
    }
}
