//! A variant and its versions.

use serde::{Deserialize, Serialize};

use super::{Content, ContentId, ModelName};

/// A saved step of a variant. Immutable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its own id: unique, never reused, the name of its history file.
    pub id: String,
    /// The number people use; unique inside the variant.
    pub number: u32,
    /// What it holds, by id.
    pub content_id: ContentId,
    /// The version it was made from; `None` for the first.
    pub parent: Option<String>,
    /// Who saved it.
    pub author: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why, in the author's words.
    pub message: String,
    /// What it holds.
    pub content: Content,
}

/// A prompt as tuned for one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The model, and so the variant's name.
    pub model: ModelName,
    /// All versions, by number.
    pub versions: Vec<Version>,
    /// The id of the version that counts now.
    pub head: String,
}

impl Variant {
    /// The version that counts now.
    pub fn head(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == self.head)
    }

    /// A version by its number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }

    /// A version by its id.
    pub fn version_by_id(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The head and its ancestors, oldest first. Versions on a side branch are not part of it.
    pub fn lineage(&self) -> Vec<&Version> {
        let mut line = Vec::new();
        let mut next = self.head();
        while let Some(version) = next {
            // A parent chain can be cyclic only in a damaged file; every version is visited once.
            if line.iter().any(|seen: &&Version| seen.id == version.id) {
                break;
            }
            line.push(version);
            next = version
                .parent
                .as_deref()
                .and_then(|parent| self.version_by_id(parent));
        }
        line.reverse();
        line
    }
}
