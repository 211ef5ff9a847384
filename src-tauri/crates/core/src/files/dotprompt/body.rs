//! The body of a `.prompt` file: texts between role markers.
//!
//! Owns the markers, and the order in which sections may stand. The text of a section is every byte between its
//! marker's line and the next marker, so that nothing is trimmed and nothing lost.

use super::super::{DEEPEST, Note, ReadError};
use crate::prompt::{Role, Template, TemplateError, Turn};

pub(super) const SYSTEM: &str = "{{role \"system\"}}\n";
pub(super) const USER: &str = "{{role \"user\"}}\n";
pub(super) const MODEL: &str = "{{role \"model\"}}\n";
pub(super) const HISTORY: &str = "{{history}}\n";

/// The texts of a version.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) system: String,
    pub(super) turns: Vec<Turn>,
    pub(super) user: Option<String>,
}

/// Writes the fixed form. Always with `{{history}}`: the file then shows where the case's turns stand, and ends with
/// a line feed whenever no final user text does.
pub(super) fn write(out: &mut String, system: &str, turns: &[Turn], user: Option<&str>) {
    if !system.is_empty() {
        out.push_str(SYSTEM);
        out.push_str(system);
    }
    for turn in turns {
        out.push_str(match turn.role {
            Role::User => USER,
            Role::Assistant => MODEL,
        });
        out.push_str(&turn.text);
    }
    out.push_str(HISTORY);
    if let Some(user) = user {
        out.push_str(USER);
        out.push_str(user);
    }
}

/// Reads a body whose first line is line `first_line` of its file.
pub(super) fn read(
    text: &str,
    first_line: usize,
    notes: &mut Vec<Note>,
) -> Result<Body, ReadError> {
    let markers = markers(text, first_line)?;
    let sections = sections(text, &markers);
    let mut note = |line: usize, text: &str| {
        notes.push(Note {
            line,
            text: text.to_owned(),
        });
    };
    for marker in &markers {
        if !marker.exact {
            note(
                marker.line,
                "the marker is written on a line of its own, in its plain form",
            );
        }
    }
    let mut body = Body::default();
    let Some(first) = markers.first() else {
        check_template(text, first_line)?;
        if !text.is_empty() {
            note(
                first_line,
                "a body without markers is the final user text, as in Dotprompt",
            );
            body.user = Some(text.to_owned());
        }
        return Ok(body);
    };
    let before = text.get(..first.start).unwrap_or_default();
    if !before.trim().is_empty() {
        return refuse(
            first_line,
            "there is text before the first marker; begin the body with {{role \"system\"}} or {{role \"user\"}}",
        );
    }
    if !before.is_empty() {
        note(
            first_line,
            "white space before the first marker is left out",
        );
    }
    let has_history = sections.iter().any(|section| section.kind == Kind::History);
    let last = sections.len().saturating_sub(1);
    let (mut after_history, mut last_turn) = (false, first_line);
    for (index, section) in sections.iter().enumerate() {
        if section.kind != Kind::History {
            check_template(section.text, section.line)?;
        }
        let line = section.marker_line;
        let own = section.text.to_owned();
        match section.kind {
            Kind::System if index > 0 => {
                return refuse(line, "the system text comes first, and only once");
            }
            Kind::System => body.system = own,
            Kind::History if after_history => {
                return refuse(line, "{{history}} stands here a second time");
            }
            Kind::History => {
                after_history = true;
                if !own.trim().is_empty() {
                    return refuse(
                        section.line,
                        "there is text after {{history}}; put {{role \"user\"}} before it",
                    );
                }
                if !own.is_empty() {
                    note(section.line, "white space after {{history}} is left out");
                }
            }
            Kind::User if after_history && body.user.is_some() => {
                return refuse(line, "there is more than one user text after {{history}}");
            }
            Kind::User if after_history || (!has_history && index == last) => {
                body.user = Some(own);
            }
            Kind::Model if after_history => {
                return refuse(
                    line,
                    "a model text cannot stand after {{history}}; example turns come before it",
                );
            }
            Kind::User | Kind::Model => {
                let role = match section.kind {
                    Kind::Model => Role::Assistant,
                    _ => Role::User,
                };
                if role != next_role(&body.turns) {
                    return refuse(line, PAIRS);
                }
                last_turn = line;
                body.turns.push(Turn { role, text: own });
            }
        }
    }
    if next_role(&body.turns) == Role::Assistant {
        return refuse(last_turn, PAIRS);
    }
    if !has_history {
        note(
            first_line,
            "{{history}} is added where Dotprompt puts the case's turns: before a last user text, else at the end",
        );
    }
    Ok(body)
}

pub(super) const PAIRS: &str =
    "example turns come in pairs before {{history}}: a user text, then the model's answer";

/// Who has to speak next in a list of example turns.
pub(super) fn next_role(turns: &[Turn]) -> Role {
    match turns.last().map(|turn| turn.role) {
        Some(Role::User) => Role::Assistant,
        _ => Role::User,
    }
}

fn refuse<T>(line: usize, reason: &str) -> Result<T, ReadError> {
    Err(ReadError {
        line,
        reason: reason.to_owned(),
    })
}

/// Checks that a section is a template of the profile; `line` is the file's line on which it starts.
fn check_template(text: &str, line: usize) -> Result<(), ReadError> {
    match Template::parse(text) {
        Ok(_) => Ok(()),
        Err(TemplateError::Syntax { line: at, reason }) => Err(ReadError {
            line: line + at.saturating_sub(1),
            reason,
        }),
        Err(other) => Err(ReadError {
            line,
            reason: other.to_string(),
        }),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    System,
    User,
    Model,
    History,
}

#[derive(Debug)]
struct Marker {
    kind: Kind,
    /// Byte offsets: where it starts, and where the text behind it does.
    start: usize,
    end: usize,
    line: usize,
    text_line: usize,
    /// Whether it is written as this program writes it.
    exact: bool,
}

struct Section<'t> {
    kind: Kind,
    text: &'t str,
    marker_line: usize,
    line: usize,
}

fn sections<'t>(text: &'t str, markers: &[Marker]) -> Vec<Section<'t>> {
    let ends = markers.iter().skip(1).map(|next| next.start);
    markers
        .iter()
        .zip(ends.chain([text.len()]))
        .map(|(marker, end)| Section {
            kind: marker.kind,
            text: text.get(marker.end..end).unwrap_or_default(),
            marker_line: marker.line,
            line: marker.text_line,
        })
        .collect()
}

/// Finds the markers that stand at the top level. One inside a block, a comment or a raw block is refused here,
/// because after the split nobody could tell any more.
fn markers(text: &str, first_line: usize) -> Result<Vec<Marker>, ReadError> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let (mut line, mut counted) = (first_line, 0);
    let mut position = 0;
    while let Some(offset) = text.get(position..).and_then(|rest| rest.find("{{")) {
        let start = position + offset;
        let before = text.get(position..start).unwrap_or_default();
        let tag = text.get(start..).unwrap_or_default();
        line += text
            .get(counted..start)
            .map_or(0, |passed| passed.matches('\n').count());
        counted = start;
        // One backslash makes the braces literal; two or more are text themselves.
        if before.ends_with('\\') && !before.ends_with("\\\\") {
            position = start + if tag.starts_with("{{{{") { 4 } else { 2 };
            continue;
        }
        if tag.starts_with("{{{{") {
            return refuse(line, "raw blocks are not supported");
        }
        let Some(length) = tag_length(tag, line)? else {
            return refuse(line, "a `{{` has no `}}`");
        };
        let tag = tag.get(..length).unwrap_or_default();
        position = start + length;
        if tag.starts_with("{{!") {
            if tag.contains("{{role") || tag.contains("{{history") {
                return refuse(line, "a marker cannot stand inside a comment");
            }
            continue;
        }
        let inner = tag.trim_start_matches('{').trim_end_matches('}');
        let plain = inner.trim_matches('~').trim();
        if plain.starts_with('#') {
            depth += 1;
            if depth > DEEPEST {
                return refuse(line, &format!("blocks are nested deeper than {DEEPEST}"));
            }
        } else if plain.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if let Some(kind) = marker_kind(plain, line)? {
            if depth > 0 {
                return refuse(line, "a marker cannot stand inside a block");
            }
            if inner.contains('~') || tag.starts_with("{{{") {
                return refuse(line, "a marker has two braces and no `~`");
            }
            let alone = text
                .get(position..)
                .is_some_and(|rest| rest.starts_with('\n'));
            if alone {
                position += 1;
            }
            found.push(Marker {
                kind,
                start,
                end: position,
                line,
                text_line: line + tag.matches('\n').count() + usize::from(alone),
                exact: alone && format!("{tag}\n") == canonical(kind),
            });
        }
    }
    Ok(found)
}

fn canonical(kind: Kind) -> &'static str {
    match kind {
        Kind::System => SYSTEM,
        Kind::User => USER,
        Kind::Model => MODEL,
        Kind::History => HISTORY,
    }
}

fn marker_kind(plain: &str, line: usize) -> Result<Option<Kind>, ReadError> {
    if plain == "history" {
        return Ok(Some(Kind::History));
    }
    let Some(argument) = plain.strip_prefix("role") else {
        return Ok(None);
    };
    if !argument.starts_with([' ', '\t', '\n', '"', '\'']) {
        return Ok(None);
    }
    let argument = argument.trim();
    let name = ['"', '\'']
        .into_iter()
        .find_map(|quote| argument.strip_prefix(quote)?.strip_suffix(quote));
    match name {
        Some("system") => Ok(Some(Kind::System)),
        Some("user") => Ok(Some(Kind::User)),
        Some("model") => Ok(Some(Kind::Model)),
        Some(other) => refuse(
            line,
            &format!("unknown role `{other}`; there are system, user and model"),
        ),
        None => refuse(line, "a role marker looks like {{role \"system\"}}"),
    }
}

/// How many bytes the tag at the start of `text` takes, its closing braces included; `None` when it never ends.
///
/// Counts brackets too: the template parser recurses into them, and must never be given more than it can bear.
fn tag_length(text: &str, line: usize) -> Result<Option<usize>, ReadError> {
    if text.starts_with("{{!--")
        && let Some(end) = text.get(5..).and_then(|rest| rest.find("--}}"))
    {
        return Ok(Some(5 + end + 4));
    }
    let first_close = text.find("}}").map(|at| at + 2);
    if text.starts_with("{{!") {
        return Ok(first_close);
    }
    let braces = if text.starts_with("{{{") { 3 } else { 2 };
    let closes = |rest: &[u8]| rest.iter().take_while(|byte| **byte == b'}').count() >= braces;
    let bytes = text.as_bytes();
    let (mut at, mut quote, mut nested) = (braces, None, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'}') if bytes.get(at..).is_some_and(closes) => return Ok(Some(at + braces)),
            (None, b'(' | b'[' | b'{') => {
                nested += 1;
                if nested > DEEPEST {
                    return refuse(line, &format!("brackets are nested deeper than {DEEPEST}"));
                }
            }
            (None, b')' | b']' | b'}') => nested = nested.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    // A stray quote: the template parser will refuse it, and say so better.
    Ok(first_close.filter(|_| quote.is_some()))
}
