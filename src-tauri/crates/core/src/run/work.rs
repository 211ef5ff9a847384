//! A cell that was begun: the calls it still needs, and what is known so far.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handoff::Handoff;
use super::plan::CellPlan;
use super::{Cell, Outcome, Target, TranscriptKey, Try};
use crate::model::{Answer, Attempt, Call, CallError};
use crate::prompt::{Digest, Message, Usd};

/// A cell under way.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) plan: CellPlan,
    /// The earlier turns that the primary still says, before the cell's own call.
    pub(super) handoff: Option<Handoff>,
    /// The call that is next, once it was built.
    pub(super) call: Option<Call>,
    /// The digest of that call's request.
    pub(super) request: Option<Digest>,
    /// What that call can cost at most.
    pub(super) at_most: Option<Usd>,
    /// Not before then.
    pub(super) not_before: Instant,
    /// Which call it is, from 1.
    pub(super) number: u32,
    /// How often that call was tried.
    pub(super) tried: u32,
    /// How long that call has waited between tries.
    pub(super) waited: Duration,
    /// Why it is tried again.
    pub(super) last_error: Option<CallError>,
    /// The conversation that is handed over.
    pub(super) transcript: Option<Arc<Vec<Message>>>,
    tries: Vec<Try>,
    seconds: Option<f64>,
    partial: Option<Answer>,
    cost: Usd,
    cost_known: bool,
}

impl Work {
    pub(super) fn new(plan: CellPlan, now: Instant) -> Self {
        Self {
            plan,
            handoff: None,
            call: None,
            request: None,
            at_most: None,
            not_before: now,
            number: 1,
            tried: 0,
            waited: Duration::ZERO,
            last_error: None,
            transcript: None,
            tries: Vec::new(),
            seconds: None,
            partial: None,
            cost: Usd::default(),
            cost_known: true,
        }
    }

    /// The conversation this cell belongs to.
    pub(super) fn conversation(&self) -> TranscriptKey {
        (self.plan.case().id.clone(), self.plan.repeat())
    }

    /// Who is called next: the primary as long as it has turns to say.
    pub(super) fn target<'a>(&'a self, primary: Option<&'a Arc<Target>>) -> &'a Target {
        match (&self.handoff, primary) {
            (Some(_), Some(primary)) => primary,
            _ => self.plan.target(),
        }
    }

    /// Builds the next call, if it was not built yet.
    pub(super) fn build(&mut self, primary: Option<&Arc<Target>>) -> Result<(), CallError> {
        if self.call.is_some() {
            return Ok(());
        }
        let call = match (&self.handoff, primary, &self.transcript) {
            (Some(handoff), Some(primary), _) => self.plan.call_before(primary, handoff.said())?,
            (_, _, Some(transcript)) => self.plan.call_after(transcript)?,
            _ => self.plan.call()?,
        };
        let pricing = self.target(primary).pricing.as_ref();
        self.at_most = pricing.and_then(|pricing| pricing.at_most(&call.request));
        self.request = Some(call.request.digest());
        self.call = Some(call);
        Ok(())
    }

    /// Goes on to another call.
    pub(super) fn turn_to_next_call(&mut self) {
        self.call = None;
        self.request = None;
        self.at_most = None;
        self.number += 1;
        self.tried = 0;
        self.waited = Duration::ZERO;
        self.last_error = None;
        self.seconds = None;
    }

    /// Notes a try.
    pub(super) fn note(&mut self, attempt: &Attempt, began_millis: i64, seconds: f64) {
        self.seconds = Some(seconds);
        self.partial.clone_from(&attempt.partial);
        let (Some(call), Some(request)) = (&self.call, &self.request) else {
            return;
        };
        self.tries.push(Try {
            model: call.model.clone(),
            call: self.number,
            number: self.tried,
            began_millis,
            request: request.clone(),
            kind: attempt
                .outcome
                .as_ref()
                .err()
                .map(|error| error.kind.code()),
            trace: attempt.trace.clone(),
        });
    }

    /// Adds what an answer cost; `None` makes the whole unknown.
    pub(super) fn charge(&mut self, cost: Option<Usd>) {
        match cost {
            Some(cost) => self.cost = self.cost.plus(cost),
            None => self.cost_known = false,
        }
    }

    /// The cell, over.
    pub(super) fn end(self, outcome: Outcome, cached: bool, at: String) -> Cell {
        let verdicts = match (&outcome, self.plan.expect()) {
            (Outcome::Output(answer), Some(expect)) => expect.judge(&answer.text),
            _ => Vec::new(),
        };
        let pricing = self.plan.target().pricing.as_ref();
        let billed = !self.tries.is_empty();
        Cell {
            key: self.plan.key(),
            case: self.plan.case().clone(),
            partial: match &outcome {
                Outcome::Output(_) => None,
                Outcome::Error(_) => self.partial,
            },
            outcome,
            seconds: self.seconds,
            at,
            tries: self.tries,
            request: self.request,
            cached,
            cost: self.cost_known.then_some(self.cost),
            price: pricing.filter(|_| billed).and_then(|pricing| pricing.row()),
            verdicts,
            transcript: self.transcript,
        }
    }
}
