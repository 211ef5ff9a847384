//! The workspace file: SQLite, and the only place that knows sqlx. SQL never leaves this module.
//!
//! Owns opening and creating the file, loading a prompt set, and writing: every change to versions, heads, cases and
//! the ledger is one [`Batch`] in one transaction. Must not know how a prompt file looks, what parity means, or how a
//! model is called. One door: another home (PostgreSQL) could stand behind the same types.

mod batch;
mod cells;
mod evidence;
mod file;
mod live;
mod load;
mod lock;
mod ratings;
mod releases;
mod runs;
mod tries;

pub use batch::{Batch, NewHead, NewVersion, Replaced};
pub use cells::{CellFailure, CellFilter, CellOutput, CellRecord, CellRow, NewRun, RunRow};
pub use evidence::Unjudged;
pub use live::{LiveCell, LiveRun, LiveTry};
pub use load::{Settings, StoredPrompt};
pub use ratings::{RatingRow, RatingTally};
pub use releases::ReleaseRow;
pub use runs::{ListedRun, StoredCell, StoredRun};
pub use tries::StoredTry;

use std::path::{Path, PathBuf};

use sqlx::SqlitePool;

/// Marks the file as ours in its header: "UDST".
pub const APPLICATION_ID: i64 = 0x5544_5354;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../../migrations");

/// What can go wrong with the workspace file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no workspace at {}; make one with `understudy init`", .0.display())]
    Missing(PathBuf),
    /// Something stands where a new workspace should go.
    #[error("{} exists already; nothing was changed", .0.display())]
    Exists(PathBuf),
    /// The file is something else.
    #[error("{} is not an Understudy workspace", .0.display())]
    NotAWorkspace(PathBuf),
    /// The file is shorter than it says, or its pages do not fit together.
    #[error("{} is damaged: {what}. Restore it from a copy; nothing was changed", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The file was written by a newer program.
    #[error("{} was written by a newer Understudy; update this program to open it", .0.display())]
    Newer(PathBuf),
    /// The file cannot be read or written.
    #[error("cannot open {}: {source}", .path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody saved in between.
    #[error(
        "{prompt} on {model} has moved: its head is now v{head}, not v{expected}. Nothing was saved; look at v{head} and save again"
    )]
    HeadMoved {
        /// The prompt.
        prompt: String,
        /// The variant.
        model: String,
        /// The head's number now.
        head: u32,
        /// The number the writer started from; 0 for none.
        expected: u32,
    },
    /// Something that is replaced whole was changed in between.
    #[error("{what} changed while this was under way; nothing was saved, try again")]
    Moved {
        /// What.
        what: String,
    },
    /// A run that is under way.
    #[error(
        "the run {run} is under way, here or in another program; cancel it there, or wait for its end"
    )]
    RunGoing {
        /// Its id.
        run: String,
    },
    /// Another program keeps the file locked.
    #[error(
        "the workspace is busy: another program has been writing to it for more than ten seconds"
    )]
    Busy,
    /// A row that this program cannot have written.
    #[error("the workspace holds something unreadable ({what}); restore it from a copy")]
    Unreadable {
        /// Where and what.
        what: String,
    },
    /// Everything else SQLite refuses.
    #[error("the workspace could not be read or written: {0}")]
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error
            .as_database_error()
            .and_then(|error| error.code())
            .as_deref()
        {
            // SQLITE_BUSY and its extended forms.
            Some("5" | "261" | "517" | "773") => Self::Busy,
            // SQLITE_CORRUPT and SQLITE_NOTADB.
            Some("11" | "26" | "267" | "523" | "779") => Self::Damaged {
                path: PathBuf::new(),
                what: "its pages do not fit together".into(),
            },
            _ => Self::Sql(error),
        }
    }
}

impl StoreError {
    fn at(self, file: &Path) -> Self {
        match self {
            Self::Damaged { path, what } if path.as_os_str().is_empty() => Self::Damaged {
                path: file.to_owned(),
                what,
            },
            other => other,
        }
    }

    pub(crate) fn unreadable(what: impl Into<String>) -> Self {
        Self::Unreadable { what: what.into() }
    }
}

/// An open workspace file.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
}

impl Store {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes everything out and lets go of the file.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// SQLite counts in 64 bits, the product in 32.
pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

#[cfg(test)]
mod tests;
