//! `understudy.toml`: models, chains and prompts. Holds no secret.
//!
//! The text itself is what a workspace keeps, comments and order included; this module reads it, and moves its dates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Value};

use super::ReadError;
use crate::host::{format_seconds, parse_time};
use crate::prompt::{
    Chain, Config, Level, LevelSetting, Margins, Model, ModelName, Policy, PolicyKind,
    PromptConfig, PromptName, Wire,
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
    policy: PolicyTable,
    #[serde(default)]
    margins: MarginsTable,
    #[serde(default)]
    levels: BTreeMap<String, LevelTable>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PolicyTable {
    Word(String),
    Full(FullPolicy),
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
#[serde(untagged)]
enum LevelTable {
    Word(Level),
    Full(FullLevel),
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
        } = table;
        config.models.insert(
            name,
            Model {
                wire,
                id,
                key_env,
                base_url,
                headers,
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
    let looks_secret = |value: &str| {
        let value = value.trim();
        value.starts_with("sk-") || value.to_ascii_lowercase().starts_with("bearer ")
    };
    if let Some((header, _)) = table.headers.iter().find(|(_, value)| looks_secret(value)) {
        return Err(format!(
            "the header `{header}` holds a secret; name its environment variable in key_env instead"
        ));
    }
    if table.key_env.as_deref().is_some_and(looks_secret) {
        return Err(format!(
            "key_env of {name} is a key; it names the environment variable that holds it"
        ));
    }
    Ok(())
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
    let levels = table.levels.into_iter().map(|(code, level)| {
        let setting = match level {
            LevelTable::Word(level) => LevelSetting {
                level,
                reason: None,
            },
            LevelTable::Full(full) => LevelSetting {
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

fn policy(table: PolicyTable) -> Result<Policy, String> {
    let full = match table {
        PolicyTable::Word(word) => FullPolicy {
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
        PolicyTable::Full(full) => full,
    };
    if full.kind == PolicyKind::PrimaryOnly
        && (full.reason.is_none() || full.until.is_none() || full.message.is_none())
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

/// Moves every date under a key `until` by whole days; comments and layout stay. A plain date stays a plain date.
///
/// # Errors
/// When the text is no TOML.
pub fn shift_dates(text: &str, days: i64) -> Result<String, ReadError> {
    let mut document: DocumentMut =
        text.parse()
            .map_err(|error: toml_edit::TomlError| ReadError {
                line: line_of(text, error.span()),
                reason: error.message().trim_end().to_owned(),
            })?;
    for (_, item) in document.iter_mut() {
        shift_item(item, days);
    }
    Ok(document.to_string())
}

fn shift_item(item: &mut Item, days: i64) {
    match item {
        Item::Table(table) => {
            for (key, inner) in table.iter_mut() {
                match inner {
                    Item::Value(value) => shift_value(key.get(), value, days),
                    other => shift_item(other, days),
                }
            }
        }
        Item::ArrayOfTables(tables) => {
            for (_, inner) in tables.iter_mut().flat_map(toml_edit::Table::iter_mut) {
                shift_item(inner, days);
            }
        }
        Item::None | Item::Value(_) => {}
    }
}

fn shift_value(key: &str, value: &mut Value, days: i64) {
    match value {
        Value::InlineTable(table) => {
            for (key, inner) in table.iter_mut() {
                shift_value(key.get(), inner, days);
            }
        }
        Value::String(text) if key == "until" => {
            let Some(time) = parse_time(text.value()) else {
                return;
            };
            let moved = format_seconds(time + days * 86_400);
            let moved = if text.value().contains('T') {
                moved
            } else {
                moved.chars().take(10).collect()
            };
            let decor = text.decor().clone();
            let mut formatted = toml_edit::Formatted::new(moved);
            *formatted.decor_mut() = decor;
            *text = formatted;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"# our models
[models.a]
wire = "anthropic"
id = "claude"
key_env = "ANTHROPIC_API_KEY"
[models."b.2"]
wire = "openai-chat"
id = "gpt"
base_url = "http://127.0.0.1:1/v1"
[chains.main]
models = ["a", "b.2"]
[prompts.one]
chain = "main"
owner = "support"
policy = "strict"
margins = { share = 0.05 }
levels = { never-run = "off", schema-broken = { level = "warning", reason = "soon" } }
[prompts.two]
chain = "main"
owner = "docs"
policy = { kind = "primary-only", reason = "r", until = "2026-12-01", message = "Back soon." } # why
"#;

    #[test]
    fn a_good_file_is_read() {
        let config = parse(GOOD).unwrap();
        let one = &config.prompts[&PromptName::parse("one").unwrap()];
        assert_eq!(
            one.margins,
            Margins {
                share: 0.05,
                length: 1.15
            }
        );
        assert_eq!(one.levels["never-run"].level, Level::Off);
        assert_eq!(one.levels["schema-broken"].reason.as_deref(), Some("soon"));
        let chain: Vec<_> = config
            .chain_of(&PromptName::parse("two").unwrap())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(chain, ["a", "b.2"]);
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("models = [\n", 1, ""),
            ("[models.a]\nwire = \"morse\"\nid = \"x\"\n", 2, "morse"),
            (
                "[models.a]\nwire = \"anthropic\"\nid = \"x\"\nkey = \"y\"\n",
                4,
                "key",
            ),
            (
                "[models.A]\nwire = \"anthropic\"\nid = \"x\"\n",
                1,
                "model name",
            ),
            ("[chains.c]\nmodels = [\"a\"]\n", 1, "no [models.a]"),
            ("[chains.c]\nmodels = []\n", 1, "empty"),
            (
                "\n[prompts.p]\nchain = \"c\"\nowner = \"o\"\npolicy = \"strict\"\n",
                2,
                "no [chains.c]",
            ),
        ];
        for (text, line, part) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.reason.contains(part), "{text}: {error}");
            assert_eq!(error.line, line, "{text}: {error}");
        }
        for (from, to, part) in [
            (
                "policy = \"strict\"",
                "policy = \"lax\"",
                "`lax` is no policy",
            ),
            (
                "policy = \"strict\"",
                "policy = \"primary-only\"",
                "needs a reason",
            ),
            ("2026-12-01", "soon", "`soon` is no date"),
            ("share = 0.05", "share = 5", "margins"),
            ("\"b.2\"]\n[prompts", "\"a\"]\n[prompts", "appears twice"),
            (
                "key_env = \"ANTHROPIC_API_KEY\"",
                "headers = { x = \"Bearer abc\" }",
                "holds a secret",
            ),
            (
                "key_env = \"ANTHROPIC_API_KEY\"",
                "key_env = \"sk-abc\"",
                "is a key",
            ),
        ] {
            let error = parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.reason.contains(part), "{to}: {error}");
        }
    }

    #[test]
    fn dates_move_and_everything_else_stays() {
        let moved = shift_dates(GOOD, 31).unwrap();
        assert_eq!(moved, GOOD.replace("2026-12-01", "2027-01-01"));
    }
}
