//! YAML as front matter uses it: a small, strict part of YAML 1.2 that maps onto JSON without loss.
//!
//! Owns reading (with a line for every key and value) and writing (one fixed form). Knows nothing of prompts.

mod read;
mod write;

pub(super) use read::{Node, Yaml, read};
pub(super) use write::entry;

#[cfg(test)]
pub(super) mod strategies;
#[cfg(test)]
mod tests;
