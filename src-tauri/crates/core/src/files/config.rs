//! `understudy.toml`: models, chains and prompts. Holds no secret.
//!
//! ```toml
//! [models.gpt-4o]
//! wire = "openai-chat"          # openai-responses | anthropic | gemini | cohere | mistral
//! id = "gpt-4o-2024-11-20"      # the provider's
//! key_env = "OPENAI_API_KEY"    # the variable that holds the key
//! base_url = "https://…"        # where it is not the provider's own
//! headers = { x-title = "us" }  # no secrets
//! auth = "bearer"               # api-key | x-api-key | x-goog-api-key | x-portkey-api-key; else by wire and host
//! stream = true                 # false asks for the whole reply at once
//! concurrency = 8               # calls under way at once, at most; else the run's
//! price = { input = "2.5", output = "10", cached_input = "1.25", cache_write = "2.5" }
//! ```
//!
//! Prices are US dollars a million tokens, decimals in quotes; the last two may be left out. They go before every table
//! of prices, and a server of one's own has no other.
//!
//! The text itself is what a workspace keeps, comments and order included; this module reads it, and moves its dates.

mod dates;
mod edit;

pub use dates::shift_dates;
pub use edit::with_model;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::Range;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};

use super::ReadError;
use crate::host::parse_time;
use crate::prompt::{
    Auth, Chain, Config, LEVEL_CODES, Level, LevelSetting, Margins, Model, ModelName, Policy,
    PolicyKind, Price, PromptConfig, PromptName, Wire,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    models: BTreeMap<ModelName, ModelTable>,
    #[serde(default)]
    chains: BTreeMap<String, ChainTable>,
    #[serde(default)]
    prompts: BTreeMap<PromptName, PromptTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    wire: Wire,
    id: String,
    key_env: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    auth: Option<Auth>,
    #[serde(default = "yes")]
    stream: bool,
    concurrency: Option<NonZeroU32>,
    price: Option<Price>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainTable {
    models: Vec<ModelName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptTable {
    chain: String,
    owner: String,
    policy: Brief<String, FullPolicy>,
    #[serde(default)]
    margins: MarginsTable,
    #[serde(default)]
    levels: BTreeMap<String, Brief<Level, FullLevel>>,
}

/// A word, or a table that says more. By hand, because an untagged enum would hide what is wrong inside the table.
enum Brief<W, T> {
    Word(W),
    Full(T),
}

impl<'de, W, T> Deserialize<'de> for Brief<W, T>
where
    W: Deserialize<'de>,
    T: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BriefVisitor(PhantomData))
    }
}

struct BriefVisitor<W, T>(PhantomData<(W, T)>);

impl<'de, W, T> Visitor<'de> for BriefVisitor<W, T>
where
    W: Deserialize<'de>,
    T: Deserialize<'de>,
{
    type Value = Brief<W, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a table")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        W::deserialize(word.into_deserializer()).map(Brief::Word)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Brief::Full)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullPolicy {
    kind: PolicyKind,
    reason: Option<String>,
    until: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct MarginsTable {
    share: Option<f64>,
    length: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullLevel {
    level: Level,
    reason: Option<String>,
}

/// Reads `understudy.toml`.
///
/// # Errors
/// The line and the reason: TOML that is none, unknown keys, a chain or model that is not there, a policy without what
/// it needs, a header that looks like a secret.
pub fn parse(text: &str) -> Result<Config, ReadError> {
    let document: Document = toml_edit::de::from_str(text).map_err(|error| ReadError {
        line: line_of(text, error.span()),
        reason: error.message().trim_end().to_owned(),
    })?;
    let places = Places { text };
    let mut config = Config::default();
    for (name, table) in document.models {
        check_model(&name, &table)
            .map_err(|reason| places.error("models", name.as_str(), reason))?;
        let ModelTable {
            wire,
            id,
            key_env,
            base_url,
            headers,
            auth,
            stream,
            concurrency,
            price,
        } = table;
        config.models.insert(
            name,
            Model {
                wire,
                id,
                key_env,
                base_url,
                headers,
                auth,
                stream,
                concurrency: concurrency.map(NonZeroU32::get),
                price,
            },
        );
    }
    for (name, table) in document.chains {
        check_chain(&config, &table).map_err(|reason| places.error("chains", &name, reason))?;
        config.chains.insert(
            name,
            Chain {
                models: table.models,
            },
        );
    }
    for (name, table) in document.prompts {
        let prompt = prompt(&config, table)
            .map_err(|reason| places.error("prompts", name.as_str(), reason))?;
        config.prompts.insert(name, prompt);
    }
    Ok(config)
}

/// Finds the line of a table for messages that no parser span belongs to.
struct Places<'a> {
    text: &'a str,
}

impl Places<'_> {
    fn error(&self, group: &str, name: &str, reason: String) -> ReadError {
        let headers = [format!("[{group}.{name}]"), format!("[{group}.\"{name}\"]")];
        let line = self.text.lines().position(|line| {
            headers
                .iter()
                .any(|header| line.trim_start().starts_with(header.as_str()))
        });
        ReadError {
            line: line.map_or(1, |line| line + 1),
            reason: format!("{group}.{name}: {reason}"),
        }
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    1 + text
        .get(..start)
        .map_or(0, |before| before.matches('\n').count())
}

fn check_model(name: &ModelName, table: &ModelTable) -> Result<(), String> {
    if table.id.trim().is_empty() {
        return Err("id is empty".to_owned());
    }
    // The value itself is never part of a message: messages end up in logs.
    let secret = table
        .headers
        .iter()
        .find(|(name, value)| holds_secret(name, value));
    if let Some((header, _)) = secret {
        return Err(format!(
            "the header `{header}` holds a secret; name its environment variable in key_env instead"
        ));
    }
    let is_variable = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(plain)
    };
    if table
        .key_env
        .as_deref()
        .is_some_and(|name| !is_variable(name))
    {
        return Err(format!(
            "key_env of {name} is no name of an environment variable; the key itself does not belong here"
        ));
    }
    if let Some(url) = &table.base_url {
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        if host.is_none_or(|host| host.is_empty() || host.contains('@')) {
            return Err(
                "base_url must begin with http:// or https://, and hold no password".to_owned(),
            );
        }
    }
    Ok(())
}

fn holds_secret(name: &str, value: &str) -> bool {
    const NAMES: [&str; 5] = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
    ];
    const STARTS: [&str; 3] = ["sk-", "bearer ", "basic "];
    let (name, value) = (name.to_ascii_lowercase(), value.trim().to_ascii_lowercase());
    NAMES.contains(&name.as_str()) || STARTS.iter().any(|start| value.starts_with(start))
}

fn check_chain(config: &Config, table: &ChainTable) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    if table.models.is_empty() {
        return Err("models is empty; name the primary's model first".to_owned());
    }
    for model in &table.models {
        if !config.models.contains_key(model) {
            return Err(format!("there is no [models.{model}]"));
        }
        if !seen.insert(model) {
            return Err(format!("{model} appears twice"));
        }
    }
    Ok(())
}

fn prompt(config: &Config, table: PromptTable) -> Result<PromptConfig, String> {
    if !config.chains.contains_key(&table.chain) {
        return Err(format!("there is no [chains.{}]", table.chain));
    }
    let policy = policy(table.policy)?;
    let usual = Margins::of(policy.kind);
    let margins = Margins {
        share: table.margins.share.unwrap_or(usual.share),
        length: table.margins.length.unwrap_or(usual.length),
    };
    if !(0.0..=1.0).contains(&margins.share) || !(1.0..=100.0).contains(&margins.length) {
        return Err(
            "margins: share lies between 0 and 1, length is a ratio of at least 1".to_owned(),
        );
    }
    if let Some(code) = table
        .levels
        .keys()
        .find(|code| !LEVEL_CODES.contains(&code.as_str()))
    {
        return Err(format!(
            "levels: there is no finding `{code}`; there are {}",
            LEVEL_CODES.join(", ")
        ));
    }
    let levels = table.levels.into_iter().map(|(code, level)| {
        let setting = match level {
            Brief::Word(level) => LevelSetting {
                level,
                reason: None,
            },
            Brief::Full(full) => LevelSetting {
                level: full.level,
                reason: full.reason,
            },
        };
        (code, setting)
    });
    Ok(PromptConfig {
        chain: table.chain,
        owner: table.owner,
        policy,
        margins,
        levels: levels.collect(),
    })
}

fn policy(table: Brief<String, FullPolicy>) -> Result<Policy, String> {
    let full = match table {
        Brief::Word(word) => FullPolicy {
            kind: match word.as_str() {
                "strict" => PolicyKind::Strict,
                "relaxed" => PolicyKind::Relaxed,
                "primary-only" => PolicyKind::PrimaryOnly,
                other => {
                    return Err(format!(
                        "`{other}` is no policy; there are strict, relaxed and primary-only"
                    ));
                }
            },
            reason: None,
            until: None,
            message: None,
        },
        Brief::Full(full) => full,
    };
    let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    if full.kind == PolicyKind::PrimaryOnly
        && !(said(&full.reason) && said(&full.until) && said(&full.message))
    {
        return Err("a primary-only policy needs a reason, an end and the message callers get: policy = { kind = \"primary-only\", reason = \"…\", until = \"2027-01-31\", message = \"…\" }".to_owned());
    }
    if let Some(until) = &full.until
        && parse_time(until).is_none()
    {
        return Err(format!("`{until}` is no date; write 2027-01-31"));
    }
    Ok(Policy {
        kind: full.kind,
        reason: full.reason,
        until: full.until,
        message: full.message,
    })
}

#[cfg(test)]
mod tests;
