//! What counts as cosmetic: two contents with the same normal form differ in nothing a fallback could carry over.
//!
//! Folded: white space and re-wrapping, tag ↔ heading form, bullet glyphs, numbering, quotes, letter case, trailing
//! punctuation, key order inside schemas. Not folded: words, numbers, parameters, tools.

use serde_json::Value;

use crate::prompt::Content;

/// The normal form of a content, for comparison only.
pub fn normalised(content: &Content) -> String {
    let texts: Vec<_> = content
        .texts()
        .map(|(place, text)| (place, fold(text)))
        .collect();
    let tools: Vec<_> = content
        .tools
        .iter()
        .map(|tool| {
            (
                &tool.name,
                fold(&tool.description),
                sorted(&tool.parameters),
            )
        })
        .collect();
    serde_json::json!([
        texts,
        tools,
        content.params,
        content.max_output_tokens,
        content.output_schema.as_ref().map(sorted),
        sorted(&Value::Object(content.provider_options.clone())),
    ])
    .to_string()
}

fn fold(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for line in text.lines() {
        for (index, word) in strip_marks(line).split_whitespace().enumerate() {
            if index == 0 && is_list_mark(word) {
                continue;
            }
            let word: String = word.chars().map(unify).collect::<String>().to_lowercase();
            let word = word.trim_end_matches(['.', ';', ':']);
            if !word.is_empty() {
                words.push(word.to_owned());
            }
        }
    }
    words.join(" ")
}

/// `<rules>` and `# Rules` both become `rules`; closing tags vanish.
fn strip_marks(line: &str) -> String {
    let line = line.trim_start().trim_start_matches('#');
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        let (before, tail) = rest.split_at(open);
        out.push_str(before);
        match tag(tail) {
            Some((name, after)) => {
                out.push(' ');
                out.push_str(&name.replace(['_', '-'], " "));
                out.push(' ');
                rest = after;
            }
            None => {
                out.push('<');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out.replace("**", "").replace('`', "")
}

/// The name of a tag at the start of `text` (empty for a closing tag) and what follows it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let end = text.find('>')?;
    let name = text.get(1..end)?;
    let (closing, name) = match name.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    valid.then(|| {
        (
            if closing { "" } else { name },
            text.get(end + 1..).unwrap_or_default(),
        )
    })
}

fn is_list_mark(word: &str) -> bool {
    matches!(word, "-" | "*" | "•" | "–")
        || word
            .strip_suffix(['.', ')'])
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

fn unify(c: char) -> char {
    match c {
        '“' | '”' | '„' | '«' | '»' => '"',
        '‘' | '’' => '\'',
        other => other,
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
