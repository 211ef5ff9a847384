//! Which files a set has, by name alone.
//!
//! Owns the paths of the directory form, both ways. Knows nothing of what is inside a file.

use crate::prompt::{ModelName, PromptName};

/// The file of models, chains and prompts.
pub const CONFIG: &str = "understudy.toml";
/// Folder of recorded outputs. They belong to the sample set and take no part in a sync.
pub const OUTPUTS: &str = "_outputs/";
const HISTORY: &str = "_history/";
const LEDGER: &str = "_ledger/";
/// Ids longer than this make no file name.
const LONGEST_ID: usize = 120;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// `understudy.toml`.
    Config,
    /// `<prompt>.prompt`: the head of the primary, whichever model that is.
    Primary(PromptName),
    /// `<prompt>.<model>.prompt`: the head of any other variant.
    Fallback(PromptName, ModelName),
    /// `<prompt>.cases.jsonl`.
    Cases(PromptName),
    /// `<prompt>.schema.json`.
    Schema(PromptName),
    /// `_history/<prompt>.<model>/<id>.json`: a version.
    Version(PromptName, ModelName, String),
    /// `_ledger/<prompt>/<id>.json`: a decision.
    Decision(PromptName, String),
    /// `_outputs/<prompt>.jsonl`: recorded outputs.
    Outputs(PromptName),
}

impl Place {
    /// What the file at `path` holds. `None` for files that are none of ours, such as `README.md`.
    ///
    /// # Errors
    /// Why a name that looks like one of ours is not: passing it over would lose it in silence.
    pub fn of(path: &str) -> Option<Result<Self, String>> {
        let file = path.rsplit('/').next().unwrap_or(path);
        if file.starts_with('.') {
            return None;
        }
        if path == CONFIG {
            return Some(Ok(Self::Config));
        }
        if let Some(rest) = path.strip_prefix(HISTORY) {
            return Some(version(rest.strip_suffix(".json")?));
        }
        if let Some(rest) = path.strip_prefix(LEDGER) {
            return Some(decision(rest.strip_suffix(".json")?));
        }
        if let Some(rest) = path.strip_prefix(OUTPUTS) {
            return Some(prompt(rest.strip_suffix(".jsonl")?).map(Self::Outputs));
        }
        if path.contains('/') {
            return None;
        }
        if let Some(name) = path.strip_suffix(".cases.jsonl") {
            return Some(prompt(name).map(Self::Cases));
        }
        if let Some(name) = path.strip_suffix(".schema.json") {
            return Some(prompt(name).map(Self::Schema));
        }
        let stem = path.strip_suffix(".prompt")?;
        Some(match stem.split_once('.') {
            None => prompt(stem).map(Self::Primary),
            Some(_) => variant(stem).map(|(prompt, model)| Self::Fallback(prompt, model)),
        })
    }

    /// The path of a file with this.
    pub fn path(&self) -> String {
        match self {
            Self::Config => CONFIG.to_owned(),
            Self::Primary(prompt) => format!("{prompt}.prompt"),
            Self::Fallback(prompt, model) => format!("{prompt}.{model}.prompt"),
            Self::Cases(prompt) => format!("{prompt}.cases.jsonl"),
            Self::Schema(prompt) => format!("{prompt}.schema.json"),
            Self::Version(prompt, model, id) => format!("{HISTORY}{prompt}.{model}/{id}.json"),
            Self::Decision(prompt, id) => format!("{LEDGER}{prompt}/{id}.json"),
            Self::Outputs(prompt) => format!("{OUTPUTS}{prompt}.jsonl"),
        }
    }

    /// The prompt it belongs to; `None` for the configuration.
    pub fn prompt(&self) -> Option<&PromptName> {
        match self {
            Self::Config => None,
            Self::Primary(prompt)
            | Self::Fallback(prompt, _)
            | Self::Cases(prompt)
            | Self::Schema(prompt)
            | Self::Version(prompt, ..)
            | Self::Decision(prompt, _)
            | Self::Outputs(prompt) => Some(prompt),
        }
    }
}

/// Whether an id can be a file name on every system: no case, no path, no hidden file.
pub fn is_file_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    id.len() <= LONGEST_ID
        && id.starts_with(plain)
        && id.chars().all(|c| plain(c) || matches!(c, '-' | '_' | '.'))
}

fn version(rest: &str) -> Result<Place, String> {
    let (folder, id) = rest
        .split_once('/')
        .ok_or("a version lies in the folder of its prompt and model")?;
    let (prompt, model) = variant(folder)?;
    Ok(Place::Version(prompt, model, file_id(id)?))
}

fn decision(rest: &str) -> Result<Place, String> {
    let (folder, id) = rest
        .split_once('/')
        .ok_or("a decision lies in the folder of its prompt")?;
    Ok(Place::Decision(prompt(folder)?, file_id(id)?))
}

fn prompt(name: &str) -> Result<PromptName, String> {
    PromptName::parse(name).map_err(|error| error.to_string())
}

fn variant(name: &str) -> Result<(PromptName, ModelName), String> {
    let (first, model) = name
        .split_once('.')
        .ok_or_else(|| format!("`{name}` is not a prompt and a model with a dot between them"))?;
    let model = ModelName::parse(model).map_err(|error| error.to_string())?;
    Ok((prompt(first)?, model))
}

fn file_id(id: &str) -> Result<String, String> {
    if is_file_id(id) {
        Ok(id.to_owned())
    } else {
        Err(
            "its name is not an id: lower-case letters, digits, dashes, dots and underscores"
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_place_and_back() {
        for path in [
            "understudy.toml",
            "triage.prompt",
            "triage.gpt-4.1.prompt",
            "triage.prompt.prompt",
            "triage.cases.jsonl",
            "triage.schema.json",
            "_history/triage.gpt-4.1/0a.json",
            "_ledger/triage/0a.json",
            "_outputs/triage.jsonl",
        ] {
            assert_eq!(Place::of(path).unwrap().unwrap().path(), path);
        }
        for path in [
            "README.md",
            ".hidden.prompt",
            "sub/triage.prompt",
            "_history/README.md",
            "_ledger/triage/.0a.json",
            "prompts.toml",
        ] {
            assert_eq!(Place::of(path), None, "{path}");
        }
        for path in [
            "Triage.prompt",
            "triage.GPT.prompt",
            "tri age.cases.jsonl",
            "_history/triage/0a.json",
            "_history/0a.json",
            "_history/triage.m/a/b.json",
            "_ledger/triage/A.json",
            "_ledger/0a.json",
        ] {
            assert!(Place::of(path).unwrap().is_err(), "{path}");
        }
    }
}
