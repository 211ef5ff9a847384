//! Finds Handlebars expressions for highlighting: a scan, not a parser; the template engine lives
//! in `prompt`.

use std::ops::Range;

use super::Class;

/// Bytes an expression may have; a longer one is two stray braces.
const LONGEST: usize = 400;

/// The expressions of a text, ascending: variables, block keywords and comments.
pub(super) fn marks(text: &str) -> Vec<(Range<usize>, Class)> {
    let mut marks = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|offset| at + offset) {
        let Some((end, class)) = expression(&text[start..]) else {
            at = start + 1;
            continue;
        };
        marks.push((start..start + end, class));
        at = start + end;
    }
    marks
}

/// The length and class of the expression with which the text begins.
fn expression(text: &str) -> Option<(usize, Class)> {
    if let Some(rest) = text.strip_prefix("{{!--") {
        return Some((rest.find("--}}")? + "{{!----}}".len(), Class::Comment));
    }
    if let Some(rest) = text.strip_prefix("{{!") {
        return Some((rest.find("}}")? + "{{!}}".len(), Class::Comment));
    }
    let (open, close) = if text.starts_with("{{{") {
        (3, "}}}")
    } else {
        (2, "}}")
    };
    let inner = &text[open..];
    let end = inner
        .find(['{', '}', '\n', '\r'])
        .filter(|end| *end <= LONGEST)?;
    if !inner[end..].starts_with(close) {
        return None;
    }
    let word = inner[..end].trim_matches(['~', ' ']);
    let class = match word.chars().next()? {
        '#' | '/' | '^' | '>' => Class::Keyword,
        _ if word == "else" || word.starts_with("else ") => Class::Keyword,
        c if c.is_alphabetic() || matches!(c, '_' | '@' | '.' | '[' | '&') => Class::Variable,
        _ => return None,
    };
    Some((open + end + close.len(), class))
}
