//! Runs: the fallback is exercised before the outage exercises it.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::lookup::{self, Found};
use super::{Error, Workspace, evidence};
use crate::case::Case;
use crate::model::{self, Caller};
use crate::prompt::Variant;
use crate::run::{
    Cancel, Cell, Event, Execution, Limits, Outcome, Plan, Sink, SinkError, Summary, Target,
    execute,
};
use crate::store::{CellFailure, CellOutput, CellRecord, NewRun, Store, StoreError};

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The prompt.
    pub prompt: String,
    /// Cases by id, `*` standing for any text; all when empty.
    pub cases: Vec<String>,
    /// Only cases with this tag.
    pub tag: Option<String>,
    /// Models; primary and all fallbacks when empty.
    pub models: Vec<String>,
    /// A version other than the head; needs exactly one model.
    pub version: Option<u32>,
    /// Also gives each chosen fallback the primary's prompt.
    pub passthrough: bool,
    /// How often each cell is asked, from 1.
    pub repeat: u32,
    /// Calls under way at once.
    pub concurrency: u32,
}

impl RunRequest {
    /// Every case once on every model, eight calls at a time.
    pub fn of(prompt: &str) -> Self {
        Self {
            prompt: prompt.to_owned(),
            cases: Vec::new(),
            tag: None,
            models: Vec::new(),
            version: None,
            passthrough: false,
            repeat: 1,
            concurrency: 8,
        }
    }
}

impl Workspace {
    /// Runs cases × versions × repeats. The run's row is stored before the first call; each event goes out only after
    /// what it tells is committed.
    pub async fn run(
        &self,
        request: &RunRequest,
        caller: &dyn Caller,
        cancel: &Cancel,
        report: impl FnMut(Event),
    ) -> Result<Summary, Error> {
        let set = self.load().await?;
        evidence::known_prompt(&set, &request.prompt)?;
        let found = lookup::prompt(&set, &request.prompt)?;
        let cases = chosen_cases(found, request)?;
        let targets = targets(found, request)?;
        let plan = Plan::new(&cases, targets, request.repeat.max(1)).map_err(|error| {
            Error::NothingToRun {
                why: error.to_string(),
            }
        })?;
        let run = NewRun {
            id: self.host.new_id(),
            prompt: found.name().clone(),
            live: true,
            at: self.host.now(),
            cells: plan.len(),
        };
        self.store.insert_run(&run).await?;
        let sink = StoreSink {
            store: &self.store,
            run: &run.id,
        };
        let limits = Limits {
            concurrency: usize::try_from(request.concurrency).unwrap_or(usize::MAX),
            ..Limits::default()
        };
        let execution = Execution {
            run: &run.id,
            plan: &plan,
            caller,
            sink: &sink,
            host: self.host.as_ref(),
            limits,
            cancel,
        };
        let summary = execute(execution, report)
            .await
            .map_err(|error| Error::RunStopped(Box::new(error)))?;
        if !summary.cancelled {
            self.store.finish_run(&run.id, &self.host.now()).await?;
        }
        Ok(summary)
    }

    /// The exact request a version sends for a case, secrets left out.
    pub async fn render(
        &self,
        prompt: &str,
        model: &str,
        case: &str,
        number: Option<u32>,
    ) -> Result<model::Request, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let variant = found.variant(model)?;
        let version = found.version_or_head(variant, number)?;
        let settings = settings(found, variant)?;
        let case = found.case(case)?;
        let rendered = crate::prompt::render(&version.content, &case.variables, &case.turns)
            .map_err(|error| Error::NothingToRun {
                why: error.to_string(),
            })?;
        model::build(&settings, &version.content, &rendered).map_err(|error| Error::NothingToRun {
            why: error.to_string(),
        })
    }
}

fn chosen_cases(found: Found<'_>, request: &RunRequest) -> Result<Vec<Case>, Error> {
    let all = &found.prompt.cases;
    for pattern in &request.cases {
        if !all.iter().any(|case| matches(pattern, case.id.as_str())) {
            return Err(Error::UnknownCase {
                prompt: found.name().clone(),
                case: pattern.clone(),
            });
        }
    }
    let chosen: Vec<Case> = all
        .iter()
        .filter(|case| {
            request.cases.is_empty()
                || request
                    .cases
                    .iter()
                    .any(|pattern| matches(pattern, case.id.as_str()))
        })
        .filter(|case| {
            request
                .tag
                .as_ref()
                .is_none_or(|tag| case.tags.contains(tag))
        })
        .cloned()
        .collect();
    if chosen.is_empty() {
        let why = match &request.tag {
            Some(tag) => format!("no case of {} has the tag `{tag}`", found.name()),
            None => format!(
                "{} has no cases; `understudy case import` takes them in",
                found.name()
            ),
        };
        return Err(Error::NothingToRun { why });
    }
    Ok(chosen)
}

/// `*` stands for any text, everything else for itself.
fn matches(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = id.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(at) = rest.find(middle) else {
                return false;
            };
            rest = rest.get(at + middle.len()..).unwrap_or_default();
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

fn targets(found: Found<'_>, request: &RunRequest) -> Result<Vec<Target>, Error> {
    if request.version.is_some() && request.models.len() != 1 {
        return Err(Error::NothingToRun {
            why: "a version belongs to one model: name exactly one".to_owned(),
        });
    }
    let (primary, head) = found.primary()?;
    let chosen: Vec<&Variant> = if request.models.is_empty() {
        std::iter::once(primary).chain(found.fallbacks()).collect()
    } else {
        request
            .models
            .iter()
            .map(|model| found.variant(model))
            .collect::<Result<_, _>>()?
    };
    let mut targets = Vec::new();
    for variant in chosen {
        let version = found.version_or_head(variant, request.version)?;
        let settings = Arc::new(settings(found, variant)?);
        targets.push(Target::own(
            variant.model.clone(),
            settings.clone(),
            Arc::new(version.content.clone()),
        ));
        if request.passthrough && variant.model != primary.model {
            targets.push(Target::passthrough(
                variant.model.clone(),
                settings,
                Arc::new(head.content.clone()),
            ));
        }
    }
    Ok(targets)
}

fn settings(found: Found<'_>, variant: &Variant) -> Result<crate::prompt::Model, Error> {
    let models = &found.set.config.models;
    models
        .get(&variant.model)
        .cloned()
        .ok_or_else(|| Error::UnknownModel {
            model: variant.model.to_string(),
            known: lookup::list(models.keys()),
        })
}

/// Commits finished cells to the workspace file.
struct StoreSink<'a> {
    store: &'a Store,
    run: &'a str,
}

impl Sink for StoreSink<'_> {
    fn commit<'a>(&'a self, cells: &'a [Cell]) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            let records: Vec<CellRecord> = cells.iter().map(record).collect();
            let stored: Result<(), StoreError> = self.store.commit_cells(self.run, &records).await;
            stored.map_err(SinkError::new)
        }
        .boxed()
    }
}

fn record(cell: &Cell) -> CellRecord {
    let outcome = match &cell.outcome {
        Outcome::Output(answer) => Ok(CellOutput {
            text: answer.text.clone(),
            tool_calls: if answer.tool_calls.is_empty() {
                None
            } else {
                serde_json::to_value(&answer.tool_calls).ok()
            },
            finish: Some(answer.finish.as_str().to_owned()),
            input_tokens: answer.usage.as_ref().map(|usage| usage.input_tokens),
            output_tokens: answer.usage.as_ref().map(|usage| usage.output_tokens),
        }),
        Outcome::Error(error) => Err(CellFailure {
            kind: error.kind.code().to_owned(),
            message: error.to_string(),
        }),
    };
    CellRecord {
        model: cell.key.model.clone(),
        content_id: cell.key.content_id.clone(),
        case: cell.case.clone(),
        repeat: cell.key.repeat,
        passthrough: cell.key.passthrough,
        outcome,
        seconds: cell.seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, id, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("*", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} {id}");
        }
    }
}
