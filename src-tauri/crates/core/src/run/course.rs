//! The course of a run: what each try means for its cell, for its endpoint and for the money, and the counts on the way.

use std::sync::Arc;

use tokio::time::Instant;

use super::budget::Budget;
use super::execute::{Over, Reply, chance};
use super::schedule::{Draw, Schedule};
use super::work::Work;
use super::{
    Cell, CellEvent, CellState, Event, Execution, Held, Next, Outcome, Stop, Summary, Tried,
};
use crate::model::{Answer, Attempt, CallError, ErrorKind};
use crate::prompt::Usd;

/// What the loop does next.
pub(super) enum Step {
    /// Make this call.
    Call(Box<Work>),
    /// Keep this cell: there was no call to make.
    Over(Box<Cell>),
    /// Wait.
    Nothing,
}

pub(super) struct Course<'a> {
    execution: &'a Execution<'a>,
    schedule: Schedule<'a>,
    budget: Budget,
    begun: Instant,
    finished: u32,
    failed: u32,
    cached: u32,
    unmet: u32,
    unpriced: u32,
    spent: Usd,
    stops: Vec<Stop>,
}

impl<'a> Course<'a> {
    pub(super) fn new(execution: &'a Execution<'a>, begun: Instant) -> Self {
        let (finished, failed) = execution.plan.finished();
        Self {
            schedule: Schedule::new(execution.plan, execution.limits.concurrency),
            budget: Budget::new(execution.limits.max_cost),
            execution,
            begun,
            finished,
            failed,
            cached: 0,
            unmet: 0,
            unpriced: 0,
            spent: Usd::default(),
            stops: Vec::new(),
        }
    }

    /// The next step. `idle`: no call is under way whose end could make room.
    pub(super) fn next(&mut self, idle: bool) -> Step {
        if self.is_stopped() {
            return Step::Nothing;
        }
        let mut work = match self.schedule.draw(Instant::now()) {
            Draw::Call(work) => work,
            Draw::Over(work, error) => return self.over(work, Outcome::Error(error)),
            Draw::Nothing => return Step::Nothing,
        };
        if let Err(error) = work.build(self.execution.plan.primary()) {
            if work.handoff.is_some() {
                self.schedule.said(&work, Err(error.clone()));
            }
            return self.over(work, Outcome::Error(error));
        }
        if let Some(call) = &mut work.call {
            call.keep_raw = self.execution.keep_raw;
        }
        if !self.budget.reserve(work.at_most) {
            // Calls under way may turn out cheaper than feared.
            if idle {
                self.stop(Stop::MaxCost);
            }
            self.schedule.put_first(work);
            return Step::Nothing;
        }
        self.schedule.enter(&work);
        work.tried += 1;
        Step::Call(work)
    }

    /// When something could go on by itself that could not at the last step; `None` when nothing will.
    pub(super) fn wakes(&self) -> Option<Instant> {
        if self.is_stopped() || !self.schedule.has_more() {
            return None;
        }
        self.schedule.wakes()
    }

    /// Ends the run early.
    pub(super) fn stop(&mut self, stop: Stop) {
        if !self.stops.contains(&stop) {
            self.stops.push(stop);
        }
    }

    fn is_stopped(&self) -> bool {
        self.stops
            .iter()
            .any(|stop| matches!(stop, Stop::Cancelled | Stop::MaxCost))
    }

    /// Takes a try that is over. Gives the cells that are over by it.
    pub(super) fn take(&mut self, over: Over, report: &mut impl FnMut(Event)) -> Vec<Cell> {
        let Over {
            mut work,
            began_millis,
            seconds,
            reply,
        } = over;
        self.schedule.leave(&work);
        let attempt = match reply {
            Reply::Made(attempt) => attempt,
            Reply::Known(answer) => {
                self.budget
                    .settle(work.at_most, Some(Usd::default()), false);
                self.cached += 1;
                return vec![self.end(work, Outcome::Output(*answer), true)];
            }
        };
        work.note(&attempt, began_millis, seconds);
        match &attempt.outcome {
            Ok(answer) => {
                let cost = self.cost(&work, answer);
                self.budget.settle(work.at_most, cost, true);
                work.charge(cost);
                self.observe(&work, &attempt, began_millis, None);
                let answer = answer.clone();
                self.answered(work, answer)
            }
            Err(error) => {
                let error = error.clone();
                self.budget
                    .settle(work.at_most, None, attempt.trace.answered);
                if attempt.trace.answered {
                    work.charge(None);
                }
                self.refused(work, &attempt, error, began_millis, report)
            }
        }
    }

    fn answered(&mut self, mut work: Box<Work>, answer: Answer) -> Vec<Cell> {
        let Some(mut handoff) = work.handoff.take() else {
            return vec![self.end(work, Outcome::Output(answer), false)];
        };
        let taken = handoff.take(&answer);
        if let Err(error) = taken {
            self.schedule.said(&work, Err(error.clone()));
            return vec![self.end(work, Outcome::Error(error), false)];
        }
        work.turn_to_next_call();
        if handoff.wants_primary() {
            work.handoff = Some(handoff);
        } else {
            let said = Arc::new(handoff.said().to_vec());
            work.transcript = Some(said.clone());
            self.schedule.said(&work, Ok(said));
        }
        work.not_before = Instant::now();
        self.schedule.put_back(work);
        Vec::new()
    }

    fn refused(
        &mut self,
        mut work: Box<Work>,
        attempt: &Attempt,
        error: CallError,
        began_millis: i64,
        report: &mut impl FnMut(Event),
    ) -> Vec<Cell> {
        let spread = work
            .request
            .as_ref()
            .map_or(0.0, |request| chance(request, work.tried));
        let retry = &self.execution.limits.retry;
        let next = retry.next(&error, attempt, work.tried, work.waited, spread);
        self.observe(&work, attempt, began_millis, Some(&error));
        match next {
            Next::Again { after, hold } => {
                let until = Instant::now() + after;
                if hold {
                    self.schedule.shut(&work, until);
                    report(Event::Held(Held {
                        model: self.schedule.target(&work).model.clone(),
                        seconds: after.as_secs_f64(),
                        kind: error.kind.code().to_owned(),
                    }));
                }
                work.waited += after;
                work.not_before = until;
                work.last_error = Some(error);
                self.schedule.put_back(work);
                Vec::new()
            }
            Next::Never { close } => {
                let mut cells = Vec::new();
                if close {
                    self.stop(Stop::Endpoint {
                        model: self.schedule.target(&work).model.clone(),
                        message: error.to_string(),
                    });
                    for mut other in self.schedule.close(&work) {
                        if let Some(last) = other.last_error.take() {
                            cells.push(self.fail(other, last));
                        }
                    }
                }
                cells.push(self.fail(work, error));
                cells
            }
        }
    }

    /// A cell whose call failed for good.
    fn fail(&mut self, work: Box<Work>, error: CallError) -> Cell {
        if work.handoff.is_none() {
            return self.end(work, Outcome::Error(error), false);
        }
        let primary = &self.schedule.target(&work).model;
        let error = CallError {
            status: error.status,
            request_id: error.request_id.clone(),
            ..CallError::new(ErrorKind::Handoff, format!("{primary}: {error}"))
        };
        self.schedule.said(&work, Err(error.clone()));
        self.end(work, Outcome::Error(error), false)
    }

    fn over(&mut self, work: Box<Work>, outcome: Outcome) -> Step {
        Step::Over(Box::new(self.end(work, outcome, false)))
    }

    fn end(&mut self, work: Box<Work>, outcome: Outcome, cached: bool) -> Cell {
        self.schedule.end();
        let at = self.execution.host.now();
        work.end(outcome, cached, at)
    }

    fn cost(&self, work: &Work, answer: &Answer) -> Option<Usd> {
        let pricing = self.schedule.target(work).pricing.as_ref()?;
        pricing.cost(answer)
    }

    fn observe(
        &self,
        work: &Work,
        attempt: &Attempt,
        began_millis: i64,
        error: Option<&CallError>,
    ) {
        let Some(call) = &work.call else { return };
        let target = self.schedule.target(work);
        self.execution.observer.tried(Tried {
            run: self.execution.run,
            prompt: self.execution.prompt,
            version: target.version,
            content_id: &target.content_id,
            part: target.part(),
            order: target.order,
            call,
            number: work.tried,
            attempt,
            began_millis,
            reason: work
                .last_error
                .as_ref()
                .or(error)
                .map(|error| error.kind.code()),
        });
    }

    /// Counts a cell that was committed.
    pub(super) fn committed(&mut self, cell: &Cell) -> CellEvent {
        let judged = |passed: bool| {
            let count = cell.verdicts.iter().filter(|v| v.passed == Some(passed));
            u32::try_from(count.count()).unwrap_or(u32::MAX)
        };
        let unmet = judged(false);
        let (state, kind, message) = match &cell.outcome {
            Outcome::Output(_) => (CellState::Output, None, None),
            Outcome::Error(error) => (
                CellState::Error,
                Some(error.kind.code().to_owned()),
                Some(error.to_string()),
            ),
        };
        self.finished += 1;
        self.failed += u32::from(state == CellState::Error);
        self.unmet += u32::from(unmet > 0);
        match cell.cost {
            Some(cost) => self.spent = self.spent.plus(cost),
            None => self.unpriced += 1,
        }
        CellEvent {
            case: cell.key.case.clone(),
            model: cell.key.model.clone(),
            repeat: cell.key.repeat,
            passthrough: cell.key.passthrough,
            state,
            kind,
            message,
            seconds: cell.seconds,
            tries: u32::try_from(cell.tries.len()).unwrap_or(u32::MAX),
            cached: cell.cached,
            cost_usd: cell.cost.map(Usd::dollars),
            expected: unmet + judged(true),
            unmet,
            finished: self.finished,
            failed: self.failed,
            cells: self.execution.plan.len(),
            spent_usd: self.spent.dollars(),
            elapsed_seconds: self.begun.elapsed().as_secs_f64(),
        }
    }

    pub(super) fn finished(&self) -> u32 {
        self.finished
    }

    pub(super) fn summary(self) -> Summary {
        let cells = self.execution.plan.len();
        let left = cells.saturating_sub(self.finished);
        Summary {
            run: self.execution.run.to_owned(),
            cells,
            finished: self.finished,
            failed: self.failed,
            left,
            cached: self.cached,
            unmet: self.unmet,
            seconds: self.begun.elapsed().as_secs_f64(),
            cost_usd: (self.unpriced == 0).then(|| self.spent.dollars()),
            spent_usd: self.spent.dollars(),
            unpriced: self.unpriced,
            counted_usd: self.budget.spent().dollars(),
            cancelled: left > 0,
            stops: if left > 0 { self.stops } else { Vec::new() },
        }
    }
}
