//! The machine form of a variant: what a gateway applies without knowing Dotprompt.
//!
//! One file per variant, whose path says whose it is: `variants/<prompt>.json` for the primary and
//! `variants/<prompt>.<variant>.json` for a fallback. Numbers are integers only, fractions are
//! thousandths in fields that end in `_milli`; so every language reads and writes the same file.
//! JSON schemas keep the order of their properties, because it steers models.
//!
//! This module knows the shape and its inner rules. Whether a machine form fits the statement is
//! judged in [`crate::verify`]; how a template becomes segments is the exporter's business.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::canonical;
use crate::digest::Sha256;
use crate::error::Error;
use crate::manifest::{SCHEMA_VERSION, is_prompt_name, is_variant_name};

/// Everything a gateway needs to speak to one model in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MachineForm {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// The prompt's name.
    pub prompt: String,
    /// The variant's name; the primary has one too.
    pub variant: String,
    /// Primary or fallback.
    pub role: Role,
    /// 0 for the primary, then the place in the chain.
    pub order: u64,
    /// The content id of the version.
    pub content_id: Sha256,
    /// The model.
    pub model: Model,
    /// The system text, to be joined; none when a `template` is needed.
    pub system: Option<Vec<Segment>>,
    /// The template where plain variables do not suffice. The gateway needs a renderer then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Digest of the system text with `{{name}}` for variables, or of the template. See
    /// [`MachineForm::system_text`].
    pub system_sha256: Sha256,
    /// What happens to the caller's own system text.
    pub caller_system: CallerSystem,
    /// Example turns, before the caller's.
    pub turns: Vec<Turn>,
    /// Sampling parameters.
    pub params: Params,
    /// The limit of the answer; none leaves it to the caller.
    pub max_output_tokens: Option<MaxOutputTokens>,
    /// Tools.
    pub tools: Tools,
    /// JSON Schema of the answer.
    pub output_schema: Option<Value>,
    /// When to leave this model for the next.
    pub failover: Failover,
}

/// The part a variant plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The model that answers while all is well.
    Primary,
    /// A model that stands in.
    Fallback,
}

/// The model of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The team's name for it.
    pub name: String,
    /// The wire format, such as `openai-chat` or `anthropic`.
    pub wire: String,
    /// The provider's id for it.
    pub id: String,
}

/// A piece of the system text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Segment {
    /// Literal text.
    Text(String),
    /// The value of the variable of that name. A missing one is an error, never an empty text.
    Var(String),
}

/// What happens to the caller's own system text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallerSystem {
    /// It is left out.
    Drop,
    /// It comes after ours (retrieved context).
    Append,
}

/// An example turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Who speaks.
    pub role: Speaker,
    /// What is said.
    pub text: String,
}

/// Who speaks in an example turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// Sampling parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Parameters to send, fractions as thousandths in `…_milli`.
    pub set: Map<String, Value>,
    /// Parameters of the caller that must not reach this model.
    pub remove: Vec<String>,
}

/// The limit of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxOutputTokens {
    /// Tokens.
    pub value: u64,
    /// How it meets the caller's own limit.
    pub mode: LimitMode,
}

/// How our limit meets the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitMode {
    /// Ours replaces it.
    Set,
    /// The smaller of both.
    Cap,
}

/// Tools of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// How they meet the caller's list.
    pub mode: ToolMode,
    /// The tools.
    pub items: Vec<Tool>,
}

/// How our tools meet the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolMode {
    /// Ours replace them.
    Replace,
    /// Descriptions are rewritten by name; the caller's list stays.
    Describe,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its description in this model's idiom.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// When to leave a model for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failover {
    /// Milliseconds to wait for an answer.
    pub timeout_ms: u64,
    /// Further attempts on the same model.
    pub retries: u64,
    /// When to stop asking for a while.
    pub breaker: Breaker,
    /// What callers get when the prompt is primary-only and the primary is down.
    pub message: Option<String>,
}

/// A circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Breaker {
    /// So many failures …
    pub failures: u64,
    /// … within so many seconds open it.
    pub window_seconds: u64,
    /// After so many seconds one request probes the model.
    pub probe_seconds: u64,
}

impl MachineForm {
    /// Where this machine form lies in the bundle. The path is the link between the statement and
    /// this file.
    #[must_use]
    pub fn path(&self) -> String {
        let fallback = (self.role == Role::Fallback).then_some(self.variant.as_str());
        path_of(&self.prompt, fallback)
    }

    /// The text that `systemSha256` is the digest of: the segments joined, variables as `{{name}}`;
    /// or the template.
    #[must_use]
    pub fn system_text(&self) -> String {
        match &self.system {
            Some(segments) => join(segments),
            None => self.template.clone().unwrap_or_default(),
        }
    }

    /// The bytes of the file: compact JSON, properties of schemas in their order, a line feed at
    /// the end.
    ///
    /// # Errors
    /// When a number is no integer of the format, or an inner rule is broken.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let problem = |problem: String| Error::MachineForm {
            path: self.path(),
            problem,
        };
        canonical::to_value(self).map_err(|fault| problem(fault.to_string()))?;
        self.broken_rule()
            .map_or(Ok(()), |rule| Err(problem(rule)))?;
        let mut json = serde_json::to_vec(self).map_err(|error| problem(error.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads a file of `variants/`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub(crate) fn parse(content: &str) -> Result<Self, String> {
        let value = canonical::parse(content.as_bytes()).map_err(|fault| fault.to_string())?;
        let form: MachineForm = serde_json::from_str(content).map_err(|error| error.to_string())?;
        // A nullable field that is left out reads as null. Writing the form again shows it.
        if canonical::to_value(&form).ok() != Some(value) {
            return Err("a field is missing that must be written even when it is null".to_owned());
        }
        form.broken_rule().map_or(Ok(form), Err)
    }

    fn broken_rule(&self) -> Option<String> {
        let plain = |name: &str| {
            !name.is_empty()
                && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "{}".contains(c))
        };
        let variables = self
            .system
            .iter()
            .flatten()
            .filter_map(|segment| match segment {
                Segment::Var(name) => Some(name),
                Segment::Text(_) => None,
            });
        if self.schema_version != SCHEMA_VERSION {
            Some(format!(
                "schemaVersion is {}, not {SCHEMA_VERSION}",
                self.schema_version
            ))
        } else if !is_prompt_name(&self.prompt) || !is_variant_name(&self.variant) {
            Some("prompt and variant must be names".to_owned())
        } else if (self.role == Role::Primary) != (self.order == 0) {
            Some("the primary has order 0 and only the primary".to_owned())
        } else if self.system.is_some() == self.template.is_some() {
            Some("exactly one of system and template is needed".to_owned())
        } else if let Some(name) = variables.into_iter().find(|name| !plain(name)) {
            Some(format!("{} is no plain variable", crate::code::quote(name)))
        } else if Sha256::of(self.system_text().as_bytes()) != self.system_sha256 {
            Some("systemSha256 is not the digest of the system text".to_owned())
        } else {
            None
        }
    }
}

/// The segments joined, variables as `{{name}}`.
#[must_use]
pub fn join(segments: &[Segment]) -> String {
    let mut text = String::new();
    for segment in segments {
        match segment {
            Segment::Text(literal) => text.push_str(literal),
            Segment::Var(name) => text.extend(["{{", name, "}}"]),
        }
    }
    text
}

/// Where the machine form of a prompt's primary (`None`) or fallback lies.
#[must_use]
pub fn path_of(prompt: &str, fallback: Option<&str>) -> String {
    match fallback {
        None => format!("variants/{prompt}.json"),
        Some(variant) => format!("variants/{prompt}.{variant}.json"),
    }
}

#[cfg(test)]
mod tests;
