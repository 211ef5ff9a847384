//! From a set to its files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::layout::{Place, is_file_id};
use super::super::{FilesError, Problem, Tree, config, dotprompt, json};
use super::LONGEST_INLINE_SCHEMA;
use crate::prompt::{Config, Content, ModelName, PromptName};
use crate::set::{Prompt, PromptSet};

/// The contents that count now, by model.
pub(super) type Heads<'c> = BTreeMap<&'c ModelName, &'c Content>;

/// Writes a set as files.
///
/// # Errors
/// All that no directory can hold, each with the file it would have gone to: contents that [`dotprompt::check`]
/// refuses, a prompt or model that the configuration does not name, ids that are no file names.
pub fn write_set(set: &PromptSet) -> Result<Tree, FilesError> {
    let mut writer = Writer::default();
    match config::parse(&set.config_text) {
        Ok(config) if config == set.config => {}
        Ok(_) => writer.refuse(&Place::Config, "the configuration and its text differ"),
        Err(error) => writer.refuse(&Place::Config, error.to_string()),
    }
    writer.put(&Place::Config, set.config_text.clone());
    for (name, prompt) in &set.prompts {
        if !set.config.prompts.contains_key(name) || prompt.name != *name {
            writer.refuse(&Place::Config, format!("there is no [prompts.{name}]"));
            continue;
        }
        let mut heads = Heads::new();
        for variant in &prompt.variants {
            let place = place_of(&set.config, name, &variant.model);
            if !set.config.models.contains_key(&variant.model) {
                writer.refuse(&place, format!("there is no [models.{}]", variant.model));
            }
            match variant.head() {
                Some(head) => {
                    heads.insert(&variant.model, &head.content);
                }
                None => writer.refuse(&place, "the variant has no head"),
            }
        }
        writer.prompt(&set.config, prompt, &heads);
    }
    writer.finish()
}

/// The tree of a set whose `.prompt` files are given apart: as it would be if they were already saved.
pub(super) fn write_with(
    set: &PromptSet,
    heads: &BTreeMap<PromptName, BTreeMap<ModelName, Content>>,
) -> Result<Tree, FilesError> {
    let mut writer = Writer::default();
    writer.put(&Place::Config, set.config_text.clone());
    for (name, prompt) in &set.prompts {
        let heads = heads.get(name).into_iter().flatten().collect();
        writer.prompt(&set.config, prompt, &heads);
    }
    writer.finish()
}

/// Where a variant's head is written.
pub(super) fn place_of(config: &Config, prompt: &PromptName, model: &ModelName) -> Place {
    if config.chain_of(prompt).first() == Some(model) {
        Place::Primary(prompt.clone())
    } else {
        Place::Fallback(prompt.clone(), model.clone())
    }
}

#[derive(Default)]
struct Writer {
    tree: Tree,
    problems: Vec<Problem>,
}

impl Writer {
    fn refuse(&mut self, place: &Place, reason: impl Into<String>) {
        self.problems.push(Problem {
            file: place.path(),
            line: None,
            reason: reason.into(),
        });
    }

    fn put(&mut self, place: &Place, text: String) {
        if self.tree.insert(place.path(), text.into_bytes()).is_some() {
            self.refuse(place, "this would be written twice");
        }
    }

    fn put_json<T: serde::Serialize>(&mut self, place: &Place, id: &str, value: &T) {
        if !is_file_id(id) {
            return self.refuse(place, format!("the id `{id}` is no file name"));
        }
        match json::pretty(value) {
            Ok(text) => self.put(place, text),
            Err(reason) => self.refuse(place, reason),
        }
    }

    fn prompt(&mut self, config: &Config, prompt: &Prompt, heads: &Heads<'_>) {
        let name = &prompt.name;
        self.heads(config, name, heads);
        for variant in &prompt.variants {
            for version in &variant.versions {
                let place = Place::Version(name.clone(), variant.model.clone(), version.id.clone());
                self.put_json(&place, &version.id, version);
            }
        }
        for decision in &prompt.ledger {
            let place = Place::Decision(name.clone(), decision.id.clone());
            self.put_json(&place, &decision.id, decision);
        }
        let place = Place::Cases(name.clone());
        let mut lines = String::new();
        let mut seen = BTreeSet::new();
        for case in &prompt.cases {
            if !seen.insert(&case.id) {
                self.refuse(&place, format!("the case `{}` is there twice", case.id));
            }
            match serde_json::to_string(case) {
                Ok(line) => lines.extend([line.as_str(), "\n"]),
                Err(error) => self.refuse(&place, error.to_string()),
            }
        }
        if !lines.is_empty() {
            self.put(&place, lines);
        }
    }

    /// The `.prompt` files, and the schema file when the primary's schema is long. Only variants with exactly the
    /// primary's schema, order included, refer to it.
    fn heads(&mut self, config: &Config, name: &PromptName, heads: &Heads<'_>) {
        let place = Place::Schema(name.clone());
        let primary = config.chain_of(name).first();
        let schema = primary
            .and_then(|primary| heads.get(primary)?.output_schema.as_ref())
            .filter(|schema| schema.to_string().len() > LONGEST_INLINE_SCHEMA);
        if let Some(schema) = schema {
            match json::pretty(schema) {
                Ok(text) => self.put(&place, text),
                Err(reason) => self.refuse(&place, reason),
            }
        }
        let shared = schema.map(Value::to_string);
        for (model, content) in heads {
            let own = content.output_schema.as_ref().map(Value::to_string);
            let reference = (own.is_some() && own == shared).then(|| place.path());
            let file = place_of(config, name, model);
            match dotprompt::write(model, content, reference.as_deref()) {
                Ok(text) => self.put(&file, text),
                Err(error) => self.refuse(&file, error.reason),
            }
        }
    }

    fn finish(mut self) -> Result<Tree, FilesError> {
        if self.problems.is_empty() {
            return Ok(self.tree);
        }
        self.problems.sort();
        Err(FilesError {
            problems: self.problems,
        })
    }
}
