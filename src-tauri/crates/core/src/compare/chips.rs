//! Chips: what a reviewer should know about a pair before reading it, in a few words each.
//!
//! Owns their wording and when they appear. They point at things, they decide nothing: what counts
//! for parity is measured elsewhere. The left is always the primary, the right the fallback (or the
//! passthrough).

use serde::Serialize;
use serde_json::Value;

use super::json_form::{JsonForm, locate};
use super::manner;
use super::schema::{self, Types};
use super::{fields, text};

/// How much a chip weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ChipLevel {
    /// A caller's program breaks on it, or the customer gets no answer.
    Error,
    /// A reader would notice.
    Warning,
}

/// One remark on a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Chip {
    pub level: ChipLevel,
    /// Such as `order_id is missing` or `38 % shorter`.
    pub text: String,
}

/// What chips are judged by.
#[derive(Debug, Clone, Copy)]
pub struct ChipRules<'a> {
    /// The output schema of the prompt (JSON Schema), if it has one.
    pub schema: Option<&'a Value>,
    /// The ratio of words, either way, up to which length is not remarked on: 1.15 by default.
    pub length: f64,
}

impl Default for ChipRules<'_> {
    fn default() -> Self {
        Self {
            schema: None,
            length: 1.15,
        }
    }
}

/// Remarks of one kind beyond which the rest is only counted.
const FIELD_CHIPS: usize = 8;
/// Words of difference below which length is never remarked on: `yes` is not 50 % shorter than
/// `yes, sir`.
const FEW_WORDS: usize = 5;

/// The remarks on a pair, errors first. None for equal texts, unless the schema objects.
pub fn chips(left: &str, right: &str, rules: &ChipRules<'_>) -> Vec<Chip> {
    let mut chips = Vec::new();
    let (l, r) = (locate(left), locate(right));
    let refusals = (manner::refuses(left), manner::refuses(right));
    match refusals {
        (false, true) => chips.push(error("refuses")),
        (true, false) => chips.push(warning("answers what the primary refuses")),
        _ => {}
    }
    let wants_json = rules.schema.is_some_and(schema::wants_json);
    if let (Some(a), Some(b)) = (&l.value, &r.value) {
        chips.extend(field_chips(Some(a), b, rules.schema));
    } else if let (None, Some(b), true) = (&l.value, &r.value, wants_json) {
        chips.extend(field_chips(None, b, rules.schema));
    }
    chips.extend(form_chip(l.form, r.form, wants_json));
    if right.trim().is_empty() && !left.trim().is_empty() {
        chips.push(error("empty"));
    } else {
        let words = (text::count_words(left), text::count_words(right));
        chips.extend(length_chip(words.0, words.1, rules.length));
    }
    let more = manner::hedges(right).saturating_sub(manner::hedges(left));
    match more {
        0 => {}
        1 => chips.push(warning("1 more hedge")),
        more => chips.push(warning(&format!("{more} more hedges"))),
    }
    chips.sort_by_key(|chip| chip.level);
    chips
}

fn error(text: &str) -> Chip {
    Chip {
        level: ChipLevel::Error,
        text: text.to_owned(),
    }
}

fn warning(text: &str) -> Chip {
    Chip {
        level: ChipLevel::Warning,
        text: text.to_owned(),
    }
}

/// What the form of the right does to a program that reads the left's, or what the schema asks for.
fn form_chip(left: JsonForm, right: JsonForm, wants_json: bool) -> Option<Chip> {
    let expected = if wants_json { JsonForm::Raw } else { left };
    if right <= expected {
        let unasked = left == JsonForm::None && !wants_json && right <= JsonForm::Wrapped;
        return unasked.then(|| warning("JSON where the primary writes prose"));
    }
    Some(error(match right {
        JsonForm::Raw | JsonForm::Fenced => "JSON in a code fence",
        JsonForm::Wrapped => "prose around the JSON",
        JsonForm::Invalid => "broken JSON",
        JsonForm::None if left == JsonForm::Invalid && !wants_json => return None,
        JsonForm::None => "no JSON",
    }))
}

fn length_chip(left: usize, right: usize, margin: f64) -> Option<Chip> {
    if left.abs_diff(right) < FEW_WORDS || left == 0 {
        return None;
    }
    let ratio = right as f64 / left as f64;
    let percent = ((ratio - 1.0).abs() * 100.0).round();
    if ratio > margin {
        let text = if ratio >= 3.0 {
            format!("{ratio:.0} times as long")
        } else {
            format!("{percent} % longer")
        };
        Some(warning(&text))
    } else if ratio * margin < 1.0 {
        Some(warning(&format!("{percent} % shorter")))
    } else {
        None
    }
}

#[derive(Default)]
struct FieldChips {
    chips: Vec<Chip>,
    more: usize,
    worst: Option<ChipLevel>,
}

impl FieldChips {
    /// Once for each text: the same lack in every item of a list is one remark.
    fn add(&mut self, chip: Chip) {
        if self.chips.contains(&chip) {
            return;
        }
        if self.chips.len() < FIELD_CHIPS {
            self.chips.push(chip);
        } else {
            self.more += 1;
            self.worst = Some(self.worst.map_or(chip.level, |worst| worst.min(chip.level)));
        }
    }
}

fn field_chips(left: Option<&Value>, right: &Value, schema: Option<&Value>) -> Vec<Chip> {
    let mut found = FieldChips::default();
    let at = At {
        root: schema,
        schema,
        depth: 0,
    };
    walk("", left, right, &at, &mut found);
    let FieldChips {
        mut chips,
        more,
        worst,
    } = found;
    if let Some(level) = worst {
        chips.push(Chip {
            level,
            text: format!("{more} more differences in fields"),
        });
    }
    chips
}

#[derive(Clone, Copy)]
struct At<'a> {
    root: Option<&'a Value>,
    schema: Option<&'a Value>,
    depth: usize,
}

impl<'a> At<'a> {
    fn inner(self, step: impl Fn(&'a Value) -> Option<&'a Value>) -> Self {
        let here = self.schema.map(|schema| schema::resolve(self.root, schema));
        Self {
            root: self.root,
            schema: here.and_then(step),
            depth: self.depth + 1,
        }
    }
}

fn walk(path: &str, left: Option<&Value>, right: &Value, at: &At<'_>, found: &mut FieldChips) {
    let name = if path.is_empty() { "the answer" } else { path };
    let schema = at.schema.map(|schema| schema::resolve(at.root, schema));
    let types = schema.map(schema::types).unwrap_or_default();
    if let Some(chip) = type_chip(name, left, right, &types) {
        found.add(chip);
        return;
    }
    if let Some(schema) = schema
        && !schema::allows(schema, right)
    {
        found.add(error(&format!(
            "{name} is {}, which is not one of the allowed values",
            brief(right)
        )));
        return;
    }
    // Deeper than anyone writes by hand, and the stack is finite.
    if at.depth >= 16 {
        return;
    }
    match (left, right) {
        (_, Value::Object(b)) => {
            let a = left.and_then(Value::as_object);
            let required: Vec<&str> = schema.map(schema::required).unwrap_or_default();
            for name in &required {
                if !b.contains_key(*name) {
                    found.add(error(&format!("{} is missing", join(path, name))));
                }
            }
            let optional = schema.is_some_and(schema::has_properties);
            for name in a.into_iter().flat_map(|a| a.keys()) {
                if !b.contains_key(name) && !required.contains(&name.as_str()) {
                    let text = format!("{} is missing", join(path, name));
                    found.add(if optional {
                        warning(&text)
                    } else {
                        error(&text)
                    });
                }
            }
            for (name, b) in b {
                let path = join(path, name);
                let left = a.and_then(|a| a.get(name));
                let inner = at.inner(|schema| schema::property(schema, name));
                if inner.schema.is_none() && schema.is_some_and(schema::is_closed) {
                    found.add(error(&format!("{path} is not in the schema")));
                } else if left.is_none() && a.is_some() && inner.schema.is_none() {
                    found.add(warning(&format!("{path} is extra")));
                } else {
                    walk(&path, left, b, &inner, found);
                }
            }
        }
        (_, Value::Array(b)) => {
            // All items answer to the first of the left: lists are compared by kind, not by
            // position.
            let first = left.and_then(Value::as_array).and_then(|a| a.first());
            let inner = at.inner(schema::items);
            for b in b {
                walk(&format!("{path}[]"), first, b, &inner, found);
            }
        }
        _ => {}
    }
}

/// `urgency is text, not a number`: by the schema where it says something, by the primary where it
/// does not.
fn type_chip(name: &str, left: Option<&Value>, right: &Value, types: &Types) -> Option<Chip> {
    if !types.is_empty() {
        if types.admit(right) {
            return None;
        }
        if types.only_integer() && right.is_number() {
            return Some(error(&format!("{name} is {right}, not a whole number")));
        }
        let wanted = types
            .first()
            .map_or("what the schema asks for", with_article);
        let is = with_article(fields::type_name(right));
        return Some(error(&format!("{name} is {is}, not {wanted}")));
    }
    let left = left.filter(|left| !left.is_null())?;
    let (wanted, is) = (fields::type_name(left), fields::type_name(right));
    if wanted == is {
        return None;
    }
    let text = format!(
        "{name} is {}, not {}",
        with_article(is),
        with_article(wanted)
    );
    Some(if right.is_null() {
        warning(&text)
    } else {
        error(&text)
    })
}

fn with_article(type_name: &'static str) -> &'static str {
    match type_name {
        "number" => "a number",
        "boolean" => "true or false",
        "list" => "a list",
        "object" => "an object",
        other => other,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// A value short enough for a chip.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(30) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
