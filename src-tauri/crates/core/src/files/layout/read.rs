//! From files to a set: every problem is collected, and nothing is half done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::write::pretty;
use super::{ReadSet, history};
use crate::case::Case;
use crate::files::{FilesError, Problem, Tree, config, dotprompt, text};
use crate::ledger::Decision;
use crate::prompt::{Config, Content, ModelName, PromptName, Version};
use crate::set::{Prompt, PromptSet};

/// Reads a tree.
///
/// # Errors
/// Every file that is outside the profile or does not fit the others, with line and reason.
pub fn read_set(tree: &Tree) -> Result<ReadSet, FilesError> {
    let mut reader = Reader {
        tree,
        problems: Vec::new(),
        notes: Vec::new(),
    };
    let (config, config_text) = reader.config();
    let mut parts = Parts::default();
    // Schemas first: prompt files refer to them.
    let schemas = reader.schemas(&config);
    for path in tree.keys() {
        reader.file(path, &config, &schemas, &mut parts);
    }
    let mut read = ReadSet {
        set: PromptSet {
            config,
            config_text,
            prompts: BTreeMap::new(),
        },
        notes: Vec::new(),
        loose: Vec::new(),
        forks: Vec::new(),
    };
    reader.assemble(parts, &mut read);
    reader.problems.sort();
    reader.problems.dedup();
    if !reader.problems.is_empty() {
        return Err(FilesError {
            problems: reader.problems,
        });
    }
    read.notes = reader.notes;
    Ok(read)
}

/// What files of one kind held, by prompt.
#[derive(Default)]
struct Parts {
    heads: BTreeMap<(PromptName, ModelName), Content>,
    versions: BTreeMap<(PromptName, ModelName), Vec<Version>>,
    decisions: BTreeMap<PromptName, Vec<Decision>>,
    cases: BTreeMap<PromptName, Vec<Case>>,
}

struct Reader<'a> {
    tree: &'a Tree,
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(&mut self, file: &str, line: Option<usize>, reason: impl Into<String>) {
        self.problems.push(Problem {
            file: file.to_owned(),
            line,
            reason: reason.into(),
        });
    }

    fn text(&mut self, path: &str) -> Option<&str> {
        let bytes = self.tree.get(path)?;
        match text::check(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                self.refuse(path, Some(error.line), error.reason);
                None
            }
        }
    }

    fn config(&mut self) -> (Config, String) {
        const FILE: &str = "understudy.toml";
        if self.tree.is_empty() {
            return (Config::default(), String::new());
        }
        if !self.tree.contains_key(FILE) {
            self.refuse(
                FILE,
                None,
                "there is no understudy.toml: this is not a prompt set",
            );
            return (Config::default(), String::new());
        }
        let Some(text) = self.text(FILE).map(str::to_owned) else {
            return Default::default();
        };
        match config::parse(&text) {
            Ok(config) => (config, text),
            Err(error) => {
                self.refuse(FILE, Some(error.line), error.reason);
                (Config::default(), text)
            }
        }
    }

    fn schemas(&mut self, config: &Config) -> BTreeMap<String, Value> {
        let mut schemas = BTreeMap::new();
        for path in self.tree.keys() {
            let Some(name) = path
                .strip_suffix(".schema.json")
                .filter(|name| !name.contains('/'))
            else {
                continue;
            };
            if self.known_prompt(path, name, config).is_none() {
                continue;
            }
            let Some(text) = self.text(path).map(str::to_owned) else {
                continue;
            };
            match serde_json::from_str::<Value>(&text) {
                Ok(schema) => {
                    self.note_form(path, &pretty(&schema));
                    schemas.insert(path.clone(), schema);
                }
                Err(error) => self.refuse(
                    path,
                    Some(error.line()),
                    format!("this is no JSON: {}", text::json_reason(&error)),
                ),
            }
        }
        schemas
    }

    /// Notes that a file will be written in another form.
    fn note_form(&mut self, path: &str, fixed: &[u8]) {
        let Some(bytes) = self
            .tree
            .get(path)
            .filter(|bytes| bytes.as_slice() != fixed)
        else {
            return;
        };
        let same = bytes.iter().zip(fixed).take_while(|(a, b)| a == b).count();
        self.notes.push(Problem {
            file: path.to_owned(),
            line: Some(text::line_at(bytes, same)),
            reason: "from here on the file is written in the fixed form: order of keys, layout"
                .to_owned(),
        });
    }

    fn file(
        &mut self,
        path: &str,
        config: &Config,
        schemas: &BTreeMap<String, Value>,
        parts: &mut Parts,
    ) {
        let pieces: Vec<&str> = path.split('/').collect();
        match pieces.as_slice() {
            [name] if name.ends_with(".prompt") => self.head(path, config, schemas, parts),
            [name] if name.ends_with(".cases.jsonl") => self.cases(path, config, parts),
            ["_history", folder, file] if file.ends_with(".json") => {
                self.version(path, folder, file, config, parts)
            }
            ["_ledger", folder, file] if file.ends_with(".json") => {
                self.decision(path, folder, file, config, parts)
            }
            ["_history" | "_ledger", ..] => {
                self.refuse(path, None, "this file has no place here: _history/PROMPT.MODEL/ID.json, _ledger/PROMPT/ID.json");
            }
            // understudy.toml and schemas were read, outputs are read elsewhere, the rest is not ours.
            _ => {}
        }
    }

    fn known_prompt(&mut self, path: &str, name: &str, config: &Config) -> Option<PromptName> {
        let found = PromptName::parse(name);
        match found {
            Err(error) => self.refuse(path, None, error.to_string()),
            Ok(name) if config.prompts.contains_key(&name) => return Some(name),
            // When the config itself was refused, this would only be noise.
            Ok(_)
                if self
                    .problems
                    .iter()
                    .any(|problem| problem.file == "understudy.toml") => {}
            Ok(name) => self.refuse(
                path,
                None,
                format!("understudy.toml names no prompt `{name}`"),
            ),
        }
        None
    }

    fn model(&mut self, path: &str, name: &str) -> Option<ModelName> {
        ModelName::parse(name)
            .map_err(|error| self.refuse(path, None, error.to_string()))
            .ok()
    }

    fn head(
        &mut self,
        path: &str,
        config: &Config,
        schemas: &BTreeMap<String, Value>,
        parts: &mut Parts,
    ) {
        let stem = path.strip_suffix(".prompt").unwrap_or(path);
        let (name, model) = match stem.split_once('.') {
            Some((name, model)) => (name, Some(model)),
            None => (stem, None),
        };
        let Some(prompt) = self.known_prompt(path, name, config) else {
            return;
        };
        let first = config.chain_of(&prompt).first().cloned();
        let model = match model {
            None => first.clone(),
            Some(model) => self.model(path, model),
        };
        let Some(model) = model else { return };
        if stem.contains('.') && first.as_ref() == Some(&model) {
            self.refuse(
                path,
                None,
                format!("{model} is the primary of {prompt}: its file is {prompt}.prompt"),
            );
            return;
        }
        let Some(bytes) = self.tree.get(path) else {
            return;
        };
        match dotprompt::read(bytes, Some(&model), &|name: &str| {
            schemas.get(name).cloned()
        }) {
            Ok(read) => {
                let notes = read.notes.into_iter();
                self.notes.extend(notes.map(|note| Problem {
                    file: path.to_owned(),
                    line: Some(note.line),
                    reason: note.text,
                }));
                parts.heads.insert((prompt, model), read.content);
            }
            Err(error) => self.refuse(path, Some(error.line), error.reason),
        }
    }

    fn cases(&mut self, path: &str, config: &Config, parts: &mut Parts) {
        let name = path.strip_suffix(".cases.jsonl").unwrap_or(path);
        let Some(prompt) = self.known_prompt(path, name, config) else {
            return;
        };
        let Some(text) = self.text(path).map(str::to_owned) else {
            return;
        };
        let (mut cases, mut ids, mut fixed) = (Vec::<Case>::new(), BTreeSet::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Case>(line) {
                Ok(case) => {
                    if !ids.insert(case.id.clone()) {
                        self.refuse(
                            path,
                            Some(number + 1),
                            format!("the case `{}` appears twice", case.id),
                        );
                    }
                    fixed.extend(serde_json::to_vec(&case).unwrap_or_default());
                    fixed.push(b'\n');
                    cases.push(case);
                }
                Err(error) => self.refuse(path, Some(number + 1), text::json_reason(&error)),
            }
        }
        self.note_form(path, &fixed);
        parts.cases.insert(prompt, cases);
    }

    fn version(
        &mut self,
        path: &str,
        folder: &str,
        file: &str,
        config: &Config,
        parts: &mut Parts,
    ) {
        let Some((name, model)) = folder.split_once('.') else {
            self.refuse(path, None, "the folder's name is PROMPT.MODEL");
            return;
        };
        let Some(prompt) = self.known_prompt(path, name, config) else {
            return;
        };
        let Some(model) = self.model(path, model) else {
            return;
        };
        let Some(version) = self.json::<Version>(path) else {
            return;
        };
        if version.content.id() != version.content_id {
            self.refuse(
                path,
                None,
                "its content is not the one its content_id stands for; history is never edited",
            );
        } else if file.strip_suffix(".json") != Some(version.id.as_str()) {
            self.refuse(
                path,
                None,
                format!(
                    "it holds the version {}; the file's name is its id",
                    version.id
                ),
            );
        } else if version.number == 0 {
            self.refuse(path, None, "versions are numbered from 1");
        } else {
            parts
                .versions
                .entry((prompt, model))
                .or_default()
                .push(version);
        }
    }

    fn decision(
        &mut self,
        path: &str,
        folder: &str,
        file: &str,
        config: &Config,
        parts: &mut Parts,
    ) {
        let Some(prompt) = self.known_prompt(path, folder, config) else {
            return;
        };
        let Some(decision) = self.json::<Decision>(path) else {
            return;
        };
        if decision.prompt != prompt {
            self.refuse(
                path,
                None,
                format!("it is a decision on {}", decision.prompt),
            );
        } else if file.strip_suffix(".json") != Some(decision.id.as_str()) {
            self.refuse(
                path,
                None,
                format!(
                    "it holds the decision {}; the file's name is its id",
                    decision.id
                ),
            );
        } else {
            parts.decisions.entry(prompt).or_default().push(decision);
        }
    }

    fn json<T: serde::de::DeserializeOwned + serde::Serialize>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path)?.to_owned();
        match serde_json::from_str::<T>(&text) {
            Ok(value) => {
                self.note_form(path, &pretty(&value));
                Some(value)
            }
            Err(error) => {
                self.refuse(path, Some(error.line().max(1)), text::json_reason(&error));
                None
            }
        }
    }

    fn assemble(&mut self, mut parts: Parts, read: &mut ReadSet) {
        let variants: BTreeSet<(PromptName, ModelName)> = parts
            .heads
            .keys()
            .chain(parts.versions.keys())
            .cloned()
            .collect();
        let names: Vec<PromptName> = read.set.config.prompts.keys().cloned().collect();
        for name in names {
            let chain = read.set.config.chain_of(&name).to_vec();
            let place = |model: &ModelName| {
                chain
                    .iter()
                    .position(|known| known == model)
                    .unwrap_or(usize::MAX)
            };
            let mut models: Vec<ModelName> = variants
                .iter()
                .filter(|(prompt, _)| *prompt == name)
                .map(|(_, model)| model.clone())
                .collect();
            models.sort_by_key(|model| (place(model), model.clone()));
            let mut prompt = Prompt {
                name: name.clone(),
                variants: Vec::new(),
                cases: parts.cases.remove(&name).unwrap_or_default(),
                ledger: parts.decisions.remove(&name).unwrap_or_default(),
            };
            prompt
                .ledger
                .sort_by(|a, b| (&a.at, &a.id).cmp(&(&b.at, &b.id)));
            for model in models {
                let key = (name.clone(), model.clone());
                let versions = parts.versions.remove(&key).unwrap_or_default();
                match history::join(&name, &model, versions, parts.heads.remove(&key)) {
                    Ok(joined) => {
                        prompt.variants.extend(joined.variant);
                        read.loose.extend(joined.loose);
                        read.forks.extend(joined.fork);
                    }
                    Err((id, reason)) => {
                        self.refuse(&format!("_history/{name}.{model}/{id}.json"), None, reason);
                    }
                }
            }
            read.set.prompts.insert(name, prompt);
        }
    }
}
