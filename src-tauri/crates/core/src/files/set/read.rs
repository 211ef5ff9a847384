//! From files to a set.

mod records;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::layout::Place;
use super::super::{FilesError, Note, Problem, ReadError, Tree, config, dotprompt, json, text};
use super::history::{self, Broken};
use super::write::{place_of, write_with};
use super::{FileNote, Fork, LooseHead, ReadSet};
use crate::case::Case;
use crate::host::parse_time;
use crate::ledger::Decision;
use crate::prompt::{Config, Content, ModelName, PromptName, Variant, Version};
use crate::set::{Prompt, PromptSet};
use records::note;

/// Reads a set from its files. Files that are none of ours are passed over, recorded outputs as well.
///
/// # Errors
/// Every file that is outside the profile, with line and reason. Nothing is half read.
pub fn read_set(tree: &Tree) -> Result<ReadSet, FilesError> {
    let mut reader = Reader::default();
    let (config_text, config) = reader.config(tree);
    let known = config.is_some();
    reader.config = config.unwrap_or_default();
    let places = reader.places(tree, known);
    reader.schemas(&places);
    for (path, place, bytes) in &places {
        reader.file(path, place, bytes);
    }
    let mut found = reader.assemble(known);
    found.set.config_text = config_text;
    let mut problems = reader.problems;
    if problems.is_empty() {
        match write_with(&found.set, &reader.heads) {
            Ok(written) => add_silent_changes(tree, &written, &mut found.notes),
            Err(error) => problems = error.problems,
        }
    }
    if problems.is_empty() {
        found.notes.sort();
        return Ok(found);
    }
    problems.sort();
    problems.dedup();
    Err(FilesError { problems })
}

/// A file that will be written differently must not be without a note.
fn add_silent_changes(tree: &Tree, written: &Tree, notes: &mut Vec<FileNote>) {
    let noted: BTreeSet<String> = notes.iter().map(|note| note.file.clone()).collect();
    for (path, bytes) in tree {
        let ours =
            matches!(Place::of(path), Some(Ok(place)) if !matches!(place, Place::Outputs(_)));
        if !ours || noted.contains(path) || written.get(path) == Some(bytes) {
            continue;
        }
        let (line, text) = match written.get(path) {
            None => (1, "nothing needs this file; it is not written again"),
            Some(other) => {
                let before = String::from_utf8_lossy(bytes);
                let after = String::from_utf8_lossy(other);
                let line = text::first_difference(&before, &after).unwrap_or(1);
                (line, "from here on the file is written in the fixed form")
            }
        };
        notes.push(FileNote {
            file: path.clone(),
            line,
            text: text.to_owned(),
        });
    }
}

type Files<'t> = Vec<(&'t str, Place, &'t [u8])>;

#[derive(Default)]
struct Reader {
    config: Config,
    problems: Vec<Problem>,
    notes: Vec<FileNote>,
    schemas: BTreeMap<PromptName, Value>,
    heads: BTreeMap<PromptName, BTreeMap<ModelName, Content>>,
    versions: BTreeMap<(PromptName, ModelName), Vec<Version>>,
    /// Variants of which a version was refused: what is missing in them needs no second reason.
    broken: BTreeSet<(PromptName, ModelName)>,
    decisions: BTreeMap<PromptName, Vec<Decision>>,
    cases: BTreeMap<PromptName, Vec<Case>>,
}

impl Reader {
    fn refuse(&mut self, file: &str, line: Option<usize>, reason: impl Into<String>) {
        self.problems.push(Problem {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        });
    }

    fn refuse_at(&mut self, file: &str, error: ReadError) {
        self.refuse(file, Some(error.line), error.reason);
    }

    fn note(&mut self, file: &str, note: Note) {
        self.notes.push(FileNote {
            file: file.to_owned(),
            line: note.line,
            text: note.text,
        });
    }

    fn config(&mut self, tree: &Tree) -> (String, Option<Config>) {
        let file = Place::Config.path();
        let Some(bytes) = tree.get(&file) else {
            self.refuse(&file, None, "the file is missing; this is no prompt set");
            return (String::new(), None);
        };
        let parsed =
            text::check(bytes).and_then(|text| Ok((text.to_owned(), config::parse(text)?)));
        match parsed {
            Ok((text, config)) => (text, Some(config)),
            Err(error) => {
                self.refuse_at(&file, error);
                (String::new(), None)
            }
        }
    }

    /// All files that are ours, apart from the configuration and the outputs. With a `known` configuration, those of
    /// prompts it does not name are refused, once a prompt.
    fn places<'t>(&mut self, tree: &'t Tree, known: bool) -> Files<'t> {
        let mut places = Vec::new();
        let mut strangers = BTreeSet::new();
        for (path, bytes) in tree {
            match Place::of(path) {
                None | Some(Ok(Place::Config | Place::Outputs(_))) => {}
                Some(Err(reason)) => self.refuse(path, None, reason),
                Some(Ok(place)) => {
                    let stranger = place
                        .prompt()
                        .filter(|prompt| known && !self.config.prompts.contains_key(*prompt));
                    match stranger.cloned() {
                        None => places.push((path.as_str(), place, bytes.as_slice())),
                        Some(prompt) => {
                            if strangers.insert(prompt.clone()) {
                                let reason =
                                    format!("there is no [prompts.{prompt}] in understudy.toml");
                                self.refuse(path, None, reason);
                            }
                        }
                    }
                }
            }
        }
        places
    }

    /// Schemas come first, because `.prompt` files refer to them.
    fn schemas(&mut self, places: &Files<'_>) {
        for (path, place, bytes) in places {
            let Place::Schema(prompt) = place else {
                continue;
            };
            match text::check(bytes).and_then(|text| json::read(text, 1)) {
                Ok(schema @ (Value::Object(_) | Value::Bool(_))) => {
                    self.schemas.insert(prompt.clone(), schema);
                }
                other => {
                    match other {
                        Ok(_) => self.refuse(path, Some(1), "a schema is an object, true or false"),
                        Err(error) => self.refuse_at(path, error),
                    }
                    // It is there, only broken: files that refer to it are not to blame.
                    self.schemas.insert(prompt.clone(), Value::Bool(true));
                }
            }
        }
    }

    fn file(&mut self, path: &str, place: &Place, bytes: &[u8]) {
        let result = match place {
            Place::Config | Place::Schema(_) | Place::Outputs(_) => Ok(()),
            Place::Primary(prompt) => {
                let model = self.config.chain_of(prompt).first().cloned();
                self.head(path, prompt, model.as_ref(), bytes)
            }
            Place::Fallback(prompt, model) => {
                if self.config.chain_of(prompt).first() == Some(model) {
                    let reason = format!("{model} is the primary; its file is {prompt}.prompt");
                    return self.refuse(path, None, reason);
                }
                self.head(path, prompt, Some(model), bytes)
            }
            Place::Cases(prompt) => self.case_lines(path, prompt, bytes),
            Place::Version(prompt, model, id) => self.version(path, (prompt, model), id, bytes),
            Place::Decision(prompt, id) => self.decision(path, prompt, id, bytes),
        };
        if let Err(error) = result {
            if let Place::Version(prompt, model, _) = place {
                self.broken.insert((prompt.clone(), model.clone()));
            }
            self.refuse_at(path, error);
        }
    }

    fn head(
        &mut self,
        path: &str,
        prompt: &PromptName,
        model: Option<&ModelName>,
        bytes: &[u8],
    ) -> Result<(), ReadError> {
        let own = Place::Schema(prompt.clone()).path();
        let schema = |name: &str| {
            let found = self.schemas.get(prompt).cloned();
            found.filter(|_| name == own)
        };
        let file = dotprompt::read(bytes, model, &schema)?;
        for note in file.notes.into_iter().chain(file.remarks) {
            self.note(path, note);
        }
        let heads = self.heads.entry(prompt.clone()).or_default();
        heads.insert(file.model, file.content);
        Ok(())
    }

    /// Puts the pieces together, prompt by prompt in the order of the configuration.
    fn assemble(&mut self, known: bool) -> ReadSet {
        let mut found = ReadSet {
            set: PromptSet::default(),
            notes: Vec::new(),
            loose: Vec::new(),
            forks: Vec::new(),
        };
        let names: Vec<_> = self.config.prompts.keys().cloned().collect();
        for name in names {
            let mut models: BTreeSet<ModelName> = self
                .versions
                .keys()
                .filter(|(prompt, _)| *prompt == name)
                .map(|(_, model)| model.clone())
                .collect();
            models.extend(
                self.heads
                    .get(&name)
                    .into_iter()
                    .flatten()
                    .map(|(model, _)| model.clone()),
            );
            let chain = self.config.chain_of(&name).to_vec();
            let mut models: Vec<_> = models.into_iter().collect();
            models.sort_by_key(|model| {
                chain
                    .iter()
                    .position(|linked| linked == model)
                    .unwrap_or(usize::MAX)
            });
            let mut variants = Vec::new();
            for model in models.into_iter().filter(|_| known) {
                variants.extend(self.variant(&name, model, &mut found));
            }
            let mut ledger = self.decisions.remove(&name).unwrap_or_default();
            ledger.sort_by_cached_key(|decision| {
                (
                    parse_time(&decision.at),
                    decision.at.clone(),
                    decision.id.clone(),
                )
            });
            let prompt = Prompt {
                name: name.clone(),
                variants,
                cases: self.cases.remove(&name).unwrap_or_default(),
                ledger,
            };
            found.set.prompts.insert(name, prompt);
        }
        found.notes = std::mem::take(&mut self.notes);
        found.set.config = self.config.clone();
        found
    }

    fn variant(
        &mut self,
        name: &PromptName,
        model: ModelName,
        found: &mut ReadSet,
    ) -> Option<Variant> {
        let file = place_of(&self.config, name, &model).path();
        if !self.config.models.contains_key(&model) {
            let reason = format!("there is no [models.{model}] in understudy.toml");
            self.refuse(&file, None, reason);
            return None;
        }
        let key = (name.clone(), model.clone());
        if self.broken.contains(&key) {
            return None;
        }
        let versions = self.versions.remove(&key).unwrap_or_default();
        let path_of = |id: &str| Place::Version(name.clone(), model.clone(), id.to_owned()).path();
        let (versions, renumbered) = match history::order(versions) {
            Ok(ordered) => ordered,
            Err(Broken { id, reason }) => {
                self.refuse(&path_of(&id), None, reason);
                return None;
            }
        };
        for change in &renumbered {
            let text = format!(
                "two branches gave the number {}; this version is now {}",
                change.from, change.to
            );
            self.note(&path_of(&change.id), note(3, &text));
        }
        let Some(content) = self.heads.get(name).and_then(|heads| heads.get(&model)) else {
            // A file that was refused is missing here too; one reason for it is enough.
            if self.problems.iter().all(|problem| problem.file != file) {
                let reason = "the file is missing, but _history has versions of it; restore it";
                self.refuse(&file, None, reason);
            }
            return None;
        };
        let saved = history::head_with(&versions, &content.id());
        if saved.is_none() {
            found.loose.push(LooseHead {
                prompt: name.clone(),
                model: model.clone(),
                content: content.clone(),
            });
        }
        let head = saved.or_else(|| history::newest(&versions))?;
        let (id, number) = (head.id.clone(), head.number);
        let variant = Variant {
            model,
            versions,
            head: id,
        };
        if let Some(ends) = history::fork(&variant, !renumbered.is_empty()) {
            found.forks.push(Fork {
                prompt: name.clone(),
                model: variant.model.clone(),
                ends: ends
                    .iter()
                    .map(|end| (end.number, end.message.clone(), end.author.clone()))
                    .collect(),
                head: number,
            });
        }
        Some(variant)
    }
}
