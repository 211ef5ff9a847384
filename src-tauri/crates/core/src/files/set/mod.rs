//! A whole set as a tree of files, and back.
//!
//! Owns what no single file can tell: which version is a variant's head, whether history forked, where a schema
//! lives, and that every file belongs to a prompt. Laws, tested: reading what was written gives an equal set, and
//! writing what was read gives equal bytes for every file without a [`FileNote`].
//!
//! The head is not written down. It is the version that has no successor and the content of the `.prompt` file; of
//! several the one with the highest number. A `.prompt` file with any other content was edited, and comes back as a
//! [`LooseHead`] — also when it equals an older version, because restoring makes a new one.

mod history;
mod read;
mod write;

pub use read::read_set;
pub use write::write_set;

use std::fmt;

use serde::Serialize;

use crate::prompt::{Content, ModelName, PromptName};
use crate::set::PromptSet;

/// Output schemas whose compact JSON is longer than this, in bytes, get their own file.
const LONGEST_INLINE_SCHEMA: usize = 240;

/// What a tree holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSet {
    /// The set. Every prompt of the configuration is in it, also without any file. A variant that is only loose is
    /// not.
    pub set: PromptSet,
    /// What was normalised, and what is kept without effect.
    pub notes: Vec<FileNote>,
    /// `.prompt` files that no version holds yet: edits for the caller to save on top of the variant's head.
    pub loose: Vec<LooseHead>,
    /// Variants on which two branches each added a version.
    pub forks: Vec<Fork>,
}

/// Something to know about a file that was understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileNote {
    /// The file, relative to the set's directory.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What was normalised, or has no effect.
    pub text: String,
}

impl fmt::Display for FileNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// An edit made in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseHead {
    /// The prompt.
    pub prompt: PromptName,
    /// The variant.
    pub model: ModelName,
    /// What the file says.
    pub content: Content,
}

/// A variant with more than one latest version. Nothing is lost: all are in the history, one is the head, and saving
/// on top of it settles the choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fork {
    /// The prompt.
    pub prompt: PromptName,
    /// The variant.
    pub model: ModelName,
    /// The latest versions, the head included: number, message and author of each.
    pub ends: Vec<(u32, String, String)>,
    /// The number of the one that counts now.
    pub head: u32,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends: Vec<_> = self
            .ends
            .iter()
            .map(|(number, message, author)| format!("v{number} \"{message}\" by {author}"))
            .collect();
        write!(
            f,
            "{} on {}: {} stand beside each other; v{} is the head, `understudy variant restore {} {} N` chooses another",
            self.prompt,
            self.model,
            ends.join(" and "),
            self.head,
            self.prompt,
            self.model
        )
    }
}

#[cfg(test)]
mod tests;
