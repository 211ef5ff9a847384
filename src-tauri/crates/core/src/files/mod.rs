//! The directory form of a prompt set: made for git, for editors and for reviewers, and equal to the workspace.
//!
//! Owns the files of the design's fourth chapter: which there are ([`layout`]), how each is written and read, and how
//! a directory and a workspace are compared three ways ([`compare`]). Reading never guesses: a file is in the profile,
//! or it is imported with a [`Note`] of what was normalised, or it is refused with file, line and reason.
//!
//! Everything but [`disk`] works on a [`Tree`] in memory, so the embedded sample, `check --dir` and a sync are the
//! same code. Must not know SQL, the network, an async runtime, a clock or ids: an edit that no version holds yet is
//! handed back as a [`LooseHead`] for the caller to save.

pub mod compare;
pub mod config;
pub mod disk;
pub mod dotprompt;
mod json;
pub mod layout;
mod set;
mod text;
mod yaml;

pub(crate) use json::line as json_line;

pub use compare::{Difference, State, compare_trees};
pub use set::{FileNote, Fork, LooseHead, ReadSet, read_set, write_set};

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Files by relative path with `/`, in memory.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// The largest file that is read or written, in bytes.
pub const LARGEST_FILE: usize = 4 * 1024 * 1024;
/// The deepest nesting of values, blocks and brackets.
pub const DEEPEST: usize = 64;

/// A file that is outside the profile, at the first line that is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ReadError {
    /// Line in the file, from 1.
    pub line: usize,
    /// Why, in a sentence.
    pub reason: String,
}

/// A value that no file of its kind can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct WriteError {
    /// Why, in a sentence.
    pub reason: String,
}

/// Something that was understood but is written differently from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Line in the file, from 1.
    pub line: usize,
    /// What was normalised.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// One reason why a tree was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, relative to the set's directory.
    pub file: String,
    /// Line in it, from 1, where one line is to blame.
    pub line: Option<usize>,
    /// Why, in a sentence.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// Why a set could not be read or written: every reason that was found, and nothing half done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct FilesError {
    /// The reasons, by file and line. Never empty.
    pub problems: Vec<Problem>,
}
