//! Which call is next: over all endpoints in the order of the plan, past those whose door is shut.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::gate::{Endpoint, Gate};
use super::handoff::Handoff;
use super::plan::Plan;
use super::work::Work;
use super::{Target, TranscriptKey};
use crate::model::CallError;
use crate::prompt::{Message, Model};

/// A conversation that cells share: said once, for all fallbacks.
enum Conversation {
    UnderWay,
    Said(Arc<Vec<Message>>),
    Failed(CallError),
}

/// What to do next.
pub(super) enum Draw {
    /// Make this cell's next call.
    Call(Box<Work>),
    /// There is no call to make: the conversation it would answer does not exist.
    Over(Box<Work>, CallError),
    /// Nothing now.
    Nothing,
}

pub(super) struct Schedule<'a> {
    plan: &'a Plan,
    gates: Vec<Gate>,
    /// The door of each target.
    doors: Vec<usize>,
    primary_door: Option<usize>,
    /// The next cell of each target, by its place in the plan.
    cursors: Vec<u32>,
    /// Begun cells whose next call can be made now or later.
    #[expect(clippy::vec_box, reason = "works move in and out of it, and are large")]
    ready: Vec<Box<Work>>,
    conversations: HashMap<TranscriptKey, Conversation>,
    /// Cells begun and not over.
    begun: usize,
    most_begun: usize,
    /// When a draw was last asked for: what has become possible since then is not to be missed.
    asked: Instant,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(plan: &'a Plan, concurrency: usize) -> Self {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        let mut gates: Vec<Gate> = Vec::new();
        let mut door = |settings: &Model| {
            let endpoint = Endpoint::of(settings);
            let limit = settings
                .concurrency
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(usize::MAX);
            match endpoints.iter().position(|known| *known == endpoint) {
                Some(known) => {
                    if let Some(gate) = gates.get_mut(known) {
                        gate.narrow(limit);
                    }
                    known
                }
                None => {
                    endpoints.push(endpoint);
                    gates.push(Gate::new(limit));
                    gates.len() - 1
                }
            }
        };
        let doors = plan
            .targets()
            .iter()
            .map(|target| door(&target.settings))
            .collect();
        let primary_door = plan.primary().map(|primary| door(&primary.settings));
        let said = plan.transcripts().iter();
        let mut schedule = Self {
            plan,
            gates,
            doors,
            primary_door,
            cursors: (0..).take(plan.targets().len()).collect(),
            ready: Vec::new(),
            conversations: said
                .map(|(key, said)| (key.clone(), Conversation::Said(said.clone())))
                .collect(),
            begun: 0,
            // Cells that wait to be tried again take no place among the calls; this bounds them.
            most_begun: concurrency.saturating_mul(4).max(16),
            asked: Instant::now(),
        };
        for target in 0..schedule.cursors.len() {
            schedule.skip_finished(target);
        }
        schedule
    }

    /// What to do next at `now`.
    pub(super) fn draw(&mut self, now: Instant) -> Draw {
        self.asked = now;
        let again = self.ready.iter().position(|work| {
            work.not_before <= now
                && self
                    .door(work)
                    .and_then(|door| self.gates.get(door))
                    .is_some_and(|gate| gate.is_open(now))
        });
        if let Some(again) = again {
            return Draw::Call(self.ready.remove(again));
        }
        if self.begun >= self.most_begun {
            return Draw::Nothing;
        }
        let next = (0..self.cursors.len())
            .filter(|target| {
                self.next_door(*target)
                    .and_then(|door| self.gates.get(door))
                    .is_some_and(|gate| gate.is_open(now))
            })
            .min_by_key(|target| self.cursors.get(*target));
        let Some(target) = next else {
            return Draw::Nothing;
        };
        let Some(cell) = self.cursors.get(target).and_then(|at| self.plan.cell(*at)) else {
            return Draw::Nothing;
        };
        self.step(target);
        self.begun += 1;
        let mut work = Box::new(Work::new(cell, now));
        if self.plan.primary().is_none() {
            return Draw::Call(work);
        }
        let key = work.conversation();
        match self.conversations.get(&key) {
            Some(Conversation::Said(said)) => work.transcript = Some(said.clone()),
            Some(Conversation::Failed(error)) => {
                let error = error.clone();
                return Draw::Over(work, error);
            }
            Some(Conversation::UnderWay) => {}
            None => {
                let handoff = Handoff::new(&work.plan.case().turns);
                if handoff.wants_primary() {
                    self.conversations.insert(key, Conversation::UnderWay);
                    work.handoff = Some(handoff);
                } else {
                    let said = Arc::new(handoff.said().to_vec());
                    self.conversations
                        .insert(key, Conversation::Said(said.clone()));
                    work.transcript = Some(said);
                }
            }
        }
        Draw::Call(work)
    }

    /// A call begins.
    pub(super) fn enter(&mut self, work: &Work) {
        if let Some(gate) = self.gate_of(work) {
            gate.enter();
        }
    }

    /// A call is over.
    pub(super) fn leave(&mut self, work: &Work) {
        if let Some(gate) = self.gate_of(work) {
            gate.leave();
        }
    }

    /// Makes this cell's next call when its time has come.
    pub(super) fn put_back(&mut self, work: Box<Work>) {
        self.ready.push(work);
    }

    /// Puts a call that could not be let in at the head of all others.
    pub(super) fn put_first(&mut self, work: Box<Work>) {
        self.ready.insert(0, work);
    }

    /// A cell is over.
    pub(super) fn end(&mut self) {
        self.begun = self.begun.saturating_sub(1);
    }

    /// Holds the endpoint that `work` calls.
    pub(super) fn shut(&mut self, work: &Work, until: Instant) {
        if let Some(gate) = self.gate_of(work) {
            gate.shut(until);
        }
    }

    /// Calls nobody at the endpoint of `work` any more. Gives back the cells that wait there and were tried before:
    /// their last error stands.
    #[expect(clippy::vec_box, reason = "they are boxed already")]
    pub(super) fn close(&mut self, work: &Work) -> Vec<Box<Work>> {
        let Some(door) = self.door(work) else {
            return Vec::new();
        };
        if let Some(gate) = self.gates.get_mut(door) {
            gate.close();
        }
        let waiting = std::mem::take(&mut self.ready);
        let (mut tried, mut rest) = (Vec::new(), Vec::new());
        for work in waiting {
            if self.door(&work) == Some(door) && work.last_error.is_some() {
                tried.push(work);
            } else {
                rest.push(work);
            }
        }
        self.ready = rest;
        tried
    }

    /// The primary has said its turns, or could not.
    pub(super) fn said(&mut self, work: &Work, said: Result<Arc<Vec<Message>>, CallError>) {
        let conversation = match said {
            Ok(said) => Conversation::Said(said),
            Err(error) => Conversation::Failed(error),
        };
        self.conversations.insert(work.conversation(), conversation);
    }

    /// Whether any cell can still be begun or gone on with, now or later.
    pub(super) fn has_more(&self) -> bool {
        let open = |door: Option<usize>| {
            door.and_then(|door| self.gates.get(door))
                .is_some_and(|gate| !gate.is_closed())
        };
        self.ready.iter().any(|work| open(self.door(work)))
            || (0..self.cursors.len()).any(|target| {
                self.cursors
                    .get(target)
                    .is_some_and(|at| self.plan.cell(*at).is_some())
                    && match self.next_door(target) {
                        Some(door) => open(Some(door)),
                        // It waits for a conversation that is under way.
                        None => self.begun > 0,
                    }
            })
    }

    /// When something could go on by itself that could not at the last draw.
    pub(super) fn wakes(&self) -> Option<Instant> {
        let now = self.asked;
        let retries = self
            .ready
            .iter()
            .map(|work| work.not_before)
            .filter(|at| *at > now);
        let doors = self.gates.iter().filter_map(|gate| gate.opens(now));
        retries.chain(doors).min()
    }

    fn gate_of(&mut self, work: &Work) -> Option<&mut Gate> {
        let door = self.door(work)?;
        self.gates.get_mut(door)
    }

    fn door(&self, work: &Work) -> Option<usize> {
        if work.handoff.is_some() {
            return self.primary_door;
        }
        let targets = self.plan.targets().len().max(1);
        let place = usize::try_from(work.plan.index()).ok()? % targets;
        self.doors.get(place).copied()
    }

    /// Where the next cell of a target begins; `None` when it has none, or waits for its conversation.
    fn next_door(&self, target: usize) -> Option<usize> {
        let own = self.doors.get(target).copied();
        let cell = self.plan.cell(*self.cursors.get(target)?)?;
        let Some(primary) = self.primary_door else {
            return own;
        };
        match self
            .conversations
            .get(&(cell.case().id.clone(), cell.repeat()))
        {
            Some(Conversation::UnderWay) => None,
            Some(_) => own,
            None => Some(primary),
        }
    }

    fn step(&mut self, target: usize) {
        let targets = u32::try_from(self.plan.targets().len()).unwrap_or(u32::MAX);
        if let Some(cursor) = self.cursors.get_mut(target) {
            *cursor = cursor.saturating_add(targets);
        }
        self.skip_finished(target);
    }

    fn skip_finished(&mut self, target: usize) {
        let targets = u32::try_from(self.plan.targets().len()).unwrap_or(u32::MAX);
        if let Some(cursor) = self.cursors.get_mut(target) {
            while *cursor < self.plan.len() && self.plan.is_finished(*cursor) {
                *cursor = cursor.saturating_add(targets);
            }
        }
    }

    /// Who is called next for `work`.
    pub(super) fn target<'w>(&self, work: &'w Work) -> &'w Target
    where
        'a: 'w,
    {
        work.target(self.plan.primary())
    }
}
