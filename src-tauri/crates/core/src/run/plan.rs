//! What a run will do: pure, and the same for the same cases and targets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::handoff::Handoff;
use super::{CellKey, Part, Pricing};
use crate::case::Case;
use crate::model::{Call, CallError, build};
use crate::parity::Expectations;
use crate::prompt::{
    CaseId, Content, ContentId, Digest, Message, Model, ModelName, RenderError, Renderer,
};

/// The most cells of one plan. Beyond it stands a slip of the keyboard, not an experiment.
const MOST_CELLS: usize = 10_000_000;

/// A model and what it is given.
#[derive(Debug, Clone)]
pub struct Target {
    /// The model's name.
    pub model: ModelName,
    /// Its settings.
    pub settings: Arc<Model>,
    /// The content it is given.
    pub content: Arc<Content>,
    /// The content's id.
    pub content_id: ContentId,
    /// Whether that content is the primary's, although the model is a fallback.
    pub passthrough: bool,
    /// The model's place in the chain; 0 is the primary.
    pub order: u32,
    /// The number of the version that has this content, for telemetry.
    pub version: Option<u32>,
    /// What its calls cost; `None` means unknown.
    pub pricing: Option<Arc<dyn Pricing>>,
    /// The content's templates, parsed once.
    renderer: Result<Arc<Renderer>, RenderError>,
}

impl Target {
    /// A model with its own variant.
    pub fn own(model: ModelName, settings: Arc<Model>, content: Arc<Content>) -> Self {
        Self {
            content_id: content.id(),
            renderer: Renderer::new(&content).map(Arc::new),
            model,
            settings,
            content,
            passthrough: false,
            order: 0,
            version: None,
            pricing: None,
        }
    }

    /// A fallback given the primary's content, as naive failover would: all of it, provider options and parameters
    /// that this API refuses included. The refusal is the finding.
    pub fn passthrough(model: ModelName, settings: Arc<Model>, primary: Arc<Content>) -> Self {
        Self {
            passthrough: true,
            ..Self::own(model, settings, primary)
        }
    }

    /// In which part it is asked.
    pub fn part(&self) -> Part {
        match (self.passthrough, self.order) {
            (true, _) => Part::Passthrough,
            (false, 0) => Part::Primary,
            (false, _) => Part::Fallback,
        }
    }

    /// The call for a case as it was saved.
    pub fn call_for(&self, case: &Case) -> Result<Call, CallError> {
        self.call(case, &case.turns, false, 1)
    }

    /// The call for a case. `turns`: the conversation in place of the case's own. `open`: it is still going on, so the
    /// version's final user turn is left out.
    fn call(
        &self,
        case: &Case,
        turns: &[Message],
        open: bool,
        repeat: u32,
    ) -> Result<Call, CallError> {
        let renderer = self.renderer.as_ref().map_err(Clone::clone)?;
        let rendered = if open {
            renderer.render_open(&case.variables, turns)?
        } else {
            renderer.render(&case.variables, turns)?
        };
        Ok(Call {
            model: self.model.clone(),
            settings: self.settings.clone(),
            case: case.id.clone(),
            repeat,
            passthrough: self.passthrough,
            keep_raw: false,
            request: build(&self.settings, &self.content, &rendered)?,
        })
    }
}

/// A plan that is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Too many cells.
    #[error(
        "{cases} cases × {targets} versions × {repeats} repeats are more than {MOST_CELLS} calls"
    )]
    TooMany {
        /// Cases.
        cases: usize,
        /// Versions.
        targets: usize,
        /// Repeats.
        repeats: u32,
    },
}

/// A case, the digest of its input and what it expects, taken once.
#[derive(Debug)]
struct Input {
    case: Arc<Case>,
    digest: Digest,
    expect: Option<Arc<Expectations>>,
}

/// A cell that is planned. Rendering waits until the call is made, so that a plan's memory does not grow with its
/// texts.
#[derive(Debug, Clone)]
pub struct CellPlan {
    index: u32,
    input: Arc<Input>,
    target: Arc<Target>,
    repeat: u32,
}

impl CellPlan {
    /// Its place in the plan.
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Which cell.
    pub fn key(&self) -> CellKey {
        CellKey {
            model: self.target.model.clone(),
            content_id: self.target.content_id.clone(),
            case: self.input.case.id.clone(),
            input_digest: self.input.digest.clone(),
            repeat: self.repeat,
            passthrough: self.target.passthrough,
        }
    }

    /// The case.
    pub fn case(&self) -> &Arc<Case> {
        &self.input.case
    }

    /// Who is asked, with what.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Which repetition, from 1.
    pub fn repeat(&self) -> u32 {
        self.repeat
    }

    pub(super) fn expect(&self) -> Option<&Expectations> {
        self.input.expect.as_deref()
    }

    /// The call to make. What cannot be rendered or built is the cell's error, and no call.
    pub fn call(&self) -> Result<Call, CallError> {
        let case = &self.input.case;
        self.target.call(case, &case.turns, false, self.repeat)
    }

    /// The same after another conversation than the case's own.
    pub(super) fn call_after(&self, transcript: &[Message]) -> Result<Call, CallError> {
        self.target
            .call(&self.input.case, transcript, false, self.repeat)
    }

    /// The primary's next turn of a handoff.
    pub(super) fn call_before(
        &self,
        primary: &Target,
        said: &[Message],
    ) -> Result<Call, CallError> {
        primary.call(&self.input.case, said, true, self.repeat)
    }
}

/// A conversation of a handoff: of which case, at which repetition.
pub type TranscriptKey = (CaseId, u32);

/// A run's cells, in the order in which they are begun.
#[derive(Debug, Clone)]
pub struct Plan {
    inputs: Vec<Arc<Input>>,
    targets: Vec<Arc<Target>>,
    repeats: u32,
    count: u32,
    /// Who answers the earlier turns.
    handoff: Option<Arc<Target>>,
    /// Conversations that were handed over before the run was cut off.
    transcripts: HashMap<TranscriptKey, Arc<Vec<Message>>>,
    /// Cells that are finished, by their place; and how many of those with an error.
    finished: HashSet<u32>,
    failed: u32,
}

impl Plan {
    /// The matrix of `cases` × `targets` × `repeats` (0 counts as 1).
    ///
    /// The targets of a case follow each other, so that models share the load and a case's outputs arrive together;
    /// then come the next case and, when every case was asked, the next repeat. A case or target given twice is asked
    /// once.
    pub fn new(cases: Vec<Case>, targets: Vec<Target>, repeats: u32) -> Result<Self, PlanError> {
        let mut seen = HashSet::new();
        let inputs: Vec<Arc<Input>> = cases
            .into_iter()
            .filter(|case| seen.insert(case.id.clone()))
            .map(|case| {
                Arc::new(Input {
                    digest: case.input_digest(),
                    case: Arc::new(case),
                    expect: None,
                })
            })
            .collect();
        let mut seen = HashSet::new();
        let targets: Vec<Arc<Target>> = targets
            .into_iter()
            .filter(|target| {
                let content = target.content_id.clone();
                seen.insert((target.model.clone(), content, target.passthrough))
            })
            .map(Arc::new)
            .collect();
        let repeats = repeats.max(1);
        let count = usize::try_from(repeats)
            .ok()
            .and_then(|repeats| repeats.checked_mul(inputs.len()))
            .and_then(|count| count.checked_mul(targets.len()))
            .filter(|count| *count <= MOST_CELLS)
            .and_then(|count| u32::try_from(count).ok())
            .ok_or(PlanError::TooMany {
                cases: inputs.len(),
                targets: targets.len(),
                repeats,
            })?;
        Ok(Self {
            inputs,
            targets,
            repeats,
            count,
            handoff: None,
            transcripts: HashMap::new(),
            finished: HashSet::new(),
            failed: 0,
        })
    }

    /// Lets `primary` answer the earlier turns of every case; `transcripts` were handed over before.
    #[must_use]
    pub fn handing_off(
        mut self,
        primary: Target,
        transcripts: HashMap<TranscriptKey, Arc<Vec<Message>>>,
    ) -> Self {
        self.handoff = Some(Arc::new(primary));
        self.transcripts = transcripts;
        self
    }

    /// Judges every case's outputs by what it expects.
    #[must_use]
    pub fn expecting(mut self, expect: impl Fn(&Case) -> Option<Expectations>) -> Self {
        for input in &mut self.inputs {
            let expect = expect(&input.case).map(Arc::new);
            *input = Arc::new(Input {
                case: input.case.clone(),
                digest: input.digest.clone(),
                expect,
            });
        }
        self
    }

    /// Leaves out what is finished. `finished` answers `Some` for a finished cell, and whether it is an error.
    #[must_use]
    pub fn resuming(mut self, finished: impl Fn(&CellKey) -> Option<bool>) -> Self {
        for index in 0..self.count {
            let Some(failed) = self.cell(index).and_then(|cell| finished(&cell.key())) else {
                continue;
            };
            self.finished.insert(index);
            self.failed += u32::from(failed);
        }
        self
    }

    /// The cell at a place.
    pub fn cell(&self, index: u32) -> Option<CellPlan> {
        let place = usize::try_from(index).ok()?;
        let targets = self.targets.len().max(1);
        let row = place / targets;
        let inputs = self.inputs.len().max(1);
        let repeat = u32::try_from(row / inputs).ok()? + 1;
        if repeat > self.repeats {
            return None;
        }
        Some(CellPlan {
            index,
            input: self.inputs.get(row % inputs)?.clone(),
            target: self.targets.get(place % targets)?.clone(),
            repeat,
        })
    }

    /// All cells, the finished ones included.
    pub fn cells(&self) -> impl Iterator<Item = CellPlan> + '_ {
        (0..self.count).filter_map(|index| self.cell(index))
    }

    /// Cells that are still to be made.
    pub fn left(&self) -> impl Iterator<Item = CellPlan> + '_ {
        self.cells()
            .filter(|cell| !self.finished.contains(&cell.index))
    }

    /// Who is asked.
    pub fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// The cases, in order.
    pub fn cases(&self) -> impl Iterator<Item = &Arc<Case>> {
        self.inputs.iter().map(|input| &input.case)
    }

    /// How often each case is asked.
    pub fn repeats(&self) -> u32 {
        self.repeats
    }

    /// How many cells there are.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many cells were finished before, and how many of those with an error.
    pub fn finished(&self) -> (u32, u32) {
        let finished = u32::try_from(self.finished.len()).unwrap_or(u32::MAX);
        (finished, self.failed)
    }

    pub(super) fn is_finished(&self, index: u32) -> bool {
        self.finished.contains(&index)
    }

    /// Who answers the earlier turns; `None` when nothing is handed over.
    pub fn primary(&self) -> Option<&Arc<Target>> {
        self.handoff.as_ref()
    }

    /// How many turns of a cell's conversation the primary still has to say; tools that are called add to them.
    pub fn earlier_turns(&self, cell: &CellPlan) -> u32 {
        let key = (cell.case().id.clone(), cell.repeat);
        if self.handoff.is_none() || self.transcripts.contains_key(&key) {
            return 0;
        }
        Handoff::turns_of(&cell.case().turns)
    }

    pub(super) fn transcripts(&self) -> &HashMap<TranscriptKey, Arc<Vec<Message>>> {
        &self.transcripts
    }
}

/// Whether a case has earlier turns of the assistant, which a handoff needs.
pub fn can_hand_off(case: &Case) -> bool {
    Handoff::applies_to(&case.turns)
}

#[cfg(test)]
mod tests;
