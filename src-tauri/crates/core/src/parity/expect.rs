//! What a case expects of an answer, judged by promptfoo's names and rules: `equals`, `contains`, `icontains`, `regex`,
//! `is-json`, each also as `not-…`.
//!
//! An expectation is compiled once and asked of every output. What cannot be judged (another kind, a value of the wrong
//! form, a pattern that is none) is never counted as passed or failed: a verdict then says why there is none.
//!
//! Deliberately absent: values filled in from variables, and schemas in YAML or in files. Promptfoo has both; here a
//! value is what it says, and one that plainly wants filling in is not judged.

use std::cell::OnceCell;
use std::sync::Arc;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::Expectation;

/// Steps a pattern with look-around or back-references may go back. Others run in linear time and need none.
const BACKTRACKS: usize = 100_000;
/// Characters of what a model said, in a reason.
const QUOTED: usize = 60;
/// Characters of a reason: it is stored with every cell.
const REASON: usize = 160;

/// A verdict on one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Verdict {
    /// The expectation's kind, as the case names it.
    pub kind: String,
    /// Whether it holds; `None` when it could not be judged.
    pub passed: Option<bool>,
    /// Why it does not, or why nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub why: Option<String>,
}

/// A prompt's output schema, compiled: what `is-json` without a value asks for. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct OutputSchema(Option<Arc<Result<Validator, String>>>);

impl OutputSchema {
    /// Compiles a schema; `None` is "any JSON". A broken schema is kept as such: what asks for it cannot be judged.
    /// Nothing is ever fetched.
    pub fn compile(schema: Option<&Value>) -> Self {
        Self(schema.map(|schema| Arc::new(compile_schema(schema))))
    }
}

/// The expectations of one case.
#[derive(Debug)]
pub struct Expectations(Vec<Compiled>);

#[derive(Debug)]
struct Compiled {
    kind: String,
    negated: bool,
    check: Result<Check, String>,
}

#[derive(Debug)]
enum Check {
    EqualsText(String),
    EqualsJson(Value),
    Contains(String),
    /// In lower case.
    ContainsAnyCase(String),
    Regex(Validator),
    IsJson(OutputSchema),
}

impl Expectations {
    /// Compiles what a case expects.
    pub fn compile(expect: &[Expectation], schema: &OutputSchema) -> Self {
        let compiled = expect.iter().map(|expectation| {
            let kind = expectation.kind.trim();
            let (negated, base) = match kind.strip_prefix("not-") {
                Some(base) => (true, base),
                None => (false, kind),
            };
            Compiled {
                kind: expectation.kind.clone(),
                negated,
                check: check(base, expectation.value.as_ref(), schema),
            }
        });
        Self(compiled.collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The expectations that will never be judged, by their place in the case, and why.
    pub fn problems(&self) -> Vec<(usize, &str)> {
        let found =
            self.0.iter().enumerate().filter_map(|(place, compiled)| {
                Some((place, compiled.check.as_ref().err()?.as_str()))
            });
        found.collect()
    }

    /// Judges an output, in the order of the case.
    pub fn judge(&self, output: &str) -> Vec<Verdict> {
        let said = Said::new(output);
        self.0
            .iter()
            .map(|compiled| {
                let (passed, why) = match &compiled.check {
                    Err(why) => (None, Some(why.clone())),
                    Ok(check) => match check.ask(&said) {
                        Err(why) => (None, Some(why)),
                        Ok((holds, _)) if holds != compiled.negated => (Some(true), None),
                        Ok((_, why)) => (Some(false), Some(why)),
                    },
                };
                Verdict {
                    kind: compiled.kind.clone(),
                    passed,
                    why: why.map(|why| shortened(&why, REASON)),
                }
            })
            .collect()
    }
}

/// An output, and what several checks read of it, made at most once.
struct Said<'a> {
    text: &'a str,
    lower: OnceCell<String>,
    string: OnceCell<Value>,
    json: OnceCell<Result<Value, String>>,
}

impl<'a> Said<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lower: OnceCell::new(),
            string: OnceCell::new(),
            json: OnceCell::new(),
        }
    }

    fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.text.to_lowercase())
    }

    fn string(&self) -> &Value {
        self.string.get_or_init(|| Value::from(self.text))
    }

    fn json(&self) -> Result<&Value, &str> {
        let json = self
            .json
            .get_or_init(|| serde_json::from_str(self.text).map_err(|error| error.to_string()));
        json.as_ref().map_err(String::as_str)
    }
}

impl Check {
    /// Whether it holds, and a reason for the other answer: one that is shown when the answer is not the wanted one. An
    /// error is no answer.
    fn ask(&self, said: &Said<'_>) -> Result<(bool, String), String> {
        let quoted = || shortened(said.text, QUOTED);
        Ok(match self {
            Self::EqualsText(wanted) if said.text == wanted => (true, "it says just that".into()),
            Self::EqualsText(_) => (false, format!("it says \u{201c}{}\u{201d}", quoted())),
            Self::EqualsJson(wanted) => match said.json() {
                Err(error) => (false, format!("it is no JSON: {error}")),
                Ok(json) if equal(wanted, json) => (true, "it is just that".into()),
                Ok(_) => (false, format!("it is {}", quoted())),
            },
            Self::Contains(part) => found(part, said.text.contains(part)),
            Self::ContainsAnyCase(part) => found(part, said.lower().contains(part)),
            Self::Regex(pattern) => match pattern.validate(said.string()) {
                Ok(()) => (true, "the pattern matches".into()),
                Err(error) if matches!(error.kind(), ValidationErrorKind::Pattern { .. }) => {
                    (false, "the pattern does not match".into())
                }
                Err(_) => return Err("the pattern takes too long on this output".into()),
            },
            Self::IsJson(schema) => match (said.json(), &schema.0) {
                (Err(error), _) => (false, format!("it is no JSON: {error}")),
                (Ok(_), None) => (true, "it is JSON".into()),
                (Ok(json), Some(schema)) => match schema.as_ref() {
                    Err(broken) => return Err(broken.clone()),
                    Ok(validator) => match validator.validate(json) {
                        Ok(()) => (true, "it is JSON that holds the schema".into()),
                        Err(error) => (false, misfit(&error)),
                    },
                },
            },
        })
    }
}

fn found(part: &str, is_in_it: bool) -> (bool, String) {
    let part = shortened(part, QUOTED);
    let verb = if is_in_it { "is" } else { "is not" };
    (is_in_it, format!("\u{201c}{part}\u{201d} {verb} in it"))
}

/// Where and how JSON breaks a schema, without the values: they are the model's words, and may be long.
fn misfit(error: &jsonschema::ValidationError<'_>) -> String {
    match error.instance_path().as_str() {
        "" => error.masked().to_string(),
        path => format!("{path}: {}", error.masked()),
    }
}

fn check(base: &str, value: Option<&Value>, schema: &OutputSchema) -> Result<Check, String> {
    // Kinds first: a value says nothing about a kind that is not judged.
    match base {
        "equals" | "contains" | "icontains" | "regex" | "is-json" => {}
        _ => return Err("not judged here".to_owned()),
    }
    if value.is_some_and(wants_filling_in) {
        return Err("the value holds {{…}}, and values are not filled in here".to_owned());
    }
    let text = || match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(number)) if base != "regex" => Ok(plain(number)),
        _ => Err(format!("`{base}` needs a text")),
    };
    Ok(match base {
        "equals" => match value {
            None => return Err("`equals` needs a value".to_owned()),
            Some(Value::String(text)) => Check::EqualsText(text.clone()),
            Some(Value::Number(number)) => Check::EqualsText(plain(number)),
            Some(Value::Bool(yes)) => Check::EqualsText(yes.to_string()),
            Some(json) => Check::EqualsJson(json.clone()),
        },
        "contains" => Check::Contains(text()?),
        "icontains" => Check::ContainsAnyCase(text()?.to_lowercase()),
        "regex" => Check::Regex(compile_pattern(&text()?)?),
        _ => match value {
            None | Some(Value::Null) => Check::IsJson(schema.clone()),
            Some(Value::String(text)) if text.is_empty() => Check::IsJson(schema.clone()),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(own @ (Value::Object(_) | Value::Bool(_))) => own_schema(&own)?,
                _ => return Err("a schema in YAML or in a file is not read here".to_owned()),
            },
            Some(own @ (Value::Object(_) | Value::Bool(_))) => own_schema(own)?,
            Some(_) => return Err("`is-json` takes a schema: an object, true or false".to_owned()),
        },
    })
}

fn own_schema(schema: &Value) -> Result<Check, String> {
    let compiled = compile_schema(schema)?;
    Ok(Check::IsJson(OutputSchema(Some(Arc::new(Ok(compiled))))))
}

fn compile_schema(schema: &Value) -> Result<Validator, String> {
    jsonschema::validator_for(schema)
        .map_err(|error| format!("the schema cannot be used: {}", misfit(&error)))
}

/// A pattern, with JavaScript's meaning. The schema library already holds an engine for that (`pattern` is defined by
/// JavaScript), so no other is needed: the linear one where the pattern allows it, else one that gives up.
fn compile_pattern(pattern: &str) -> Result<Validator, String> {
    let schema = serde_json::json!({"pattern": forgiven(pattern)});
    let linear = jsonschema::PatternOptions::regex();
    let bounded = jsonschema::PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS);
    let build = |options: jsonschema::ValidationOptions<'_>| options.build(&schema);
    build(jsonschema::options().with_pattern_options(linear))
        .or_else(|_| build(jsonschema::options().with_pattern_options(bounded)))
        .map_err(|_| "the pattern is no regular expression".to_owned())
}

/// What JavaScript takes as plain characters and the engines do not: a brace that begins no count, as in `{"ok"`, and
/// `\<` and `\>`, which are ends of words to them.
fn forgiven(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        let (taken, after) = rest.split_at(first.len_utf8());
        match first {
            '\\' => {
                let escaped = after.chars().next().map_or(0, char::len_utf8);
                let (escaped, after) = after.split_at(escaped);
                if !matches!(escaped, "<" | ">") {
                    out.push('\\');
                }
                out.push_str(escaped);
                rest = after;
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '{' if !in_class && !is_count(after) => out.push('\\'),
            _ => {}
        }
        out.push_str(taken);
        rest = after;
    }
    out
}

/// Whether what follows a brace makes it a count: `3}`, `3,}` or `3,5}`.
fn is_count(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    !least.is_empty() && digits(least) && digits(most)
}

/// Whether a value is a template of promptfoo's.
fn wants_filling_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text
            .split_once("{{")
            .is_some_and(|(_, rest)| rest.contains("}}")),
        Value::Array(list) => list.iter().any(wants_filling_in),
        Value::Object(map) => map.values().any(wants_filling_in),
        _ => false,
    }
}

/// A number as JavaScript writes it: `1`, also for 1.0.
fn plain(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e21 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

/// Whether two values are one to JavaScript: the order of names means nothing, and 1 is 1.0.
fn equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => one == two || one.as_f64() == two.as_f64(),
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| equal(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one
                    .iter()
                    .all(|(name, one)| two.get(name).is_some_and(|two| equal(one, two)))
        }
        _ => one == two,
    }
}

/// The beginning of a text on one line, control characters aside: some of it is a model's.
fn shortened(text: &str, most: usize) -> String {
    let mut kept: String = text
        .chars()
        .take(most + 1)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if kept.chars().count() > most {
        kept = kept.chars().take(most.saturating_sub(1)).collect();
        kept.push('\u{2026}');
    }
    kept
}

#[cfg(test)]
mod tests;
