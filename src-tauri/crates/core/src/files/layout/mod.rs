//! Which files a set has, and the way between files and set.
//!
//! ```text
//! understudy.toml                        the config, byte for byte
//! P.prompt                               the primary's head; its `model:` is the first of the chain
//! P.M.prompt                             a fallback's head; M is the rest of the name, dots included
//! P.cases.jsonl                          one case a line
//! P.schema.json                          the primary's output schema, when its compact form is longer than 240 bytes
//! _history/P.M/ID.json                   one version
//! _ledger/P/ID.json                      one decision
//! _outputs/P.jsonl                       recorded outputs of the sample; read elsewhere
//! ```
//!
//! The head of a variant is the version whose content its `.prompt` file holds. A file that no version holds was
//! edited in an editor: a [`LooseHead`]. Versions that share a parent, because two branches were merged, are both
//! kept and told of as a [`Fork`].

mod history;
mod read;
mod write;

pub use read::read_set;
pub use write::write_set;

use std::fmt;

use super::Problem;
use crate::prompt::{Content, ModelName, PromptName};
use crate::set::PromptSet;

/// Schemas with a longer compact form get a file of their own.
const LONG_SCHEMA: usize = 240;

/// What a tree holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSet {
    /// The set. Loose heads are not in it: saving them needs a clock and ids.
    pub set: PromptSet,
    /// What was understood, and will be written differently.
    pub notes: Vec<Problem>,
    /// Heads that no version holds yet, primaries before fallbacks.
    pub loose: Vec<LooseHead>,
    /// Variants that more than one version claims to continue.
    pub forks: Vec<Fork>,
}

/// A `.prompt` file whose content is no version yet.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseHead {
    /// The prompt.
    pub prompt: PromptName,
    /// The variant.
    pub model: ModelName,
    /// What the file holds.
    pub content: Content,
}

/// Versions of one variant that nothing follows, although only one can be the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The prompt.
    pub prompt: PromptName,
    /// The variant.
    pub model: ModelName,
    /// Their numbers, messages and authors.
    pub ends: Vec<(u32, String, String)>,
    /// The number of the one that is the head.
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
