//! Making a plan's calls.
//!
//! One task holds at most `concurrency` calls and makes the next when one is over; nothing is spawned, so dropping the
//! run drops its calls. Finished cells gather for at most 20 ms and are committed together while further calls go on.
//! Durations are those of tokio's clock, which tests stop; dates are the host's.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::course::{Course, Step};
use super::waiting::Waiting;
use super::work::Work;
use super::{
    Cache, Cancel, Cell, DeltaEvent, Event, Observer, Plan, Retry, Sink, SinkError, Started, Stop,
    Summary,
};
use crate::host::Host;
use crate::model::{Answer, Attempt, Call, Caller, Delta, Nobody, Watch};
use crate::prompt::{Digest, Usd};

/// Bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most calls at once, over all models; 0 counts as 1. A model's own `concurrency` bounds its endpoint.
    pub concurrency: usize,
    /// The most cells of one commit; 0 counts as 1.
    pub group_cells: usize,
    /// How long a finished cell waits for others to be committed with.
    pub group_time: Duration,
    /// How calls are made again.
    pub retry: Retry,
    /// The most it may spend. Models without a price are not called at all then.
    pub max_cost: Option<Usd>,
}

impl Default for Limits {
    /// 8 calls at once; up to 128 cells or 20 ms a commit; three tries; any money.
    fn default() -> Self {
        Self {
            concurrency: 8,
            group_cells: 128,
            group_time: Duration::from_millis(20),
            retry: Retry::default(),
            max_cost: None,
        }
    }
}

/// A run that could not go on. Cells reported before it are kept; no other is.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The sink failed.
    #[error("the run stopped after {finished} of {cells} calls: {source}")]
    Sink {
        /// Cells that are kept.
        finished: u32,
        /// Cells that were planned.
        cells: u32,
        /// Why.
        source: SinkError,
    },
}

/// What an execution works with.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// The run's id. Its row, if it has one, must be stored before.
    pub run: &'a str,
    /// The prompt, for telemetry.
    pub prompt: &'a str,
    /// What to do.
    pub plan: &'a Plan,
    /// Who answers.
    pub caller: &'a dyn Caller,
    /// Who keeps.
    pub sink: &'a dyn Sink,
    /// Outputs of earlier runs, if those may stand in.
    pub cache: Option<&'a dyn Cache>,
    /// Who tells the date.
    pub host: &'a dyn Host,
    /// Who is told of every try.
    pub observer: &'a dyn Observer,
    /// Bounds.
    pub limits: Limits,
    /// Whether the raw bytes of good answers are kept too.
    pub keep_raw: bool,
    /// Whether replies are reported as they arrive.
    pub deltas: bool,
    /// The switch that stops it: calls under way are dropped at once, cells that are over are still committed, and
    /// the rest is left undone.
    pub cancel: &'a Cancel,
}

impl std::fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Execution")
            .field("run", &self.run)
            .field("cells", &self.plan.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

type Commit<'a> = BoxFuture<'a, (Vec<Cell>, Result<(), SinkError>)>;

/// A try that is over.
pub(super) struct Over {
    pub(super) work: Box<Work>,
    pub(super) began_millis: i64,
    pub(super) seconds: f64,
    pub(super) reply: Reply,
}

pub(super) enum Reply {
    /// The call was made.
    Made(Box<Attempt>),
    /// The same request was answered in an earlier run.
    Known(Box<Answer>),
}

/// Runs to the end, or to the switch. `report` gets each event in order, a cell's only after its commit.
pub async fn execute(
    execution: Execution<'_>,
    mut report: impl FnMut(Event),
) -> Result<Summary, RunError> {
    let Execution {
        run, plan, cancel, ..
    } = execution;
    let limits = Limits {
        concurrency: execution.limits.concurrency.max(1),
        group_cells: execution.limits.group_cells.max(1),
        ..execution.limits
    };
    let execution = Execution {
        limits,
        ..execution
    };
    let begun = Instant::now();
    let (before, _) = plan.finished();
    report(Event::Started(Started {
        run: run.to_owned(),
        cells: plan.len(),
        finished: before,
    }));

    let (sender, mut deltas) = unbounded_channel();
    let sender = execution.deltas.then_some(sender);
    let mut course = Course::new(&execution, begun);
    let mut calls = FuturesUnordered::new();
    let mut waiting = Waiting::new(limits);
    let mut commit: Option<Commit<'_>> = None;
    let cancelled = cancel.cancelled();
    tokio::pin!(cancelled);
    let mut switched = false;

    loop {
        // The switch is asked here too, so that no call begins after it was thrown.
        while !switched
            && !cancel.is_cancelled()
            && calls.len() < limits.concurrency
            && !waiting.is_full()
        {
            match course.next(calls.is_empty()) {
                Step::Call(work) => calls.push(make(work, &execution, sender.as_ref())),
                Step::Over(cell) => waiting.push(*cell),
                Step::Nothing => break,
            }
        }
        let idle = calls.is_empty() && (switched || course.wakes().is_none());
        if commit.is_none() && waiting.is_due(idle) {
            let group = waiting.take();
            let sink = execution.sink;
            commit = Some(
                async move {
                    let result = sink.commit(&group).await;
                    (group, result)
                }
                .boxed(),
            );
        }
        if commit.is_none() && idle && waiting.is_empty() {
            break;
        }
        let wakes = course.wakes().filter(|_| !switched && !waiting.is_full());
        tokio::select! {
            biased;
            () = &mut cancelled, if !switched => {
                switched = true;
                // What is over already counts, even if nobody has looked at it yet.
                while let Some(Some(over)) = calls.next().now_or_never() {
                    for cell in course.take(over, &mut report) {
                        waiting.push(cell);
                    }
                }
                calls.clear();
                course.stop(Stop::Cancelled);
            }
            (group, result) = settle(&mut commit), if commit.is_some() => {
                commit = None;
                if let Err(source) = result {
                    let finished = course.finished();
                    return Err(RunError::Sink { finished, cells: plan.len(), source });
                }
                for cell in &group {
                    report(Event::Cell(course.committed(cell)));
                }
            }
            Some(over) = calls.next(), if !calls.is_empty() => {
                // A cell's own event comes after all its pieces.
                while let Ok(delta) = deltas.try_recv() {
                    report(Event::Delta(delta));
                }
                for cell in course.take(over, &mut report) {
                    waiting.push(cell);
                }
            }
            Some(delta) = deltas.recv(), if execution.deltas => report(Event::Delta(delta)),
            () = tokio::time::sleep_until(waiting.due), if commit.is_none() && !waiting.is_empty() => {}
            () = sleep_until(wakes), if wakes.is_some() && calls.len() < limits.concurrency => {}
        }
    }

    let summary = course.summary();
    tracing::debug!(
        run,
        cells = summary.cells,
        finished = summary.finished,
        failed = summary.failed,
        "run over"
    );
    execution.observer.ended(run);
    report(Event::Summary(summary.clone()));
    Ok(summary)
}

/// Makes one try, or finds that it was made before.
async fn make(
    work: Box<Work>,
    execution: &Execution<'_>,
    deltas: Option<&UnboundedSender<DeltaEvent>>,
) -> Over {
    let began_millis = execution.host.now_millis();
    let begun = Instant::now();
    let known = match (execution.cache, &work.request) {
        // Only a cell's own call has a place in the cache: earlier turns are part of what it is asked.
        (Some(cache), Some(request)) if work.handoff.is_none() => {
            cache.find(request, work.plan.repeat()).await
        }
        _ => None,
    };
    let reply = match (known, &work.call) {
        (Some(answer), _) => Reply::Known(Box::new(answer)),
        (None, Some(call)) => {
            let attempt = match deltas {
                Some(deltas) if work.handoff.is_none() => {
                    let looker = Looker { call, deltas };
                    looker.begin();
                    execution.caller.call(call, &looker).await
                }
                _ => execution.caller.call(call, &Nobody).await,
            };
            Reply::Made(Box::new(attempt))
        }
        // The schedule hands out nothing without a call.
        (None, None) => Reply::Known(Box::new(Answer::of(""))),
    };
    Over {
        work,
        began_millis,
        seconds: begun.elapsed().as_secs_f64(),
        reply,
    }
}

/// Hands pieces of a reply on.
struct Looker<'a> {
    call: &'a Call,
    deltas: &'a UnboundedSender<DeltaEvent>,
}

impl Looker<'_> {
    fn begin(&self) {
        self.send(String::new(), true);
    }

    fn send(&self, text: String, restart: bool) {
        // Nobody receives any more only when the run is being dropped.
        let _ = self.deltas.send(DeltaEvent {
            case: self.call.case.clone(),
            model: self.call.model.clone(),
            repeat: self.call.repeat,
            passthrough: self.call.passthrough,
            text,
            restart,
        });
    }
}

impl Watch for Looker<'_> {
    fn delta(&self, delta: Delta<'_>) {
        if let Delta::Text(text) = delta {
            self.send(text.to_owned(), false);
        }
    }
}

/// Spreads calls that failed together, the same way every time.
pub(super) fn chance(request: &Digest, tried: u32) -> f64 {
    let digits = request.as_str().get(..8).unwrap_or_default();
    let seed = u32::from_str_radix(digits, 16).unwrap_or_default();
    let mixed = seed
        .wrapping_add(tried.wrapping_mul(0x9E37_79B9))
        .wrapping_mul(0x85EB_CA6B);
    f64::from(mixed) / (f64::from(u32::MAX) + 1.0)
}

/// The commit under way; never, when there is none.
async fn settle(commit: &mut Option<Commit<'_>>) -> (Vec<Cell>, Result<(), SinkError>) {
    match commit {
        Some(commit) => commit.await,
        None => std::future::pending().await,
    }
}

/// That moment; never, when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
