//! Looking: prompts, models, variants, their history and how they differ.

use std::collections::BTreeMap;

use super::lookup::{self, Found};
use super::run::price_view;
use super::view::{
    ModelEntry, ModelList, PromptDetail, PromptEntry, PromptList, Track, VariantDiff, VariantLog,
    VariantView, VersionEntry,
};
use super::{Error, Workspace};
use crate::compare::{self, Mode};
use crate::files::dotprompt;
use crate::ledger::{Change, ChangeState, changes};
use crate::model;
use crate::prompt::{ModelName, Variant, Version};

impl Workspace {
    /// All prompts of understudy.toml.
    pub async fn prompts(&self) -> Result<PromptList, Error> {
        let set = self.load().await?;
        let prompts = set.config.prompts.iter().map(|(name, settings)| {
            let chain = set.config.chain_of(name);
            PromptEntry {
                name: name.clone(),
                owner: settings.owner.clone(),
                policy: settings.policy.kind,
                primary: chain.first().cloned(),
                fallbacks: set
                    .fallbacks(name)
                    .into_iter()
                    .map(|variant| variant.model.clone())
                    .collect(),
            }
        });
        Ok(PromptList {
            prompts: prompts.collect(),
        })
    }

    /// One prompt with its tracks and changes.
    pub async fn prompt(&self, name: &str) -> Result<PromptDetail, Error> {
        let set = self.load().await?;
        super::evidence::known_prompt(&set, name)?;
        let found = lookup::prompt(&set, name)?;
        let settings =
            set.config
                .prompts
                .get(found.name())
                .ok_or_else(|| Error::UnknownPrompt {
                    name: name.to_owned(),
                    known: lookup::list(set.config.prompts.keys()),
                })?;
        let changes = all_changes(found, &self.host.now());
        Ok(PromptDetail {
            name: found.name().clone(),
            owner: settings.owner.clone(),
            policy: settings.policy.kind,
            policy_reason: settings.policy.reason.clone(),
            policy_until: settings.policy.until.clone(),
            policy_message: settings.policy.message.clone(),
            chain: settings.chain.clone(),
            margin_share: settings.margins.share,
            margin_length: settings.margins.length,
            cases: count(found.prompt.cases.len()),
            tracks: tracks(found, &changes),
            changes,
        })
    }

    /// All models of understudy.toml.
    pub async fn models(&self) -> Result<ModelList, Error> {
        let set = self.load().await?;
        let catalog = self.catalog()?;
        let models = set.config.models.iter().map(|(name, model)| ModelEntry {
            name: name.clone(),
            wire: model.wire.as_str().to_owned(),
            id: model.id.clone(),
            key_env: model.key_env.clone(),
            key_present: self.key_present(model.key_env.as_deref()),
            base_url: model.base_url.clone(),
            url: model::address(model),
            auth: model.auth,
            stream: model.stream,
            concurrency: model.concurrency,
            price: price_view(&catalog, model),
        });
        Ok(ModelList {
            models: models.collect(),
        })
    }

    /// One version in full; the head when no number is given.
    pub async fn variant(
        &self,
        prompt: &str,
        model: &str,
        number: Option<u32>,
    ) -> Result<VariantView, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let variant = found.variant(model)?;
        let version = found.version_or_head(variant, number)?;
        let changes = all_changes(found, &self.host.now());
        let characters = version.content.system.chars().count();
        Ok(VariantView {
            prompt: found.name().clone(),
            model: variant.model.clone(),
            role: found.role(&variant.model),
            version: entry(variant, version, &answers(&variant.model, &changes)),
            content: version.content.clone(),
            file: dotprompt::write(&variant.model, &version.content, None)?,
            estimated_tokens: count(characters.div_ceil(4)),
            behind: changes
                .into_iter()
                .filter(|change| {
                    change.model == variant.model && change.state == ChangeState::Unmatched
                })
                .collect(),
        })
    }

    /// The history of one variant, or of all variants of a prompt.
    pub async fn log(&self, prompt: &str, model: Option<&str>) -> Result<VariantLog, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let mut tracks = tracks(found, &all_changes(found, &self.host.now()));
        if let Some(model) = model {
            let variant = found.variant(model)?;
            tracks.retain(|track| track.model == variant.model);
        }
        Ok(VariantLog {
            prompt: found.name().clone(),
            tracks,
        })
    }

    /// Two versions of one variant as `.prompt` files, line by line.
    pub async fn variant_diff(
        &self,
        prompt: &str,
        model: &str,
        a: u32,
        b: u32,
    ) -> Result<VariantDiff, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let variant = found.variant(model)?;
        let text = |number| -> Result<String, Error> {
            Ok(dotprompt::write(
                &variant.model,
                &found.version(variant, number)?.content,
                None,
            )?)
        };
        let comparison = compare::compare(&text(a)?, &text(b)?, Mode::Lines);
        Ok(VariantDiff {
            prompt: found.name().clone(),
            model: variant.model.clone(),
            a,
            b,
            comparison,
        })
    }
}

/// Every change as every fallback sees it, by version and then by place in the chain.
pub(super) fn all_changes(found: Found<'_>, now: &str) -> Vec<Change> {
    let Some(primary) = found.set.primary(found.name()) else {
        return Vec::new();
    };
    let mut all: Vec<Change> = found
        .fallbacks()
        .into_iter()
        .flat_map(|fallback| changes(found.name(), primary, fallback, &found.prompt.ledger, now))
        .collect();
    all.sort_by_key(|change| change.version);
    all
}

/// Which primary changes each version of a fallback answers.
fn answers(model: &ModelName, changes: &[Change]) -> BTreeMap<u32, Vec<u32>> {
    let mut by_version: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for change in changes.iter().filter(|change| &change.model == model) {
        if let Some(with) = change.with {
            by_version.entry(with).or_default().push(change.version);
        }
    }
    by_version
}

fn tracks(found: Found<'_>, changes: &[Change]) -> Vec<Track> {
    let chain = found.set.config.chain_of(found.name());
    let missing = chain
        .iter()
        .filter(|model| found.prompt.variant(model).is_none())
        .map(|model| Track {
            model: model.clone(),
            role: found.role(model),
            versions: Vec::new(),
            head: None,
            behind: 0,
        });
    let mut tracks: Vec<Track> = found
        .prompt
        .variants
        .iter()
        .map(|variant| track(found, variant, changes))
        .chain(missing)
        .collect();
    let place = |model: &ModelName| {
        chain
            .iter()
            .position(|name| name == model)
            .unwrap_or(usize::MAX)
    };
    tracks.sort_by_key(|track| place(&track.model));
    tracks
}

fn track(found: Found<'_>, variant: &Variant, changes: &[Change]) -> Track {
    let answers = answers(&variant.model, changes);
    Track {
        model: variant.model.clone(),
        role: found.role(&variant.model),
        versions: variant
            .versions
            .iter()
            .map(|version| entry(variant, version, &answers))
            .collect(),
        head: variant.head().map(|head| head.number),
        behind: behind(&variant.model, changes),
    }
}

/// How many changes never reached `model`.
pub(super) fn behind(model: &ModelName, changes: &[Change]) -> u32 {
    let is = |change: &&Change| &change.model == model && change.state == ChangeState::Unmatched;
    count(changes.iter().filter(is).count())
}

fn entry(variant: &Variant, version: &Version, answers: &BTreeMap<u32, Vec<u32>>) -> VersionEntry {
    VersionEntry {
        number: version.number,
        content_id: version.content_id.to_string(),
        parent: version
            .parent
            .as_deref()
            .and_then(|id| variant.version_by_id(id))
            .map(|parent| parent.number),
        author: version.author.clone(),
        at: version.at.clone(),
        message: version.message.clone(),
        head: version.id == variant.head,
        answers: answers.get(&version.number).cloned().unwrap_or_default(),
    }
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
