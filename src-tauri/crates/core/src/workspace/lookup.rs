//! Finding what the caller named, or saying what there is instead.

use super::Error;
use crate::case::Case;
use crate::host::{Host, parse_time};
use crate::ledger::{Change, changes};
use crate::prompt::{ModelName, PromptName, Variant, Version};
use crate::set::{Prompt, PromptSet};

/// A prompt of the set with the way to its variants.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) set: &'a PromptSet,
    pub(super) prompt: &'a Prompt,
}

/// Finds a prompt that understudy.toml or the store knows.
pub(super) fn prompt<'a>(set: &'a PromptSet, name: &str) -> Result<Found<'a>, Error> {
    let unknown = || Error::UnknownPrompt {
        name: name.to_owned(),
        known: list(set.prompts.keys()),
    };
    let name = PromptName::parse(name).map_err(|_| unknown())?;
    set.prompts
        .get(&name)
        .map(|prompt| Found { set, prompt })
        .ok_or_else(unknown)
}

/// `a, b and c`, or `none`.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

impl<'a> Found<'a> {
    pub(super) fn name(self) -> &'a PromptName {
        &self.prompt.name
    }

    fn unknown(self, model: &str) -> Error {
        Error::UnknownVariant {
            prompt: self.name().clone(),
            model: model.to_owned(),
            known: list(self.prompt.variants.iter().map(|variant| &variant.model)),
        }
    }

    pub(super) fn variant(self, model: &str) -> Result<&'a Variant, Error> {
        let name = ModelName::parse(model).map_err(|_| self.unknown(model))?;
        self.prompt
            .variant(&name)
            .ok_or_else(|| self.unknown(model))
    }

    pub(super) fn primary(self) -> Result<(&'a Variant, &'a Version), Error> {
        let primary = self.set.primary(self.name());
        primary
            .and_then(|variant| Some((variant, variant.head()?)))
            .ok_or_else(|| {
                self.unknown(
                    self.set
                        .config
                        .chain_of(self.name())
                        .first()
                        .map_or("the primary", ModelName::as_str),
                )
            })
    }

    pub(super) fn fallbacks(self) -> Vec<&'a Variant> {
        self.set.fallbacks(self.name())
    }

    /// The fallback of that name; the first of the chain when none is given.
    pub(super) fn fallback(self, model: Option<&str>) -> Result<(&'a Variant, &'a Version), Error> {
        let fallbacks = self.fallbacks();
        let known = || list(fallbacks.iter().map(|variant| &variant.model));
        let variant = match model {
            Some(model) => {
                let variant = self.variant(model)?;
                if self
                    .set
                    .primary(self.name())
                    .is_some_and(|primary| primary.model == variant.model)
                {
                    return Err(Error::NotAFallback {
                        prompt: self.name().clone(),
                        model: variant.model.clone(),
                        known: known(),
                    });
                }
                variant
            }
            None => fallbacks
                .first()
                .copied()
                .ok_or_else(|| Error::NoFallback {
                    prompt: self.name().clone(),
                    primary: list(self.prompt.variants.iter().map(|variant| &variant.model)),
                })?,
        };
        let head = variant
            .head()
            .ok_or_else(|| self.unknown(variant.model.as_str()))?;
        Ok((variant, head))
    }

    pub(super) fn version(self, variant: &'a Variant, number: u32) -> Result<&'a Version, Error> {
        variant
            .version(number)
            .ok_or_else(|| Error::UnknownVersion {
                prompt: self.name().clone(),
                model: variant.model.clone(),
                number,
                last: variant
                    .versions
                    .iter()
                    .map(|version| version.number)
                    .max()
                    .unwrap_or(0),
            })
    }

    /// A version by its number; the head when none is given.
    pub(super) fn version_or_head(
        self,
        variant: &'a Variant,
        number: Option<u32>,
    ) -> Result<&'a Version, Error> {
        match number {
            Some(number) => self.version(variant, number),
            // A variant without a head has no version at all.
            None => variant.head().map_or_else(|| self.version(variant, 1), Ok),
        }
    }

    pub(super) fn case(self, id: &str) -> Result<&'a Case, Error> {
        self.prompt
            .cases
            .iter()
            .find(|case| case.id.as_str() == id)
            .ok_or_else(|| Error::UnknownCase {
                prompt: self.name().clone(),
                case: id.to_owned(),
            })
    }

    /// The change that primary version `number` leads to, as `fallback` sees it.
    pub(super) fn change(
        self,
        number: u32,
        fallback: &Variant,
        now: &str,
    ) -> Result<Change, Error> {
        let (primary, _) = self.primary()?;
        self.version(primary, number)?;
        changes(self.name(), primary, fallback, &self.prompt.ledger, now)
            .into_iter()
            .find(|change| change.version == number)
            .ok_or_else(|| Error::NotAChange {
                prompt: self.name().clone(),
                model: fallback.model.clone(),
                number,
                why: "it is older than the fallback, or not among the ancestors of the primary's head".to_owned(),
            })
    }

    /// `primary`, or `fallback N` by the place in the chain.
    pub(super) fn role(self, model: &ModelName) -> String {
        match self
            .set
            .config
            .chain_of(self.name())
            .iter()
            .position(|name| name == model)
        {
            Some(0) => "primary".to_owned(),
            Some(place) => format!("fallback {place}"),
            None => "outside the chain".to_owned(),
        }
    }
}

/// When a waiver or acceptance ends: as given, or after the default days. RFC 3339.
pub(super) fn end_date(host: &dyn Host, given: Option<&str>) -> Result<String, Error> {
    let now = host.now_millis().div_euclid(1000);
    let end = match given {
        None => now + crate::ledger::DEFAULT_DAYS * 86_400,
        Some(text) => parse_time(text)
            .filter(|end| *end > now)
            .ok_or_else(|| Error::BadDate {
                given: text.to_owned(),
            })?,
    };
    Ok(crate::host::format_seconds(end))
}

/// A reason that says something.
pub(super) fn reason(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() < crate::ledger::SHORTEST_REASON {
        return Err(Error::TooShort {
            what: "the reason",
            least: crate::ledger::SHORTEST_REASON,
        });
    }
    Ok(text.to_owned())
}
