//! What a run was asked to do, on its way into the workspace file and back.

use serde::{Deserialize, Serialize};

use crate::prompt::{ContentId, ModelName};
use crate::run::{Plan, Target};
use crate::workspace::Error;

/// What a run was asked to do, as it is stored with it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredPlan {
    pub(super) targets: Vec<StoredTarget>,
    pub(super) repeat: u32,
    /// Who answers the earlier turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handoff: Option<StoredTarget>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredTarget {
    pub(super) model: ModelName,
    pub(super) content_id: ContentId,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) passthrough: bool,
}

impl StoredTarget {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            model: target.model.clone(),
            content_id: target.content_id.clone(),
            passthrough: target.passthrough,
        }
    }
}

impl StoredPlan {
    pub(super) fn of(plan: &Plan) -> Self {
        let targets = plan.targets().iter();
        Self {
            targets: targets.map(|target| StoredTarget::of(target)).collect(),
            repeat: plan.repeats(),
            handoff: plan.primary().map(|primary| StoredTarget::of(primary)),
        }
    }

    pub(super) fn contents(&self) -> Vec<ContentId> {
        let all = self.targets.iter().chain(&self.handoff);
        all.map(|target| target.content_id.clone()).collect()
    }
}

pub(super) fn read_plan(run: &str, plan: &str) -> Result<StoredPlan, Error> {
    serde_json::from_str(plan).map_err(|error| Error::NothingToRun {
        why: format!("what the run {run} was asked to do cannot be read: {error}"),
    })
}
