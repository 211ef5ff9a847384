//! Outputs made elsewhere, taken in as a recorded run.
//!
//! An output counts for the version it was recorded for and no other. A version is named by number or by content id;
//! the latter also records outputs for a text nobody has saved yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lookup::{self, Found};
use super::view::Imported;
use super::{Error, Workspace, cases, evidence};
use crate::case::Case;
use crate::files::json_line;
use crate::prompt::{CaseId, ContentId, ModelName, PromptName};
use crate::set::PromptSet;
use crate::store::{Batch, CellFilter, CellOutput, CellRecord, NewRun, Replaced};

/// One line of an outputs file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: Value,
    #[serde(default)]
    input: Option<Value>,
    model: String,
    #[serde(default)]
    version: Option<Value>,
    #[serde(default)]
    passthrough: bool,
    #[serde(default)]
    repeat: Option<u32>,
    output: String,
    #[serde(default)]
    tool_calls: Option<Value>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    finish: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Usage {
    #[serde(default)]
    input_tokens: Option<u32>,
    #[serde(default)]
    output_tokens: Option<u32>,
}

impl Workspace {
    /// Takes outputs in, one JSON object a line. `map` renames fields first: (ours, theirs). Ours may be
    /// `input.NAME` for a variable, and `primary` or `fallback` for the output of that side.
    pub async fn import_outputs(
        &self,
        prompt: &str,
        file: &str,
        text: &str,
        map: &[(String, String)],
    ) -> Result<Imported, Error> {
        let set = self.load().await?;
        self.record_outputs(&set, prompt, file, text, map, &self.host.now())
            .await
    }

    /// The same for a set at hand, recorded as made `at` (RFC 3339).
    pub(super) async fn record_outputs(
        &self,
        set: &PromptSet,
        prompt: &str,
        file: &str,
        text: &str,
        map: &[(String, String)],
        at: &str,
    ) -> Result<Imported, Error> {
        evidence::known_prompt(set, prompt)?;
        let name = PromptName::parse(prompt)?;
        let mut known = cases::existing(set, &name);
        let before = known.len();
        let mut cells: Vec<CellRecord> = Vec::new();
        let mut taken = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let bad = |reason: String| Error::Line {
                file: file.to_owned(),
                line: index + 1,
                reason,
            };
            for line in read_line(set, &name, line, map).map_err(bad)? {
                let cell = record(set, &name, line, &mut known).map_err(bad)?;
                let place = (
                    cell.case.id.clone(),
                    cell.model.clone(),
                    cell.content_id.clone(),
                    cell.repeat,
                    cell.passthrough,
                );
                if !taken.insert(place) {
                    return Err(bad(format!(
                        "an earlier line has the output of {} for `{}`, repeat {}; give each its own `repeat`",
                        cell.model, cell.case.id, cell.repeat
                    )));
                }
                cells.push(cell);
            }
        }
        self.store_recorded(&name, cells, known, before, at).await
    }

    async fn store_recorded(
        &self,
        name: &PromptName,
        cells: Vec<CellRecord>,
        known: Vec<Case>,
        before: usize,
        at: &str,
    ) -> Result<Imported, Error> {
        let cases_created = known.len() - before;
        if cases_created > 0 {
            let batch = Batch {
                cases: [(
                    name.clone(),
                    Replaced {
                        before: known.get(..before).unwrap_or_default().to_vec(),
                        after: known,
                    },
                )]
                .into(),
                ..Batch::default()
            };
            self.store.apply(&batch).await?;
        }
        let total = cells.len();
        let fresh = self.not_stored_yet(name, cells).await?;
        let mut run = None;
        if !fresh.is_empty() {
            let id = self.host.new_id();
            let cells = super::read::count(fresh.len());
            self.store
                .insert_run(&NewRun {
                    id: id.clone(),
                    prompt: name.clone(),
                    live: false,
                    at: at.to_owned(),
                    cells,
                })
                .await?;
            self.store.commit_cells(&id, &fresh).await?;
            self.store.finish_run(&id, at).await?;
            run = Some(id);
        }
        let imported = fresh.len();
        tracing::info!(prompt = %name, imported, lines = total, cases_created, "outputs imported");
        Ok(Imported {
            imported: super::read::count(fresh.len()),
            unchanged: super::read::count(total - fresh.len()),
            cases_created: super::read::count(cases_created),
            run,
        })
    }

    /// Leaves out what is there already, word for word: importing a file twice changes nothing.
    async fn not_stored_yet(
        &self,
        name: &PromptName,
        cells: Vec<CellRecord>,
    ) -> Result<Vec<CellRecord>, Error> {
        let mut stored: BTreeMap<_, BTreeMap<(CaseId, u32), String>> = BTreeMap::new();
        let mut fresh = Vec::new();
        for cell in cells {
            let key = (
                cell.model.clone(),
                cell.content_id.clone(),
                cell.passthrough,
            );
            if !stored.contains_key(&key) {
                let filter = CellFilter {
                    prompt: name,
                    model: &key.0,
                    content_id: &key.1,
                    passthrough: key.2,
                    case: None,
                    run: None,
                };
                let rows = self.store.cells(&filter).await?.into_iter();
                let texts =
                    rows.filter_map(|row| Some(((row.case, row.repeat), row.outcome.ok()?.text)));
                stored.insert(key.clone(), texts.collect());
            }
            let text = stored
                .get(&key)
                .and_then(|texts| texts.get(&(cell.case.id.clone(), cell.repeat)));
            if text != cell.outcome.as_ref().ok().map(|output| &output.text) {
                fresh.push(cell);
            }
        }
        Ok(fresh)
    }
}

/// Reads one line into one output, or into two when it holds both sides.
fn read_line(
    set: &PromptSet,
    prompt: &PromptName,
    line: &str,
    map: &[(String, String)],
) -> Result<Vec<Line>, String> {
    let Value::Object(mut fields) = json_line(line)? else {
        return Err("this is no JSON object".to_owned());
    };
    if !map.is_empty() {
        fields = renamed(&fields, map)?;
    }
    let sides = [("primary", 0), ("fallback", 1)];
    if !sides.iter().any(|(side, _)| fields.contains_key(*side)) {
        return Ok(vec![
            serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?,
        ]);
    }
    let outputs: Vec<_> = sides
        .iter()
        .map(|(side, place)| (fields.remove(*side), *place))
        .collect();
    let mut lines = Vec::new();
    for (output, place) in outputs {
        let Some(output) = output else { continue };
        let model = set
            .config
            .chain_of(prompt)
            .get(place)
            .ok_or("the chain has no fallback")?;
        let mut side = fields.clone();
        side.insert("model".to_owned(), Value::String(model.to_string()));
        side.insert("output".to_owned(), output);
        lines.push(serde_json::from_value(Value::Object(side)).map_err(|error| error.to_string())?);
    }
    Ok(lines)
}

/// Takes over only what the map names: foreign files carry much that means nothing here.
fn renamed(
    fields: &Map<String, Value>,
    map: &[(String, String)],
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (ours, theirs) in map {
        let value = fields
            .get(theirs)
            .cloned()
            .ok_or_else(|| format!("there is no field `{theirs}`"))?;
        match ours.strip_prefix("input.") {
            None => {
                out.insert(ours.clone(), value);
            }
            Some(variable) => {
                let input = out
                    .entry("input")
                    .or_insert_with(|| serde_json::json!({ "variables": {} }));
                if let Some(variables) = input.get_mut("variables").and_then(Value::as_object_mut) {
                    variables.insert(variable.to_owned(), value);
                }
            }
        }
    }
    Ok(out)
}

fn record(
    set: &PromptSet,
    name: &PromptName,
    line: Line,
    known: &mut Vec<Case>,
) -> Result<CellRecord, String> {
    let found = lookup::prompt(set, name.as_str()).map_err(|error| error.to_string())?;
    let model = ModelName::parse(&line.model).map_err(|error| error.to_string())?;
    if !set.config.chain_of(name).contains(&model) && found.prompt.variant(&model).is_none() {
        return Err(format!(
            "{name} has no variant for `{model}`; its chain is {}",
            lookup::list(set.config.chain_of(name))
        ));
    }
    let content_id = content_of(found, &model, line.passthrough, line.version.as_ref())?;
    let id = case_id(&line.case)?;
    let case = match known.iter().find(|case| case.id == id) {
        Some(case) => {
            // An output belongs to its input: that of another one would be shown and counted under this case.
            if let Some(input) = line.input
                && case_from(id, input)?.input_digest() != case.input_digest()
            {
                return Err(format!(
                    "the case `{}` has another input than this line; give it another name, or leave `input` out",
                    case.id
                ));
            }
            case.clone()
        }
        None => {
            let input = line.input.ok_or_else(|| {
                format!("there is no case `{id}`, and the line has no `input` to make it from")
            })?;
            let case = case_from(id, input)?;
            known.push(case.clone());
            case
        }
    };
    let usage = line.usage.unwrap_or_default();
    Ok(CellRecord {
        model,
        content_id,
        case: Arc::new(case),
        repeat: line.repeat.unwrap_or(1).max(1),
        passthrough: line.passthrough,
        outcome: Ok(CellOutput {
            text: line.output,
            tool_calls: line
                .tool_calls
                .filter(|calls| calls.as_array().is_some_and(|calls| !calls.is_empty())),
            finish: line.finish,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
        }),
        seconds: line.seconds,
    })
}

/// The content an output was made with: the head's, that of a numbered version, or one named by its id. Passthrough
/// is the primary's content, whatever model answered.
fn content_of(
    found: Found<'_>,
    model: &ModelName,
    passthrough: bool,
    version: Option<&Value>,
) -> Result<ContentId, String> {
    let variant = if passthrough {
        found.primary().map_err(|error| error.to_string())?.0
    } else {
        match found.variant(model.as_str()) {
            Ok(variant) => variant,
            Err(error) => {
                return version
                    .and_then(Value::as_str)
                    .and_then(|id| ContentId::parse(id).ok())
                    .ok_or_else(|| error.to_string());
            }
        }
    };
    match version {
        None | Some(Value::Null) => {
            let head = variant
                .head()
                .ok_or_else(|| format!("{} has no version yet", variant.model))?;
            Ok(head.content_id.clone())
        }
        Some(Value::Number(number)) => {
            let number = number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(0);
            Ok(found
                .version(variant, number)
                .map_err(|error| error.to_string())?
                .content_id
                .clone())
        }
        Some(Value::String(id)) => ContentId::parse(id).map_err(|error| error.to_string()),
        Some(other) => Err(format!(
            "`version` is {other}; it is a number or a content id"
        )),
    }
}

/// Foreign ids are text or numbers of any form; ours are names.
fn case_id(id: &Value) -> Result<CaseId, String> {
    let text = match id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return Err(format!("`case` is {other}; it is a name or a number")),
    };
    let slug: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    CaseId::parse(slug.trim_start_matches(['-', '_', '.'])).map_err(|error| error.to_string())
}

/// A case from an output's input: text is what the user said; an object is variables, or `{variables, turns}`.
fn case_from(id: CaseId, input: Value) -> Result<Case, String> {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), Value::String(id.to_string()));
    fields.insert("origin".to_owned(), Value::String("imported".to_owned()));
    match input {
        Value::String(text) => {
            fields.insert(
                "turns".to_owned(),
                serde_json::json!([{ "role": "user", "text": text }]),
            );
        }
        Value::Object(input) if input.contains_key("variables") || input.contains_key("turns") => {
            fields.extend(input);
        }
        Value::Object(variables) => {
            fields.insert("variables".to_owned(), Value::Object(variables));
        }
        other => return Err(format!("`input` is {other}; it is text or an object")),
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}
