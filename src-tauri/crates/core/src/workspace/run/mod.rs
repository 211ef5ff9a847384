//! Runs: the fallback is exercised before the outage exercises it.

mod choose;
mod models;
mod order;
mod pricing;
mod quote;
mod sink;
mod stored;
mod tries;

pub use models::ModelDraft;
pub use order::{ResumeRequest, RunContext, RunOptions, RunRequest};
pub(super) use quote::price_view;

use std::collections::HashMap;
use std::sync::Arc;

use self::choose::Maker;
use self::sink::{StoreCache, StoreSink};
use self::stored::{StoredPlan, StoredTarget, read_plan};
use super::lookup::{self, Found};
use super::view::{RunEntry, RunList, RunState};
use super::{Error, Workspace, evidence, outlook};
use crate::catalog::Catalog;
use crate::check::{self, Finding};
use crate::model::{Request, build};
use crate::parity::{Expectations, OutputSchema};
use crate::prompt::{ModelName, PromptName, Usd, render};
use crate::run::{Event, Execution, Limits, Plan, PlanError, Retry, Summary, Target, execute};
use crate::store::{LiveRun, NewRun, StoredCell};

/// A run that could start now.
struct Ready {
    prompt: PromptName,
    plan: Plan,
    catalog: Catalog,
    /// What the fallbacks' requests would lose.
    losses: Vec<Finding>,
}

impl Workspace {
    /// Runs cases × versions × repeats. The run's row is stored before the first call; each event goes out only after
    /// what it tells is committed.
    pub async fn run(
        &self,
        request: &RunRequest,
        context: &RunContext<'_>,
        report: impl FnMut(Event),
    ) -> Result<Summary, Error> {
        let ready = self.ready(request).await?;
        payable(&ready, &request.options)?;
        let new = NewRun {
            id: self.host.new_id(),
            prompt: ready.prompt.clone(),
            live: true,
            at: self.host.now(),
            cells: ready.plan.len(),
        };
        let stored = StoredPlan::of(&ready.plan);
        let json = serde_json::to_string(&stored).map_err(|error| Error::NothingToRun {
            why: error.to_string(),
        })?;
        let cases = ready.plan.cases().map(|case| &**case);
        let contents = stored.contents();
        let handoff = stored.handoff.is_some();
        let live = self
            .store
            .begin_run(&new, &json, cases, &contents, handoff)
            .await?;
        self.execute(&new.id, &ready, live, &request.options, context, report)
            .await
    }

    /// Does what a run has left. Refused while it is under way.
    pub async fn resume(
        &self,
        request: &ResumeRequest,
        context: &RunContext<'_>,
        report: impl FnMut(Event),
    ) -> Result<Summary, Error> {
        let id = self.run_id(&request.run).await?;
        // First the lock, then the look at what is finished: in between another program could finish more.
        let stored = self.stored_plan(&id).await?;
        let handoff = stored.handoff.is_some();
        let live = self
            .store
            .continue_run(&id, &stored.contents(), handoff)
            .await?;
        let ready = self.ready_again(request).await?;
        payable(&ready, &request.options)?;
        self.execute(&id, &ready, live, &request.options, context, report)
            .await
    }

    async fn execute(
        &self,
        run: &str,
        ready: &Ready,
        live: LiveRun,
        options: &RunOptions,
        context: &RunContext<'_>,
        report: impl FnMut(Event),
    ) -> Result<Summary, Error> {
        let sink = StoreSink::new(live);
        let cache = StoreCache(&self.store);
        let execution = Execution {
            run,
            prompt: ready.prompt.as_str(),
            plan: &ready.plan,
            caller: context.caller,
            sink: &sink,
            cache: options.cache.then_some(&cache),
            host: self.host.as_ref(),
            observer: context.observer,
            limits: Limits {
                concurrency: usize::try_from(options.concurrency).unwrap_or(usize::MAX),
                retry: if options.retry {
                    Retry::default()
                } else {
                    Retry::off()
                },
                max_cost: options.max_cost,
                ..Limits::default()
            },
            keep_raw: options.keep_raw,
            deltas: options.deltas,
            cancel: context.cancel,
        };
        let summary = execute(execution, report)
            .await
            .map_err(|error| Error::RunStopped(Box::new(error)))?;
        if summary.left == 0 {
            self.store.finish_run(run, &self.host.now()).await?;
        }
        Ok(summary)
    }

    async fn ready(&self, request: &RunRequest) -> Result<Ready, Error> {
        let set = self.load().await?;
        evidence::known_prompt(&set, &request.prompt)?;
        let found = lookup::prompt(&set, &request.prompt)?;
        let catalog = self.catalog()?;
        let maker = Maker {
            found,
            catalog: &catalog,
            options: &request.options,
        };
        let mut cases = choose::cases(found, request)?;
        if request.handoff {
            cases = choose::handed_over(found, cases)?;
        }
        let targets = maker.chosen(request)?;
        let plan = Plan::new(cases, targets, request.repeat).map_err(refused)?;
        let plan = if request.handoff {
            plan.handing_off(maker.primary()?, HashMap::new())
        } else {
            plan
        };
        Ok(Ready {
            prompt: found.name().clone(),
            plan: expecting(plan, found),
            losses: self.losses(found, &catalog),
            catalog,
        })
    }

    async fn ready_again(&self, request: &ResumeRequest) -> Result<Ready, Error> {
        let id = self.run_id(&request.run).await?;
        let Some(stored) = self.store.stored_run(&id).await? else {
            return Err(no_run(&request.run));
        };
        let planned = read_plan(&id, &stored.plan)?;
        let set = self.load().await?;
        let found = lookup::prompt(&set, stored.prompt.as_str())?;
        let catalog = self.catalog()?;
        let maker = Maker {
            found,
            catalog: &catalog,
            options: &request.options,
        };
        let mut targets = Vec::new();
        for target in &planned.targets {
            targets.push(self.target_again(maker, target).await?);
        }
        let mut plan = Plan::new(stored.cases, targets, planned.repeat).map_err(refused)?;
        if let Some(primary) = &planned.handoff {
            let mut transcripts = HashMap::new();
            for (case, repeat, body) in stored.transcripts {
                let said = serde_json::from_str(&body).map_err(|error| Error::NothingToRun {
                    why: format!("the conversation about {case} cannot be read: {error}"),
                })?;
                transcripts.insert((case, repeat), Arc::new(said));
            }
            plan = plan.handing_off(self.target_again(maker, primary).await?, transcripts);
        }
        let retry_errors = request.retry_errors;
        let finished: HashMap<StoredCell, bool> = stored
            .cells
            .into_iter()
            .filter(|cell| !(retry_errors && cell.failed))
            .map(|cell| {
                let failed = cell.failed;
                (
                    StoredCell {
                        failed: false,
                        ..cell
                    },
                    failed,
                )
            })
            .collect();
        let plan = plan.resuming(|key| {
            let cell = StoredCell {
                model: key.model.clone(),
                content_id: key.content_id.clone(),
                case: key.case.clone(),
                repeat: key.repeat,
                passthrough: key.passthrough,
                failed: false,
            };
            finished.get(&cell).copied()
        });
        Ok(Ready {
            prompt: stored.prompt.clone(),
            plan: expecting(plan, found),
            losses: self.losses(found, &catalog),
            catalog,
        })
    }

    /// What `check` says of the requests themselves, before any call.
    fn losses(&self, found: Found<'_>, catalog: &Catalog) -> Vec<Finding> {
        let wanted = |name: &PromptName| name == found.name();
        let outlook = outlook::outlook(found.set, catalog, wanted);
        let report = check::check(found.set, None, &outlook, &self.host.now(), wanted);
        let findings = report.findings.into_iter();
        findings
            .filter(|finding| finding.code.is_of_requests())
            .collect()
    }

    async fn target_again(&self, maker: Maker<'_>, stored: &StoredTarget) -> Result<Target, Error> {
        let content = self.store.content(&stored.content_id).await?;
        let content = content.ok_or_else(|| Error::NothingToRun {
            why: format!(
                "the text {} is not in this workspace",
                stored.content_id.short()
            ),
        })?;
        maker.target(&stored.model, &content, stored.passthrough)
    }

    /// The run with this id; `last` is the latest live one.
    async fn run_id(&self, run: &str) -> Result<String, Error> {
        if run != "last" {
            return Ok(run.to_owned());
        }
        let runs = self.store.list_runs(None).await?;
        let last = runs.into_iter().find(|run| run.live);
        last.map(|run| run.id).ok_or_else(|| no_run(run))
    }

    async fn stored_plan(&self, id: &str) -> Result<StoredPlan, Error> {
        let stored = self.store.stored_run(id).await?;
        let stored = stored.ok_or_else(|| no_run(id))?;
        read_plan(id, &stored.plan)
    }

    /// Runs, latest first; of one prompt, or of all.
    pub async fn runs(&self, prompt: Option<&str>) -> Result<RunList, Error> {
        let prompt = match prompt {
            None => None,
            Some(name) => {
                let set = self.load().await?;
                Some(lookup::prompt(&set, name)?.name().clone())
            }
        };
        let runs = self.store.list_runs(prompt.as_ref()).await?;
        let entries = runs.into_iter().map(|run| {
            let plan = run
                .plan
                .as_deref()
                .and_then(|plan| serde_json::from_str::<StoredPlan>(plan).ok());
            let mut models: Vec<ModelName> = Vec::new();
            let targets = plan.iter().flat_map(|plan| &plan.targets);
            let passthrough = targets.clone().any(|target| target.passthrough);
            for target in targets {
                if !models.contains(&target.model) {
                    models.push(target.model.clone());
                }
            }
            RunEntry {
                state: match run.finished {
                    _ if run.live && self.store.is_going(&run.id) => RunState::Going,
                    finished if run.live && finished < run.cells => RunState::Unfinished,
                    _ => RunState::Finished,
                },
                run: run.id,
                prompt: run.prompt,
                at: run.at,
                live: run.live,
                cells: run.cells,
                finished: run.finished,
                failed: run.failed,
                spent_usd: Usd(run.cost).dollars(),
                unpriced: run.unpriced,
                models,
                repeat: plan.as_ref().map_or(1, |plan| plan.repeat),
                passthrough,
                handoff: plan.is_some_and(|plan| plan.handoff.is_some()),
            }
        });
        Ok(RunList {
            runs: entries.collect(),
        })
    }

    /// Prices and facts: the shipped table under the user's own.
    pub(super) fn catalog(&self) -> Result<Catalog, Error> {
        Catalog::of_user(self.host.as_ref()).map_err(|error| Error::Config {
            reason: error.to_string(),
        })
    }

    /// The exact request a version sends for a case, secrets left out.
    pub async fn render(
        &self,
        prompt: &str,
        model: &str,
        case: &str,
        number: Option<u32>,
    ) -> Result<Request, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let variant = found.variant(model)?;
        let version = found.version_or_head(variant, number)?;
        let settings = choose::settings(found, &variant.model)?;
        let case = found.case(case)?;
        let rendered = render(&version.content, &case.variables, &case.turns).map_err(|error| {
            Error::NothingToRun {
                why: error.to_string(),
            }
        })?;
        build(&settings, &version.content, &rendered).map_err(|error| Error::NothingToRun {
            why: error.to_string(),
        })
    }
}

/// Refuses a limit that could not be kept.
fn payable(ready: &Ready, options: &RunOptions) -> Result<(), Error> {
    if options.max_cost.is_none() {
        return Ok(());
    }
    let models = quote::unbounded(ready);
    if models.is_empty() {
        return Ok(());
    }
    Err(Error::NothingToRun {
        why: format!(
            "a limit on costs cannot be kept with {}: no price is known, or nothing limits its answers. Give it a price \
             in understudy.toml (price = {{ input = \"3\", output = \"15\" }}) and max_output_tokens in its prompt",
            lookup::list(models)
        ),
    })
}

/// What cases expect is judged by the primary's schema, on both sides.
fn expecting(plan: Plan, found: Found<'_>) -> Plan {
    let schema = found.primary().ok();
    let schema = schema.and_then(|(_, head)| head.content.output_schema.as_ref());
    let schema = OutputSchema::compile(schema);
    plan.expecting(|case| {
        let expect = Expectations::compile(&case.expect, &schema);
        (!expect.is_empty()).then_some(expect)
    })
}

fn refused(error: PlanError) -> Error {
    Error::NothingToRun {
        why: error.to_string(),
    }
}

fn no_run(run: &str) -> Error {
    Error::NoLiveRun {
        run: run.to_owned(),
    }
}
