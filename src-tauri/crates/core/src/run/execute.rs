//! Making a plan's calls.
//!
//! One task holds at most `concurrency` calls and makes the next when one is over; nothing is spawned, so dropping the
//! run drops its calls. Finished cells gather for at most 20 ms and are committed together while further calls go on.
//! Durations are those of tokio's clock, which tests stop; dates are the host's.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::Instant;

use super::{
    Cancel, Cell, CellEvent, CellPlan, Event, Outcome, Plan, Sink, SinkError, Started, Summary,
};
use crate::host::Host;
use crate::model::{Caller, Nobody};

/// Bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most calls at once, over all models; 0 counts as 1.
    pub concurrency: usize,
    /// The most cells of one commit; 0 counts as 1.
    pub group_cells: usize,
    /// How long a finished cell waits for others to be committed with.
    pub group_time: Duration,
}

impl Default for Limits {
    /// 8 calls at once; up to 128 cells or 20 ms a commit.
    fn default() -> Self {
        Self {
            concurrency: 8,
            group_cells: 128,
            group_time: Duration::from_millis(20),
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
    /// What to do.
    pub plan: &'a Plan,
    /// Who answers.
    pub caller: &'a dyn Caller,
    /// Who keeps.
    pub sink: &'a dyn Sink,
    /// Who tells the date.
    pub host: &'a dyn Host,
    /// Bounds.
    pub limits: Limits,
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
    let begun = Instant::now();
    let cells = plan.len();
    report(Event::Started(Started {
        run: run.to_owned(),
        cells,
    }));

    let mut planned = plan.cells().iter();
    let mut calls = FuturesUnordered::new();
    let mut waiting = Waiting::new(limits);
    let mut commit: Option<Commit<'_>> = None;
    let (mut finished, mut failed) = (0_u32, 0_u32);
    let cancelled = cancel.cancelled();
    tokio::pin!(cancelled);
    let mut stopped = false;

    loop {
        // The switch is asked here too, so that no call begins after it was thrown.
        while !stopped
            && !cancel.is_cancelled()
            && calls.len() < limits.concurrency
            && !waiting.is_full()
        {
            let Some(cell) = planned.next() else { break };
            calls.push(make(cell, execution.caller, execution.host));
        }
        if commit.is_none() && waiting.is_due(calls.is_empty()) {
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
        if commit.is_none() && calls.is_empty() && waiting.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = &mut cancelled, if !stopped => {
                stopped = true;
                // What is over already counts, even if nobody has looked at it yet.
                while let Some(Some(cell)) = calls.next().now_or_never() {
                    waiting.push(cell);
                }
                calls.clear();
            }
            (group, result) = settle(&mut commit), if commit.is_some() => {
                commit = None;
                if let Err(source) = result {
                    return Err(RunError::Sink { finished, cells, source });
                }
                for cell in &group {
                    finished += 1;
                    failed += u32::from(matches!(cell.outcome, Outcome::Error(_)));
                    report(Event::Cell(CellEvent::of(cell, finished, failed, cells)));
                }
            }
            Some(cell) = calls.next(), if !calls.is_empty() => waiting.push(cell),
            () = tokio::time::sleep_until(waiting.due), if commit.is_none() && !waiting.is_empty() => {}
        }
    }

    let summary = Summary {
        run: run.to_owned(),
        cells,
        finished,
        failed,
        seconds: begun.elapsed().as_secs_f64(),
        cost_usd: None,
        cancelled: finished < cells,
    };
    tracing::debug!(run, cells, finished, failed, "run over");
    report(Event::Summary(summary.clone()));
    Ok(summary)
}

/// Makes one cell.
async fn make(planned: &CellPlan, caller: &dyn Caller, host: &dyn Host) -> Cell {
    let (outcome, seconds) = match planned.call() {
        Ok(call) => {
            let begun = Instant::now();
            let outcome = match caller.call(&call, &Nobody).await.outcome {
                Ok(answer) => Outcome::Output(answer),
                Err(error) => Outcome::Error(error),
            };
            (outcome, Some(begun.elapsed().as_secs_f64()))
        }
        Err(error) => (Outcome::Error(error), None),
    };
    Cell {
        key: planned.key(),
        case: planned.case().clone(),
        outcome,
        seconds,
        at: host.now(),
    }
}

/// The commit under way; never, when there is none.
async fn settle(commit: &mut Option<Commit<'_>>) -> (Vec<Cell>, Result<(), SinkError>) {
    match commit {
        Some(commit) => commit.await,
        None => std::future::pending().await,
    }
}

/// Cells that are over and not yet being committed.
struct Waiting {
    cells: Vec<Cell>,
    /// When the oldest has waited long enough.
    due: Instant,
    limits: Limits,
}

impl Waiting {
    fn new(limits: Limits) -> Self {
        Self {
            cells: Vec::new(),
            due: Instant::now(),
            limits,
        }
    }

    fn push(&mut self, cell: Cell) {
        if self.cells.is_empty() {
            self.due = Instant::now() + self.limits.group_time;
        }
        self.cells.push(cell);
    }

    fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// A sink slower than the models holds the calls back: what a crash could lose stays bounded.
    fn is_full(&self) -> bool {
        self.cells.len() >= self.limits.group_cells + self.limits.concurrency
    }

    /// Whether to commit now. `last`: no call is under way that could join.
    fn is_due(&self, last: bool) -> bool {
        let full = self.cells.len() >= self.limits.group_cells;
        !self.is_empty() && (full || last || Instant::now() >= self.due)
    }

    /// The oldest cells, as many as one commit takes. What stays is overdue and goes with the next.
    fn take(&mut self) -> Vec<Cell> {
        let rest = self
            .cells
            .split_off(self.limits.group_cells.min(self.cells.len()));
        std::mem::replace(&mut self.cells, rest)
    }
}

#[cfg(test)]
mod tests;
