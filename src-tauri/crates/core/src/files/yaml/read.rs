//! From YAML text to values, each with its line.
//!
//! Built on the parser's events rather than on its deserialiser: only there are comments, tags, anchors, quoting and
//! lines all still visible, and nothing may be dropped or guessed in silence.

use std::collections::HashSet;

use serde_json::{Map, Number, Value};
use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};

use crate::files::{DEEPEST, Note, ReadError};

/// A value and the line it starts on.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::files) struct Node {
    pub(in crate::files) line: usize,
    pub(in crate::files) value: Yaml,
}

/// What stands there. Keys carry their lines, because it is keys that people get wrong.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::files) enum Yaml {
    Leaf(Value),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value as JSON, keys in their order.
    pub(in crate::files) fn into_json(self) -> Value {
        match self.value {
            Yaml::Leaf(value) => value,
            Yaml::List(list) => Value::Array(list.into_iter().map(Self::into_json).collect()),
            Yaml::Map(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, node)| (key, node.into_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// What it is, for messages.
    pub(in crate::files) fn kind(&self) -> &'static str {
        match &self.value {
            Yaml::Leaf(Value::Null) => "empty",
            Yaml::Leaf(Value::Bool(_)) => "true or false",
            Yaml::Leaf(Value::Number(_)) => "a number",
            Yaml::Leaf(_) => "text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }
}

/// Reads one document whose first line is line `first_line` of its file. `None` for an empty document.
pub(in crate::files) fn read(
    text: &str,
    first_line: usize,
    notes: &mut Vec<Note>,
) -> Result<Option<Node>, ReadError> {
    let mut options = Options::default();
    options.disallow_directives = true;
    // Anchors arrive as events of their own, with their line.
    options.emit_anchor_events = true;
    // An alias is refused as an alias, whether or not its anchor exists.
    options.emit_unresolved_aliases = true;
    // The default of 1,024 characters would refuse keys that this module itself writes.
    options.simple_key_max_lookahead = 64 * 1024;
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        before: first_line.saturating_sub(1),
        line: first_line,
        notes,
    };
    reader.document()
}

struct Reader<'n, I> {
    events: I,
    /// Lines of the file before the document.
    before: usize,
    /// The file's line of the latest event.
    line: usize,
    notes: &'n mut Vec<Note>,
}

impl<'t, I> Reader<'_, I>
where
    I: Iterator<Item = Result<(Event<'t>, Span), ScanError>>,
{
    /// The next event that is not a comment. A comment cannot be kept, so what it said goes into a note.
    fn next(&mut self) -> Result<Event<'t>, ReadError> {
        loop {
            match self.events.next() {
                None => return self.refuse("the YAML ends too early"),
                Some(Err(error)) => {
                    self.line = self.before + error.marker().line();
                    return self.refuse(format!("this is not valid YAML: {}", error.info()));
                }
                Some(Ok((Event::Comment(text, _), span))) => {
                    self.line = self.before + span.start.line();
                    self.note(format!("a comment was left out: #{text}"));
                }
                Some(Ok((event, span))) => {
                    let start = span.tag_start().unwrap_or(span.start);
                    self.line = self.before + start.line();
                    if let Event::Anchor(..) = event {
                        return self
                            .refuse("anchors (`&name`) are not supported; write the value out");
                    }
                    if span.tag_start().is_some() {
                        return self.refuse("tags (`!name`) are not supported");
                    }
                    return Ok(event);
                }
            }
        }
    }

    fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, ReadError> {
        Err(ReadError {
            line: self.line,
            reason: reason.into(),
        })
    }

    fn note(&mut self, text: String) {
        self.notes.push(Note {
            line: self.line,
            text,
        });
    }

    fn document(&mut self) -> Result<Option<Node>, ReadError> {
        let mut found = None;
        loop {
            match self.next()? {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(found),
                Event::DocumentStart(..) if found.is_none() => {
                    let event = self.next()?;
                    found = Some(self.node(event, 0)?);
                }
                _ => return self.refuse("there is more than one YAML document"),
            }
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node, ReadError> {
        let line = self.line;
        if depth > DEEPEST {
            return self.refuse(format!("values are nested deeper than {DEEPEST}"));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => Yaml::Leaf(self.scalar(&text, style)?),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break Yaml::List(list),
                        event => list.push(self.node(event, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => Yaml::Map(self.entries(depth)?),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                return self.refuse("aliases (`*name`) are not supported; write the value out");
            }
            _ => return self.refuse("this is not valid YAML here"),
        };
        Ok(Node { line, value })
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(String, Node)>, ReadError> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let event = self.next()?;
            let (text, style) = match event {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(text, style, ..) => (text, style),
                Event::Alias(_) | Event::UnresolvedAlias(_) => {
                    return self.refuse("aliases (`*name`) are not supported; write the value out");
                }
                _ => return self.refuse("a key must be a single text"),
            };
            if style == ScalarStyle::Plain {
                if text == "<<" {
                    return self
                        .refuse("merge keys (`<<`) are not supported; write the values out");
                }
                if !matches!(plain(&text), Plain::Text) {
                    return self.refuse(format!("the key `{text}` is not text; put it in quotes"));
                }
            }
            if !seen.insert(text.to_string()) {
                return self.refuse(format!("the key `{text}` stands here twice"));
            }
            let line = self.line;
            let event = self.next()?;
            let mut node = self.node(event, depth + 1)?;
            // What people look for is the key; the value may begin lines below, or not at all.
            node.line = line;
            entries.push((text.into_owned(), node));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle) -> Result<Value, ReadError> {
        if style != ScalarStyle::Plain {
            return Ok(Value::String(text.to_owned()));
        }
        let value = match plain(text) {
            Plain::Value(value) => value,
            Plain::Unkeepable(reason) => return self.refuse(reason),
            Plain::Text => {
                let shown: String = text.chars().take(60).collect();
                self.note(format!("`{shown}` is taken as text and gets quotes"));
                return Ok(Value::String(text.to_owned()));
            }
        };
        let written = value.to_string();
        if written != text {
            self.note(format!("`{text}` is written as {written}"));
        }
        Ok(value)
    }
}

/// What a scalar without quotes is, by the core schema of YAML 1.2.
enum Plain {
    Value(Value),
    Text,
    Unkeepable(String),
}

fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Value(Value::Null),
        "true" | "True" | "TRUE" => return Plain::Value(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Plain::Value(Value::Bool(false)),
        _ => {}
    }
    let (sign, unsigned) = match text.as_bytes() {
        [b'-', ..] => ("-", text.get(1..).unwrap_or_default()),
        [b'+', ..] => ("", text.get(1..).unwrap_or_default()),
        _ => ("", text),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Plain::Unkeepable(format!("`{text}` is a number that JSON cannot hold"));
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        digits.chars().all(|c| c.is_digit(radix)).then(|| {
            u64::from_str_radix(digits, radix)
                .map_or_else(|_| too_large(text), |number| Plain::Value(number.into()))
        })
    };
    if let Some(found) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return found;
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = format!("{sign}{unsigned}");
        return match (digits.parse::<u64>(), digits.parse::<i64>()) {
            (Ok(number), _) => Plain::Value(number.into()),
            (_, Ok(number)) => Plain::Value(number.into()),
            _ => too_large(text),
        };
    }
    if is_float(unsigned) {
        return match text.parse::<f64>().ok().and_then(Number::from_f64) {
            Some(number) => Plain::Value(Value::Number(number)),
            None => too_large(text),
        };
    }
    Plain::Text
}

fn too_large(text: &str) -> Plain {
    Plain::Unkeepable(format!("the number `{text}` is too large to be kept"))
}

/// `12.`, `.5`, `1.5e-3`: at least one digit before or after the dot, and digits in the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    exponent && digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty())
}
