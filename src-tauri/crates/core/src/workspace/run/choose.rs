//! What a run is made of: the cases and versions it asks.

use std::sync::Arc;

use super::pricing::Rate;
use super::{RunOptions, RunRequest};
use crate::case::Case;
use crate::catalog::Catalog;
use crate::prompt::{Content, Model, ModelName, Variant};
use crate::run::{Target, can_hand_off};
use crate::workspace::Error;
use crate::workspace::lookup::{self, Found};

/// The cases a request asks for.
pub(super) fn cases(found: Found<'_>, request: &RunRequest) -> Result<Vec<Case>, Error> {
    let all = &found.prompt.cases;
    for pattern in &request.cases {
        if !all.iter().any(|case| matches(pattern, case.id.as_str())) {
            return Err(Error::UnknownCase {
                prompt: found.name().clone(),
                case: pattern.clone(),
            });
        }
    }
    let chosen: Vec<Case> = all
        .iter()
        .filter(|case| {
            request.cases.is_empty()
                || request
                    .cases
                    .iter()
                    .any(|pattern| matches(pattern, case.id.as_str()))
        })
        .filter(|case| {
            request
                .tag
                .as_ref()
                .is_none_or(|tag| case.tags.contains(tag))
        })
        .cloned()
        .collect();
    if chosen.is_empty() {
        let why = match &request.tag {
            Some(tag) => format!("no case of {} has the tag `{tag}`", found.name()),
            None => format!(
                "{} has no cases; `understudy case import` takes them in",
                found.name()
            ),
        };
        return Err(Error::NothingToRun { why });
    }
    Ok(chosen)
}

/// `*` stands for any text, everything else for itself.
fn matches(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = id.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(at) = rest.find(middle) else {
                return false;
            };
            rest = rest.get(at + middle.len()..).unwrap_or_default();
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

/// Cases that can be handed over.
pub(super) fn handed_over(found: Found<'_>, cases: Vec<Case>) -> Result<Vec<Case>, Error> {
    let cases: Vec<Case> = cases.into_iter().filter(can_hand_off).collect();
    if cases.is_empty() {
        let why = format!(
            "none of these cases of {} has an earlier turn of the assistant, so there is nothing to hand over",
            found.name()
        );
        return Err(Error::NothingToRun { why });
    }
    Ok(cases)
}

/// Turns models and contents into targets: settings, prices and places in the chain as they are now.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) found: Found<'a>,
    pub(super) catalog: &'a Catalog,
    pub(super) options: &'a RunOptions,
}

impl Maker<'_> {
    /// The targets a request asks for.
    pub(super) fn chosen(self, request: &RunRequest) -> Result<Vec<Target>, Error> {
        if request.version.is_some() && request.models.len() != 1 {
            return Err(Error::NothingToRun {
                why: "a version belongs to one model: name exactly one".to_owned(),
            });
        }
        let (primary, head) = self.found.primary()?;
        let chosen: Vec<&Variant> = if request.models.is_empty() {
            let fallbacks = self.found.fallbacks();
            std::iter::once(primary).chain(fallbacks).collect()
        } else {
            let named = request.models.iter();
            named
                .map(|model| self.found.variant(model))
                .collect::<Result<_, _>>()?
        };
        let mut targets = Vec::new();
        for variant in chosen {
            let version = self.found.version_or_head(variant, request.version)?;
            targets.push(self.target(&variant.model, &version.content, false)?);
            if request.passthrough && variant.model != primary.model {
                targets.push(self.target(&variant.model, &head.content, true)?);
            }
        }
        Ok(targets)
    }

    /// The primary with its head: who answers the earlier turns of a handoff.
    pub(super) fn primary(self) -> Result<Target, Error> {
        let (primary, head) = self.found.primary()?;
        self.target(&primary.model, &head.content, false)
    }

    /// A model with a content.
    pub(super) fn target(
        self,
        model: &ModelName,
        content: &Content,
        passthrough: bool,
    ) -> Result<Target, Error> {
        let mut settings = settings(self.found, model)?;
        if let Some(stream) = self.options.stream {
            settings.stream = stream;
        }
        let pricing = Arc::new(Rate::of(self.catalog, &settings));
        let settings = Arc::new(settings);
        let content = Arc::new(content.clone());
        let mut target = if passthrough {
            Target::passthrough(model.clone(), settings, content)
        } else {
            Target::own(model.clone(), settings, content)
        };
        let chain = self.found.set.config.chain_of(self.found.name());
        let place = chain.iter().position(|name| name == model);
        target.order = place
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or(u32::MAX);
        let owner = if passthrough {
            self.found.primary()?.0
        } else {
            self.found.variant(model.as_str())?
        };
        target.version = owner
            .versions
            .iter()
            .rev()
            .find(|version| version.content_id == target.content_id)
            .map(|version| version.number);
        target.pricing = Some(pricing);
        Ok(target)
    }
}

/// What understudy.toml says of a model.
pub(super) fn settings(found: Found<'_>, model: &ModelName) -> Result<Model, Error> {
    let models = &found.set.config.models;
    models
        .get(model)
        .cloned()
        .ok_or_else(|| Error::UnknownModel {
            model: model.to_string(),
            known: lookup::list(models.keys()),
        })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, id, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("*", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} {id}");
        }
    }
}
