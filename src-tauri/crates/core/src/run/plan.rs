//! What a run will do: pure, and the same for the same cases and targets.

use std::collections::HashSet;
use std::sync::Arc;

use super::CellKey;
use crate::case::Case;
use crate::model::{Call, CallError, build};
use crate::prompt::{Content, ContentId, Digest, Model, ModelName, render};

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
}

impl Target {
    /// A model with its own variant.
    pub fn own(model: ModelName, settings: Arc<Model>, content: Arc<Content>) -> Self {
        Self {
            content_id: content.id(),
            model,
            settings,
            content,
            passthrough: false,
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

/// A case and the digest of its input, taken once.
#[derive(Debug)]
struct Input {
    case: Arc<Case>,
    digest: Digest,
}

/// A cell that is planned. Small: rendering waits until the call is made, so that a plan's memory does not grow with
/// its texts.
#[derive(Debug, Clone)]
pub struct CellPlan {
    input: Arc<Input>,
    target: Arc<Target>,
    repeat: u32,
}

impl CellPlan {
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

    /// The call to make. What cannot be rendered or built is the cell's error, and no call.
    pub fn call(&self) -> Result<Call, CallError> {
        let case = &self.input.case;
        let rendered = render(&self.target.content, &case.variables, &case.turns)?;
        let request = build(&self.target.settings, &self.target.content, &rendered)?;
        Ok(Call {
            model: self.target.model.clone(),
            settings: self.target.settings.clone(),
            case: self.input.case.id.clone(),
            repeat: self.repeat,
            passthrough: self.target.passthrough,
            keep_raw: false,
            request,
        })
    }
}

/// A run's cells, in the order in which they are begun.
#[derive(Debug, Clone)]
pub struct Plan {
    cells: Vec<CellPlan>,
}

impl Plan {
    /// The matrix of `cases` × `targets` × `repeats` (0 counts as 1).
    ///
    /// The targets of a case follow each other, so that models share the load and a case's outputs arrive together;
    /// then come the next case and, when every case was asked, the next repeat. A case or target given twice is asked
    /// once.
    pub fn new(cases: &[Case], targets: Vec<Target>, repeats: u32) -> Result<Self, PlanError> {
        let mut seen = HashSet::new();
        let inputs: Vec<Arc<Input>> = cases
            .iter()
            .filter(|case| seen.insert(case.id.clone()))
            .map(|case| {
                Arc::new(Input {
                    case: Arc::new(case.clone()),
                    digest: case.input_digest(),
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
            .ok_or(PlanError::TooMany {
                cases: inputs.len(),
                targets: targets.len(),
                repeats,
            })?;
        let mut cells = Vec::with_capacity(count);
        for repeat in 1..=repeats {
            for input in &inputs {
                for target in &targets {
                    cells.push(CellPlan {
                        input: input.clone(),
                        target: target.clone(),
                        repeat,
                    });
                }
            }
        }
        Ok(Self { cells })
    }

    /// The cells.
    pub fn cells(&self) -> &[CellPlan] {
        &self.cells
    }

    /// How many cells there are.
    pub fn len(&self) -> u32 {
        // At most `MOST_CELLS`.
        u32::try_from(self.cells.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

#[cfg(test)]
mod tests;
