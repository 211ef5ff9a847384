//! A whole prompt set in memory: what the directory form and the workspace both hold, without runs and ratings.
//!
//! Owns the aggregate and nothing else: which variant is the primary follows from the chain, never from a flag.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::ledger::Decision;
use crate::prompt::{Config, ModelName, PromptName, Variant};

/// A role in the product, with its variants, cases and decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Its name.
    pub name: PromptName,
    /// Variants, in the order of the chain; those outside it come last, by name.
    pub variants: Vec<Variant>,
    /// Saved cases, in file order.
    pub cases: Vec<Case>,
    /// The ledger: decisions in the order they were taken.
    pub ledger: Vec<Decision>,
}

impl Prompt {
    /// A variant by its model.
    pub fn variant(&self, model: &ModelName) -> Option<&Variant> {
        self.variants.iter().find(|variant| &variant.model == model)
    }
}

/// A prompt set: configuration and prompts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptSet {
    /// What `understudy.toml` says, parsed.
    pub config: Config,
    /// Its text, byte for byte: comments and order are the team's, and survive.
    pub config_text: String,
    /// Prompts by name.
    pub prompts: BTreeMap<PromptName, Prompt>,
}

impl PromptSet {
    /// A prompt's primary variant: that of the first model of its chain.
    pub fn primary(&self, prompt: &PromptName) -> Option<&Variant> {
        let model = self.config.chain_of(prompt).first()?;
        self.prompts.get(prompt)?.variant(model)
    }

    /// A prompt's fallback variants in the order of the chain. Chain models without a variant are skipped: that gap
    /// is the finding `fallback-missing`.
    pub fn fallbacks(&self, prompt: &PromptName) -> Vec<&Variant> {
        let Some(found) = self.prompts.get(prompt) else {
            return Vec::new();
        };
        let chain = self.config.chain_of(prompt);
        chain
            .iter()
            .skip(1)
            .filter_map(|model| found.variant(model))
            .collect()
    }
}
