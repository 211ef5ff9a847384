//! Everything that can go wrong in a use case, each with one clear sentence and, where a client acts on it, a code.

use serde::Serialize;

use crate::catalog::CatalogError;
use crate::prompt::{InvalidName, ModelName, PromptName};
use crate::store::StoreError;
use crate::{files, keys};

/// What a client may want to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ErrorCode {
    /// Somebody saved in between.
    HeadMoved,
    /// Error findings stand in the way.
    Blocked,
    /// Something named does not exist.
    NotFound,
    /// The input is not acceptable.
    BadInput,
    /// Another program keeps the file locked.
    Busy,
    /// A file cannot be read or written.
    Io,
}

/// A use case that could not be carried out. Nothing was changed unless the sentence says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such prompt.
    #[error("there is no prompt `{name}`; there are: {known}")]
    UnknownPrompt {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The model has no variant of the prompt.
    #[error("{prompt} has no variant for `{model}`; it has: {known}")]
    UnknownVariant {
        /// The prompt.
        prompt: PromptName,
        /// What was asked for.
        model: String,
        /// What there is.
        known: String,
    },
    /// The model is the primary, and a fallback is needed.
    #[error("{model} is the primary of {prompt}; name one of its fallbacks: {known}")]
    NotAFallback {
        /// The prompt.
        prompt: PromptName,
        /// What was asked for.
        model: ModelName,
        /// Its fallbacks.
        known: String,
    },
    /// There is nothing to lay beside the primary.
    #[error("{prompt} has no fallback to lay beside its primary {primary}")]
    NoFallback {
        /// The prompt.
        prompt: PromptName,
        /// Its primary.
        primary: String,
    },
    /// No such version.
    #[error("{prompt} on {model} has no v{number}; its versions go from v1 to v{last}")]
    UnknownVersion {
        /// The prompt.
        prompt: PromptName,
        /// The variant.
        model: ModelName,
        /// What was asked for.
        number: u32,
        /// The last one.
        last: u32,
    },
    /// The primary version changed nothing this fallback has to answer.
    #[error("v{number} of {prompt} is no change {model} has to answer: {why}")]
    NotAChange {
        /// The prompt.
        prompt: PromptName,
        /// The fallback.
        model: ModelName,
        /// What was asked for.
        number: u32,
        /// Why.
        why: String,
    },
    /// No such case.
    #[error("{prompt} has no case `{case}`; `understudy case list {prompt}` shows them")]
    UnknownCase {
        /// The prompt.
        prompt: PromptName,
        /// What was asked for.
        case: String,
    },
    /// No such run.
    #[error("{prompt} has no run `{run}`")]
    UnknownRun {
        /// The prompt.
        prompt: PromptName,
        /// What was asked for.
        run: String,
    },
    /// A model that understudy.toml does not name.
    #[error("understudy.toml names no model `{model}`; it names: {known}")]
    UnknownModel {
        /// What was asked for.
        model: String,
        /// What there is.
        known: String,
    },
    /// A name in the wrong form.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A text that says nothing.
    #[error("{what} is empty: the next person has only this to go by")]
    Empty {
        /// What.
        what: &'static str,
    },
    /// A text that must say something.
    #[error("{what} must have at least {least} characters: the next person has only this to go by")]
    TooShort {
        /// What.
        what: &'static str,
        /// How many.
        least: usize,
    },
    /// A date that is none, or lies in the past.
    #[error("`{given}` is not a date in the future; write 2027-01-31 or 2027-01-31T12:00:00Z")]
    BadDate {
        /// What was given.
        given: String,
    },
    /// A finding that cannot be accepted.
    #[error("{code} cannot be accepted: {why}")]
    NotAcceptable {
        /// The code.
        code: String,
        /// Why.
        why: String,
    },
    /// A pair that cannot be rated.
    #[error("there is nothing to rate: {why}")]
    NothingToRate {
        /// Why.
        why: String,
    },
    /// A line of an imported file.
    #[error("{file}, line {line}: {reason}. Nothing was imported")]
    Line {
        /// The file, as named by the caller.
        file: String,
        /// From 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// A prompt file that was refused.
    #[error("line {line}: {reason}. Nothing was saved")]
    PromptFile {
        /// From 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// understudy.toml.
    #[error("understudy.toml: {reason}")]
    Config {
        /// Why.
        reason: String,
    },
    /// The directory form.
    #[error(transparent)]
    Files(#[from] files::FilesError),
    /// A content that no `.prompt` file can hold.
    #[error("this cannot be written as a prompt file: {0}")]
    Unwritable(#[from] files::WriteError),
    /// Files on disk.
    #[error(transparent)]
    Disk(#[from] files::disk::DiskError),
    /// A file or folder.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was tried, such as `cannot write`.
        what: &'static str,
        /// Where.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Error findings stand in the way.
    #[error("{count} error finding{} in the way; `understudy check` names them. Nothing was written", if *.count == 1 { " stands" } else { "s stand" })]
    Blocked {
        /// How many.
        count: usize,
    },
    /// There is nothing to run.
    #[error("there is nothing to run: {why}")]
    NothingToRun {
        /// Why.
        why: String,
    },
    /// No run of this program has that id.
    #[error("there is no run `{run}` that could be resumed; `understudy runs` lists them")]
    NoLiveRun {
        /// What was asked for.
        run: String,
    },
    /// A run that could not go on; what was reported before is kept.
    #[error(transparent)]
    RunStopped(Box<crate::run::RunError>),
    /// A bundle that could not be made or read.
    #[error("{0}")]
    Bundle(String),
    /// The user's table of models.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Signing keys.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// The workspace file.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The code a client may act on.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Store(StoreError::HeadMoved { .. }) => ErrorCode::HeadMoved,
            Self::Store(StoreError::Busy) => ErrorCode::Busy,
            Self::Store(StoreError::Missing(_))
            | Self::UnknownPrompt { .. }
            | Self::UnknownVariant { .. }
            | Self::UnknownVersion { .. }
            | Self::UnknownCase { .. }
            | Self::UnknownRun { .. }
            | Self::UnknownModel { .. }
            | Self::NoLiveRun { .. } => ErrorCode::NotFound,
            Self::Blocked { .. } => ErrorCode::Blocked,
            Self::Io { .. }
            | Self::Disk(_)
            | Self::Store(_)
            | Self::RunStopped(_)
            | Self::Catalog(CatalogError::Unreadable { .. }) => ErrorCode::Io,
            _ => ErrorCode::BadInput,
        }
    }
}
