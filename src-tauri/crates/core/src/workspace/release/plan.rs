//! What goes into a release: which versions, which files, and what the statement says of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use understudy_bundle::manifest::{
    ChangeEntry, CoverageEntry, EvalEntry, FallbackEntry, PrimaryEntry, PromptEntry, Verdict,
    WaiverEntry,
};
use understudy_bundle::{Moment, Sha256};

use crate::check::Finding;
use crate::files::dotprompt;
use crate::gateway::{VariantForm, machine_form};
use crate::host::parse_time;
use crate::ledger::{Change, ChangeState, Decision, Verdict as Decided, changes};
use crate::parity::Tally;
use crate::prompt::{Model, ModelName, Policy, PolicyKind, PromptName, Variant, Version};
use crate::set::{Prompt, PromptSet};
use crate::store::ReleaseRow;
use crate::workspace::Error;

/// Content ids by model, by prompt.
pub(super) type Heads = BTreeMap<String, BTreeMap<String, String>>;

/// The heads a release froze.
pub(super) fn frozen_heads(release: &ReleaseRow) -> Result<Heads, Error> {
    serde_json::from_str(&release.heads).map_err(|error| {
        crate::store::StoreError::unreadable(format!("release heads: {error}")).into()
    })
}

/// Seconds since 1970 as a moment of the bundle format.
pub(super) fn moment(seconds: i64) -> Result<Moment, Error> {
    Moment::from_second(seconds)
        .map_err(|_| Error::Bundle("the clock shows a time no bundle can have".to_owned()))
}

fn moment_of(text: &str) -> Result<Moment, Error> {
    moment(parse_time(text).ok_or_else(|| Error::BadDate {
        given: text.to_owned(),
    })?)
}

/// One prompt with the versions that ship.
pub(super) struct Shipped<'a> {
    pub(super) prompt: &'a Prompt,
    pub(super) policy: &'a Policy,
    pub(super) primary: (&'a Variant, &'a Version),
    pub(super) fallbacks: Vec<(&'a Variant, &'a Version)>,
}

/// The set that ships: today's heads, and for a held prompt those of the last release, so that everything after this,
/// the check included, speaks of what really ships. A held prompt that was in no release stays out.
pub(super) fn shipping(set: &PromptSet, hold: &[String], last: Option<&Heads>) -> PromptSet {
    let mut shipping = set.clone();
    for held in hold {
        let frozen = last.and_then(|heads| heads.get(held));
        shipping
            .config
            .prompts
            .retain(|name, _| name.as_str() != held || frozen.is_some());
        let prompt = shipping
            .prompts
            .values_mut()
            .find(|prompt| prompt.name.as_str() == held);
        let (Some(frozen), Some(prompt)) = (frozen, prompt) else {
            continue;
        };
        prompt.variants.retain_mut(|variant| {
            let content = frozen.get(variant.model.as_str());
            let is = |version: &&Version| {
                Some(version.content_id.as_str()) == content.map(String::as_str)
            };
            let head = variant
                .versions
                .iter()
                .rev()
                .find(is)
                .map(|version| version.id.clone());
            head.map(|head| variant.head = head).is_some()
        });
    }
    shipping
}

/// The heads of a set, prompt by prompt.
pub(super) fn select(set: &PromptSet) -> Result<Vec<Shipped<'_>>, Error> {
    let mut shipped = Vec::new();
    for (name, settings) in &set.config.prompts {
        let primary = set
            .primary(name)
            .and_then(|variant| Some((variant, variant.head()?)));
        let (Some(prompt), Some(primary)) = (set.prompts.get(name), primary) else {
            continue;
        };
        let fallbacks = match settings.policy.kind {
            PolicyKind::PrimaryOnly => Vec::new(),
            _ => set
                .fallbacks(name)
                .into_iter()
                .filter_map(|variant| Some((variant, variant.head()?)))
                .collect(),
        };
        shipped.push(Shipped {
            prompt,
            policy: &settings.policy,
            primary,
            fallbacks,
        });
    }
    if shipped.is_empty() {
        return Err(Error::Bundle(
            "there is no prompt to release. Nothing was written".to_owned(),
        ));
    }
    Ok(shipped)
}

impl Shipped<'_> {
    pub(super) fn name(&self) -> &PromptName {
        &self.prompt.name
    }

    pub(super) fn heads(&self) -> BTreeMap<String, String> {
        std::iter::once(&self.primary)
            .chain(&self.fallbacks)
            .map(|(variant, version)| (variant.model.to_string(), version.content_id.to_string()))
            .collect()
    }

    fn file_of(&self, order: usize, model: &ModelName) -> String {
        match order {
            0 => format!("prompts/{}.prompt", self.name()),
            _ => format!("prompts/{}.{model}.prompt", self.name()),
        }
    }

    pub(super) fn entry(&self) -> PromptEntry {
        PromptEntry {
            name: self.name().to_string(),
            primary: PrimaryEntry {
                model: self.primary.0.model.to_string(),
                file: self.file_of(0, &self.primary.0.model),
            },
            fallbacks: (1_u64..)
                .zip(&self.fallbacks)
                .map(|(order, (variant, _))| FallbackEntry {
                    variant: variant.model.to_string(),
                    order,
                    model: variant.model.to_string(),
                    file: self.file_of(1, &variant.model),
                })
                .collect(),
        }
    }

    /// The prompt file and the machine form of every variant.
    pub(super) fn files(
        &self,
        models: &BTreeMap<ModelName, Model>,
    ) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut files = BTreeMap::new();
        for (order, (variant, version)) in std::iter::once(&self.primary)
            .chain(&self.fallbacks)
            .enumerate()
        {
            let settings = models
                .get(&variant.model)
                .ok_or_else(|| Error::UnknownModel {
                    model: variant.model.to_string(),
                    known: crate::workspace::lookup::list(models.keys()),
                })?;
            // The output schema stands inline: each file of a bundle is used by one variant only.
            let file = dotprompt::write(&variant.model, &version.content, None)?;
            let form = machine_form(&VariantForm {
                prompt: self.name(),
                model: &variant.model,
                settings,
                order: u32::try_from(order).unwrap_or(u32::MAX),
                version,
                file: &file,
                policy: self.policy,
            })
            .map_err(|error| Error::Bundle(error.to_string()))?;
            files.insert(
                form.path(),
                form.to_json()
                    .map_err(|error| Error::Bundle(error.to_string()))?,
            );
            files.insert(self.file_of(order, &variant.model), file.into_bytes());
        }
        Ok(files)
    }

    /// Every primary change since the previous release (or since the beginning), with its state on every fallback,
    /// and the waivers it rests on.
    pub(super) fn coverage(
        &self,
        last: Option<&Heads>,
        now: &str,
    ) -> Result<(Vec<ChangeEntry>, Vec<WaiverEntry>), Error> {
        let lineage = self.primary.0.lineage();
        let until = lineage
            .iter()
            .position(|version| version.id == self.primary.1.id)
            .unwrap_or(0);
        let released = last
            .and_then(|heads| {
                heads
                    .get(self.name().as_str())?
                    .get(self.primary.0.model.as_str())
            })
            .and_then(|content| {
                lineage
                    .iter()
                    .rposition(|version| version.content_id.as_str() == content)
            })
            .unwrap_or(0);
        let seen: Vec<Vec<Change>> = self
            .fallbacks
            .iter()
            .map(|(fallback, _)| {
                changes(
                    self.name(),
                    self.primary.0,
                    fallback,
                    &self.prompt.ledger,
                    now,
                )
            })
            .collect();
        let mut entries = Vec::new();
        let mut waivers: BTreeMap<String, WaiverEntry> = BTreeMap::new();
        for version in lineage.iter().take(until + 1).skip(released + 1) {
            let states: Vec<Option<&Change>> = seen
                .iter()
                .map(|changes| {
                    changes
                        .iter()
                        .find(|change| change.version == version.number)
                })
                .collect();
            let matters = |change: &Option<&Change>| {
                change.is_some_and(|change| change.state != ChangeState::None)
            };
            if !self.fallbacks.is_empty() && !states.iter().any(matters) {
                continue;
            }
            let mut covered = Vec::new();
            for ((fallback, _), change) in self.fallbacks.iter().zip(&states) {
                let variant = fallback.model.to_string();
                if change.is_some_and(|change| change.state == ChangeState::Unmatched) {
                    // A level in understudy.toml may let `check` pass; a signed statement must still be true.
                    return Err(Error::Bundle(format!(
                        "{} v{} is neither matched nor waived on {variant}, whatever the level of unmatched-change: a bundle has to say which",
                        self.name(),
                        version.number
                    )));
                }
                let waiver = change.filter(|change| change.state == ChangeState::Waived);
                covered.push(match waiver {
                    Some(change) => {
                        let waiver = self.waiver(change)?;
                        let id = waiver.id.clone();
                        waivers.insert(id.clone(), waiver);
                        CoverageEntry::waived(variant, id)
                    }
                    // Answered, older than the fallback, or nothing to carry over: its file holds it.
                    None => CoverageEntry::matched(variant, self.file_of(1, &fallback.model)),
                });
            }
            entries.push(ChangeEntry {
                id: format!("{}-v{}", self.name(), version.number),
                prompt: self.name().to_string(),
                summary: version.message.clone(),
                fallbacks: covered,
            });
        }
        Ok((entries, waivers.into_values().collect()))
    }

    /// Until when each living waiver of a shipped fallback holds, whichever release it was first told in.
    pub(super) fn waived_until(&self, now: &str) -> Result<Vec<Moment>, Error> {
        self.fallbacks
            .iter()
            .flat_map(|(fallback, _)| {
                changes(
                    self.name(),
                    self.primary.0,
                    fallback,
                    &self.prompt.ledger,
                    now,
                )
            })
            .filter(|change| change.state == ChangeState::Waived)
            .filter_map(|change| change.until)
            .map(|until| moment_of(&until))
            .collect()
    }

    fn waiver(&self, change: &Change) -> Result<WaiverEntry, Error> {
        let id = change.decision.clone().unwrap_or_default();
        let author = self.prompt.ledger.iter().find(|decision| decision.id == id);
        Ok(WaiverEntry {
            id,
            author: author
                .map(|decision| decision.author.clone())
                .unwrap_or_default(),
            reason: change.reason.clone().unwrap_or_default(),
            expires_at: moment_of(change.until.as_deref().unwrap_or_default())?,
        })
    }

    /// Every accepted finding of this prompt, with the model it is about: the bundle carries all of them, and ends with
    /// the first of them.
    pub(super) fn accepted(
        &self,
        findings: &[Finding],
    ) -> Result<Vec<(Option<ModelName>, WaiverEntry)>, Error> {
        let mut accepted = Vec::new();
        for finding in findings
            .iter()
            .filter(|finding| &finding.prompt == self.name())
        {
            let by = |decision: &&Decision| Some(&decision.id) == finding.accepted_by.as_ref();
            let Some(decision) = self.prompt.ledger.iter().find(by) else {
                continue;
            };
            if let Decided::Accept { reason, until, .. } = &decision.verdict {
                let waiver = WaiverEntry {
                    id: decision.id.clone(),
                    author: decision.author.clone(),
                    reason: reason.clone(),
                    expires_at: moment_of(until)?,
                };
                accepted.push((finding.model.clone(), waiver));
            }
        }
        Ok(accepted)
    }

    /// What the outputs recorded for exactly this fallback version say, with the report that goes into the bundle.
    pub(super) fn eval(
        &self,
        fallback: (&Variant, &Version),
        tally: &Tally,
        accepted: &[(Option<ModelName>, WaiverEntry)],
        has_schema: bool,
    ) -> Result<(EvalEntry, Vec<u8>), Error> {
        let model = &fallback.0.model;
        let waiver = accepted
            .iter()
            .find(|(on, _)| on.as_ref() == Some(model))
            .map(|(_, waiver)| waiver.id.clone());
        let path = format!("evidence/eval-{}.{model}.json", self.name());
        let suite = self.suite();
        let report = json!({
            "prompt": self.name(),
            "variant": model,
            "version": fallback.1.number,
            "contentId": fallback.1.content_id,
            "suite": "schema",
            "suiteSha256": suite.to_string(),
            "rule": if has_schema { "the reply, as it is, holds the primary's output schema" } else { "the reply is not empty" },
            "cases": self.prompt.cases.len(),
            "outputs": tally.outputs,
            "passed": tally.held,
            "empty": tally.empty,
            "cut": tally.cut,
            "words": tally.words,
        });
        let mut bytes =
            serde_json::to_vec_pretty(&report).map_err(|error| Error::Bundle(error.to_string()))?;
        bytes.push(b'\n');
        let entry = EvalEntry {
            prompt: self.name().to_string(),
            variant: model.to_string(),
            suite: "schema".to_owned(),
            suite_sha256: suite,
            cases: u64::from(tally.outputs),
            passed: u64::from(tally.held),
            verdict: if waiver.is_some() {
                Verdict::Accepted
            } else {
                Verdict::Pass
            },
            waiver,
            report: path,
        };
        Ok((entry, bytes))
    }

    /// The digest of the cases: a JSON list, ids in order, with what each asks.
    fn suite(&self) -> Sha256 {
        let mut cases: Vec<Value> = self
            .prompt
            .cases
            .iter()
            .map(|case| json!([case.id, case.input_digest()]))
            .collect();
        cases.sort_by_key(ToString::to_string);
        Sha256::of(Value::Array(cases).to_string().as_bytes())
    }
}

/// Waivers by id, each once.
pub(super) fn unique(waivers: Vec<WaiverEntry>) -> Vec<WaiverEntry> {
    let mut seen = BTreeSet::new();
    let mut unique: Vec<WaiverEntry> = waivers
        .into_iter()
        .filter(|waiver| seen.insert(waiver.id.clone()))
        .collect();
    unique.sort_by(|a, b| a.id.cmp(&b.id));
    unique
}
