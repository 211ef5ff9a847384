//! Errors as the screen gets them: a code the window may act on and a sentence for the person in front of it.

use serde::Serialize;
use understudy_core::workspace::{self, ErrorCode};

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Report {
    /// What kind of refusal it is.
    pub code: ReportCode,
    /// What happened, what was kept and what to do, in a sentence.
    pub message: String,
}

/// What the window may want to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ReportCode {
    /// The workspace refused.
    Workspace(ErrorCode),
    /// This program failed.
    Defect(Defect),
}

/// A failure of this program, told apart from everything a person can cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Defect {
    /// The work ended in a panic, or was dropped unfinished.
    Internal,
}

impl Report {
    /// Something the person gave is not acceptable.
    pub(crate) fn bad_input(message: String) -> Self {
        Self {
            code: ReportCode::Workspace(ErrorCode::BadInput),
            message,
        }
    }

    /// Something named does not exist.
    pub(crate) fn not_found(message: String) -> Self {
        Self {
            code: ReportCode::Workspace(ErrorCode::NotFound),
            message,
        }
    }

    /// This program failed. The cause goes to the log: it means nothing on the screen.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a command failed");
        Self {
            code: ReportCode::Defect(Defect::Internal),
            message: "Understudy failed while doing this; what was saved before is kept. Please \
                      report it with the program's log"
                .to_owned(),
        }
    }
}

impl From<workspace::Error> for Report {
    fn from(error: workspace::Error) -> Self {
        Self {
            code: ReportCode::Workspace(error.code()),
            message: error.to_string(),
        }
    }
}
