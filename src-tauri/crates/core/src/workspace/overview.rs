//! The whole workspace on one page, and what an outage would do now.

use std::collections::BTreeMap;

use super::lookup::{self, Found};
use super::read::{all_changes, behind, count};
use super::view::{Outage, Overview, OverviewRow, Share, Standing, VariantState};
use super::{Error, Workspace, evidence};
use crate::check::{Code, Finding};
use crate::ledger::Change;
use crate::parity::Tally;
use crate::prompt::{Level, ModelName, PolicyKind, PromptName};
use crate::set::PromptSet;

impl Workspace {
    /// Prompts × models, what to do next, and what an outage of the primary would do now.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let settings = self.store.settings().await?;
        let set = self.load().await?;
        let report = self.check_set(&set, &[]).await?;
        let released = self.released().await?;
        let mut prompts = Vec::new();
        let mut outages = Vec::new();
        for name in set.config.prompts.keys() {
            let found = lookup::prompt(&set, name.as_str()).ok();
            prompts.push(
                self.row(&set, name, found, &report.findings, &released)
                    .await?,
            );
            if let Some(found) = found
                && let Some(outage) = self.outage(found).await?
            {
                outages.push(outage);
            }
        }
        // The prompt that would lose most is the one to show.
        outages.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
        let file = self
            .path()
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Overview {
            workspace: file.unwrap_or_default(),
            sample: settings.sample,
            models: models(&set),
            last_output: prompts
                .iter()
                .filter_map(|row| row.last_output.clone())
                .max(),
            prompts,
            outage: outages.into_iter().next(),
            errors: report.errors,
            warnings: count(
                report
                    .findings
                    .iter()
                    .filter(|finding| finding.level == Level::Warning)
                    .count(),
            ),
            next: report.findings,
        })
    }

    async fn row(
        &self,
        set: &PromptSet,
        name: &PromptName,
        found: Option<Found<'_>>,
        findings: &[Finding],
        released: &BTreeMap<String, String>,
    ) -> Result<OverviewRow, Error> {
        let own: Vec<&Finding> = findings
            .iter()
            .filter(|finding| &finding.prompt == name)
            .collect();
        let changes = found
            .map(|found| all_changes(found, &self.host.now()))
            .unwrap_or_default();
        let chain = set.config.chain_of(name);
        let state = |model: &ModelName| {
            let version =
                found.and_then(|found| found.prompt.variant(model)?.head().map(|head| head.number));
            variant_state(model, version, &changes, &own)
        };
        let mut last_output = None;
        for model in chain {
            last_output = last_output.max(self.store.last_output(name, model).await?);
        }
        let settings = set.config.prompts.get(name);
        let policy = settings.map_or(PolicyKind::Strict, |settings| settings.policy.kind);
        let (standing, badge) = badge(policy, &changes, &own);
        Ok(OverviewRow {
            prompt: name.clone(),
            owner: settings
                .map(|settings| settings.owner.clone())
                .unwrap_or_default(),
            policy,
            standing,
            badge,
            primary: chain.first().map(&state),
            fallbacks: chain.iter().skip(1).map(&state).collect(),
            cases: found.map_or(0, |found| count(found.prompt.cases.len())),
            last_output,
            released: released.get(name.as_str()).cloned(),
        })
    }

    /// What callers of one prompt would get from its first fallback; `None` when a side has no outputs.
    async fn outage(&self, found: Found<'_>) -> Result<Option<Outage>, Error> {
        let Ok((primary, head)) = found.primary() else {
            return Ok(None);
        };
        let Ok((fallback, tuned)) = found.fallback(None) else {
            return Ok(None);
        };
        let judge = evidence::judge_of(found.set, found.name());
        let name = found.name();
        let ours = self
            .tally(name, &primary.model, &head.content_id, false, &judge)
            .await?;
        let naive = self
            .tally(name, &fallback.model, &head.content_id, true, &judge)
            .await?;
        let theirs = self
            .tally(name, &fallback.model, &tuned.content_id, false, &judge)
            .await?;
        if ours.outputs == 0 || (naive.outputs == 0 && theirs.outputs == 0) {
            return Ok(None);
        }
        let schema = head.content.output_schema.is_some();
        let say = |tally: &Tally| {
            tally.share().map_or_else(
                || "unknown".to_owned(),
                |share| format!("{:.0} %", share * 100.0),
            )
        };
        Ok(Some(Outage {
            prompt: name.clone(),
            primary: primary.model.clone(),
            fallback: fallback.model.clone(),
            primary_version: head.number,
            fallback_version: tuned.number,
            measure: if schema {
                "output schema holds"
            } else {
                "not empty"
            }
            .to_owned(),
            sentence: format!(
                "{} {} → {} → {}",
                if schema { "schema holds" } else { "not empty" },
                say(&ours),
                say(&naive),
                say(&theirs)
            ),
            primary_share: share(&ours),
            passthrough_share: share(&naive),
            fallback_share: share(&theirs),
        }))
    }
}

fn share(tally: &Tally) -> Option<Share> {
    (tally.outputs > 0).then_some(Share {
        held: tally.held,
        of: tally.outputs,
    })
}

fn loss(outage: &Outage) -> f64 {
    let value = |share: &Option<Share>| {
        share
            .as_ref()
            .map(|share| f64::from(share.held) / f64::from(share.of.max(1)))
    };
    let ours = value(&outage.primary_share).unwrap_or(0.0);
    let worst = [&outage.passthrough_share, &outage.fallback_share]
        .into_iter()
        .filter_map(value)
        .fold(ours, f64::min);
    ours - worst
}

/// All models in use, in the order of the longest chain, the others after it.
fn models(set: &PromptSet) -> Vec<ModelName> {
    let mut chains: Vec<&[ModelName]> = set
        .config
        .prompts
        .keys()
        .map(|name| set.config.chain_of(name))
        .collect();
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.len()));
    let mut models: Vec<ModelName> = Vec::new();
    for model in chains.into_iter().flatten() {
        if !models.contains(model) {
            models.push(model.clone());
        }
    }
    models
}

/// How one variant stands, in the words of the screen.
pub(super) fn variant_state(
    model: &ModelName,
    version: Option<u32>,
    changes: &[Change],
    findings: &[&Finding],
) -> VariantState {
    let behind = behind(model, changes);
    let worst = findings
        .iter()
        .filter(|finding| finding.model.as_ref() == Some(model))
        .max_by_key(|finding| (finding.level, std::cmp::Reverse(finding.code)));
    let (standing, label) = match (version, worst) {
        (None, _) => (Standing::Error, "missing".to_owned()),
        (Some(_), Some(finding)) => (
            standing(finding.level),
            if behind > 0 {
                format!("behind {behind}")
            } else {
                short(finding.code)
            },
        ),
        (Some(_), None) => (Standing::Good, "in step".to_owned()),
    };
    VariantState {
        model: model.clone(),
        version,
        behind,
        standing,
        label,
    }
}

fn badge(policy: PolicyKind, changes: &[Change], findings: &[&Finding]) -> (Standing, String) {
    let versions: std::collections::BTreeSet<u32> = changes
        .iter()
        .filter(|change| change.state == crate::ledger::ChangeState::Unmatched)
        .map(|change| change.version)
        .collect();
    let worst = findings
        .iter()
        .max_by_key(|finding| (finding.level, std::cmp::Reverse(finding.code)));
    match worst {
        Some(finding) if finding.code == Code::PrimaryOnly => {
            (Standing::Apart, "primary only".to_owned())
        }
        Some(finding) if !versions.is_empty() => (
            standing(finding.level),
            format!("behind {}", versions.len()),
        ),
        Some(finding) => (standing(finding.level), short(finding.code)),
        None => (Standing::Good, policy.as_str().to_owned()),
    }
}

fn standing(level: Level) -> Standing {
    match level {
        Level::Error => Standing::Error,
        Level::Warning => Standing::Warning,
        Level::Off => Standing::Good,
    }
}

fn short(code: Code) -> String {
    match code {
        Code::UnmatchedChange => "behind",
        Code::WaiverExpired => "waiver ended",
        Code::FallbackMissing => "no fallback",
        Code::UnknownVariable => "unknown variable",
        Code::SchemaBroken => "schema broken",
        Code::NeverRun => "never run",
        Code::StaleRun => "needs a run",
        Code::SameAsPrimary => "same as primary",
        Code::MaxOutputTokens => "may write more",
        Code::PrimaryOnly => "primary only",
        Code::SchemaLost => "schema lost",
        Code::ToolsLost => "tools lost",
        Code::ToolChoiceLost => "tool choice lost",
        Code::ParameterRefused => "refused",
        Code::ParameterLost => "parameter lost",
        Code::ModelRetired => "retires",
    }
    .to_owned()
}
