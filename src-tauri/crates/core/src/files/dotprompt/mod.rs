//! `.prompt` files: google/dotprompt in a strict profile, one [`Content`] a file.
//!
//! ```text
//! ---
//! model: "gpt-4o"                      the variant's name in understudy.toml
//! config:                              sampling; a fixed order, then other parameters by name
//!   temperature: 0.2
//!   maxOutputTokens: 600
//! output:
//!   format: "json"
//!   schema: "support-triage.schema.json"   or the JSON Schema itself
//! toolDefs:
//!   - name: "lookup_order"
//!     description: "…"
//!     inputSchema: …
//! anything: else                       kept verbatim, in its order, and not sent
//! understudy.remove:                   parameters taken out of the caller's request
//!   - "top_p"
//! understudy.options: …                fields merged into the request body
//! understudy.template: "none"          the body is the system text as it stands
//! ---
//! {{role "system"}}
//! …
//! {{role "user"}} {{role "model"}}     example turns, in pairs, each marker on its own line
//! {{history}}
//! {{role "user"}}                      the final user text, if any
//! …
//! ```
//!
//! Laws, tested: reading what was written gives the same content id, numbers included (`1` and `1.0` stay apart);
//! writing what was read gives the same bytes unless there is a [`Note`]. What cannot be held is refused by
//! [`write`], so a workspace asks [`check`] before it saves anything.

mod body;
mod front;

use serde_json::Value;

use super::{LARGEST_FILE, Note, ReadError, WriteError, text, yaml};
use crate::prompt::{Content, Engine, ModelName, Role, Template};

/// What a `.prompt` file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptFile {
    /// The model it is for.
    pub model: ModelName,
    /// What it says.
    pub content: Content,
    /// The schema file it refers to, when the output schema is not written inline.
    pub schema_ref: Option<String>,
    /// What was understood but will be written differently. None exactly when the file is in the profile, byte for
    /// byte.
    pub notes: Vec<Note>,
    /// What is kept as it is but has no effect here.
    pub remarks: Vec<Note>,
}

/// Reads a `.prompt` file. `model` is the one its name stands for; `schema` finds the schema file it may refer to.
///
/// # Errors
/// The first line that is outside the profile, and why.
pub fn read(
    bytes: &[u8],
    model: Option<&ModelName>,
    schema: &dyn Fn(&str) -> Option<Value>,
) -> Result<PromptFile, ReadError> {
    let found = parse(bytes, model, schema)?;
    let file = std::str::from_utf8(bytes).unwrap_or_default();
    let written = emit(&found.model, &found.content, found.schema_ref.as_deref());
    let Some(line) = text::first_difference(file, &written) else {
        return Ok(found);
    };
    // Whoever pushes next will write the fixed form, so it must say the same.
    let again = parse(written.as_bytes(), model, schema);
    if !again.is_ok_and(|again| again.content.id() == found.content.id()) {
        return Err(ReadError {
            line,
            reason: "this cannot be kept as it is written".to_owned(),
        });
    }
    let mut found = found;
    if found.notes.is_empty() {
        found.notes.push(Note {
            line,
            text:
                "from here on the file is written in the fixed form: order of keys, quotes, layout"
                    .to_owned(),
        });
    }
    Ok(found)
}

/// Writes a `.prompt` file. With `schema_ref` the output schema is referred to by that name and not written.
///
/// # Errors
/// What no `.prompt` file can hold: see [`check`].
pub fn write(
    model: &ModelName,
    content: &Content,
    schema_ref: Option<&str>,
) -> Result<String, WriteError> {
    let refuse = |reason: &str| {
        Err(WriteError {
            reason: reason.to_owned(),
        })
    };
    front::check(content)?;
    if content.output_schema.is_none() && schema_ref.is_some() {
        return refuse("there is no output schema to refer to");
    }
    let written = emit(model, content, schema_ref);
    if written.len() > LARGEST_FILE {
        return refuse("the file would be larger than 4 MiB");
    }
    check_texts(content)?;
    let schema = |name: &str| {
        schema_ref
            .filter(|known| *known == name)
            .and(content.output_schema.clone())
    };
    match parse(written.as_bytes(), Some(model), &schema) {
        Ok(back) if back.content.id() == content.id() => Ok(written),
        Ok(_) => refuse("the file would be read back as something else"),
        Err(error) => refuse(&error.reason),
    }
}

/// Whether a `.prompt` file can hold `content`. What cannot be written must not be saved either, or it could never
/// leave the workspace: broken templates, markers inside texts, carriage returns and NUL, example turns that are not
/// pairs, a lone backslash right before a marker.
///
/// # Errors
/// The reason, in a sentence.
pub fn check(model: &ModelName, content: &Content) -> Result<(), WriteError> {
    write(model, content, None).map(|_| ())
}

fn check_texts(content: &Content) -> Result<(), WriteError> {
    let refuse = |reason: String| Err(WriteError { reason });
    for (place, text) in content.texts() {
        if text.contains(['\r', '\0']) {
            return refuse(format!(
                "the {place} text holds a carriage return or a NUL character"
            ));
        }
    }
    if content.engine == Engine::None {
        if content.user.is_some() || !content.turns.is_empty() {
            return refuse(
                "without a template engine there is a system text and nothing else".into(),
            );
        }
        return Ok(());
    }
    for (place, text) in content.texts() {
        if let Err(error) = Template::parse(text) {
            return refuse(format!("the {place} text, {error}"));
        }
    }
    for (index, turn) in content.turns.iter().enumerate() {
        if turn.role != body::next_role(content.turns.get(..index).unwrap_or_default()) {
            return refuse(body::PAIRS.into());
        }
    }
    if body::next_role(&content.turns) != Role::User {
        return refuse(body::PAIRS.into());
    }
    // The final user text ends with the file; every other text is followed by a marker.
    let followed = content.texts().filter(|(place, _)| *place != "final user");
    for (place, text) in followed {
        if text.ends_with('\\') && !text.ends_with("\\\\") {
            return refuse(format!(
                "the {place} text ends with a backslash, which would make the marker behind it text; end it with a line break"
            ));
        }
    }
    Ok(())
}

/// The fixed form, unchecked.
fn emit(model: &ModelName, content: &Content, schema_ref: Option<&str>) -> String {
    let mut out = String::from("---\n");
    front::write(&mut out, model, content, schema_ref);
    out.push_str("---\n");
    match content.engine {
        Engine::None => out.push_str(&content.system),
        Engine::Handlebars => body::write(
            &mut out,
            &content.system,
            &content.turns,
            content.user.as_deref(),
        ),
    }
    out
}

fn parse(
    bytes: &[u8],
    model: Option<&ModelName>,
    schema: &dyn Fn(&str) -> Option<Value>,
) -> Result<PromptFile, ReadError> {
    let file = text::check(bytes)?;
    let refuse = |line: usize, reason: String| Err(ReadError { line, reason });
    let Some(rest) = file.strip_prefix("---\n") else {
        return refuse(
            1,
            "there is no front matter; the first line must be `---`".into(),
        );
    };
    let Some((matter, text, body_line)) = split(rest) else {
        return refuse(
            1,
            "the front matter has no end; a second line `---` is missing".into(),
        );
    };
    let (mut notes, mut remarks) = (Vec::new(), Vec::new());
    let node = yaml::read(matter, 2, &mut notes)?;
    let front = front::read(node, schema, &mut notes, &mut remarks)?;
    if let Some(expected) = model
        && *expected != front.model
    {
        return refuse(
            front.model_line,
            format!(
                "`model` is \"{}\", but this file is for {expected}",
                front.model
            ),
        );
    }
    let mut content = front.content;
    match content.engine {
        Engine::None => content.system = text.to_owned(),
        Engine::Handlebars => {
            let body = body::read(text, body_line, &mut notes)?;
            (content.system, content.turns, content.user) = (body.system, body.turns, body.user);
        }
    }
    notes.sort_by_key(|note| note.line);
    Ok(PromptFile {
        model: front.model,
        content,
        schema_ref: front.schema_ref,
        notes,
        remarks,
    })
}

/// Front matter, body, and the file's line on which the body starts.
fn split(rest: &str) -> Option<(&str, &str, usize)> {
    let mut at = 0;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        if line.strip_suffix('\n').unwrap_or(line) == "---" {
            return Some((rest.get(..at)?, rest.get(next..)?, index + 3));
        }
        at = next;
    }
    None
}

#[cfg(test)]
pub(super) mod strategies;
#[cfg(test)]
mod tests;
