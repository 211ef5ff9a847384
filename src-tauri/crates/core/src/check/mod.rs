//! What stands in the way of trusting the fallback: findings.
//!
//! Owns the codes, their default levels and the rules. Pure: a prompt set, counted evidence and an outlook come in,
//! findings go out; nothing is read, rendered, run or stored here.

mod outlook;
mod rules;

use std::collections::BTreeMap;

use serde::Serialize;

pub use outlook::Outlook;

use crate::ledger::{Verdict, has_ended};
use crate::parity::Tally;
use crate::prompt::{Level, ModelName, PolicyKind, PromptName};
use crate::set::PromptSet;

/// A finding's stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "FindingCode"))]
pub enum Code {
    /// A primary change never reached a fallback.
    UnmatchedChange,
    /// A waiver ran out.
    WaiverExpired,
    /// The policy asks for a fallback and there is none.
    FallbackMissing,
    /// A template uses a variable that cases do not give.
    UnknownVariable,
    /// The fallback breaks the output schema more often than the primary.
    SchemaBroken,
    /// A variant has never been run.
    NeverRun,
    /// The head moved since the last run.
    StaleRun,
    /// The fallback is the primary's text in another file.
    SameAsPrimary,
    /// The fallback may write more than its primary, or without end.
    MaxOutputTokens,
    /// There is no fallback, on purpose.
    PrimaryOnly,
    /// The primary's replies are held to an output schema by its API, the fallback's are not.
    SchemaLost,
    /// The fallback's request lacks tools of the primary's.
    ToolsLost,
    /// The primary must call a tool, the fallback may answer without.
    ToolChoiceLost,
    /// The fallback's API answers its request with an error.
    ParameterRefused,
    /// A parameter of the primary's that callers notice does not reach the fallback.
    ParameterLost,
    /// A model has stopped answering, or soon will.
    ModelRetired,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 16] = [
        Self::UnmatchedChange,
        Self::WaiverExpired,
        Self::FallbackMissing,
        Self::UnknownVariable,
        Self::SchemaBroken,
        Self::NeverRun,
        Self::StaleRun,
        Self::SameAsPrimary,
        Self::MaxOutputTokens,
        Self::PrimaryOnly,
        Self::SchemaLost,
        Self::ToolsLost,
        Self::ToolChoiceLost,
        Self::ParameterRefused,
        Self::ParameterLost,
        Self::ModelRetired,
    ];

    /// The word used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnmatchedChange => "unmatched-change",
            Self::WaiverExpired => "waiver-expired",
            Self::FallbackMissing => "fallback-missing",
            Self::UnknownVariable => "unknown-variable",
            Self::SchemaBroken => "schema-broken",
            Self::NeverRun => "never-run",
            Self::StaleRun => "stale-run",
            Self::SameAsPrimary => "same-as-primary",
            Self::MaxOutputTokens => "max-output-tokens",
            Self::PrimaryOnly => "primary-only",
            Self::SchemaLost => "schema-lost",
            Self::ToolsLost => "tools-lost",
            Self::ToolChoiceLost => "tool-choice-lost",
            Self::ParameterRefused => "parameter-refused",
            Self::ParameterLost => "parameter-lost",
            Self::ModelRetired => "model-retired",
        }
    }

    /// Reads a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// Whether it is told from the rendered requests: what is known of it before any call.
    pub fn is_of_requests(self) -> bool {
        matches!(
            self,
            Self::SchemaLost
                | Self::ToolsLost
                | Self::ToolChoiceLost
                | Self::ParameterRefused
                | Self::ParameterLost
        )
    }

    /// Whether the rule needs outputs, which a directory does not hold.
    pub fn needs_outputs(self) -> bool {
        matches!(self, Self::SchemaBroken | Self::NeverRun | Self::StaleRun)
    }

    /// What happens on the day decides. A request that is refused gives no reply at all, one without the schema gives
    /// what the caller's parser may choke on, one without a tool cannot do what the product promises: errors. A call
    /// that is no longer forced usually comes all the same, a lost parameter changes what is noticed, and a retirement
    /// is known beforehand: warnings.
    fn default_level(self, policy: PolicyKind) -> Level {
        match self {
            Self::NeverRun | Self::StaleRun if policy != PolicyKind::Strict => Level::Warning,
            Self::SameAsPrimary
            | Self::MaxOutputTokens
            | Self::PrimaryOnly
            | Self::ToolChoiceLost
            | Self::ParameterLost
            | Self::ModelRetired => Level::Warning,
            _ => Level::Error,
        }
    }
}

/// What `check` reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Finding {
    /// Its stable code.
    pub code: Code,
    /// `error` or `warning`.
    #[cfg_attr(feature = "bindings", ts(type = "\"error\" | \"warning\""))]
    pub level: Level,
    /// The prompt.
    pub prompt: PromptName,
    /// The model, when it is about one.
    pub model: Option<ModelName>,
    /// The version it is about: for a change the primary's number, else the variant's.
    pub version: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// A way out.
    pub help: String,
    /// Until when somebody accepted it; it is then a warning.
    pub accepted_until: Option<String>,
    /// The id of the decision that accepted it.
    pub accepted_by: Option<String>,
    /// Why somebody accepted it, or why its level was set by hand.
    pub reason: Option<String>,
}

/// What is known of one variant's outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct VariantEvidence {
    /// Whether it ever gave an output for any of its versions.
    pub ever: bool,
    /// Its head's outputs, judged by the primary's schema.
    pub head: Tally,
}

/// Evidence by prompt and model.
pub type Evidence = BTreeMap<(PromptName, ModelName), VariantEvidence>;

/// The answer of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Findings, most urgent first; those switched off are left out.
    pub findings: Vec<Finding>,
    /// Codes that could not be asked without outputs.
    pub skipped: Vec<Code>,
}

impl Report {
    /// How many findings block.
    pub fn errors(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .count()
    }
}

/// Checks the prompts of `set` for which `wanted` answers yes, at `now` (RFC 3339, UTC). Without evidence, the rules
/// that need outputs are skipped and named.
pub fn check(
    set: &PromptSet,
    evidence: Option<&Evidence>,
    outlook: &Outlook,
    now: &str,
    wanted: impl Fn(&PromptName) -> bool,
) -> Report {
    let mut findings = Vec::new();
    for name in set.config.prompts.keys().filter(|name| wanted(name)) {
        for raw in rules::find(set, name, evidence, outlook, now) {
            if let Some(finding) = weigh(set, name, raw, now) {
                findings.push(finding);
            }
        }
    }
    findings.sort_by(|a: &Finding, b| {
        (b.level, &a.prompt, a.code, a.version, &a.model)
            .cmp(&(a.level, &b.prompt, b.code, b.version, &b.model))
    });
    let skipped = match evidence {
        Some(_) => Vec::new(),
        None => Code::ALL
            .into_iter()
            .filter(|code| code.needs_outputs())
            .collect(),
    };
    Report { findings, skipped }
}

/// A finding before its level is known.
struct Raw {
    code: Code,
    model: Option<ModelName>,
    version: Option<u32>,
    message: String,
    help: String,
    /// Set when the rule itself says how bad it is.
    level: Option<Level>,
}

/// Gives a finding its level: the rule's, unless set in understudy.toml, unless accepted.
fn weigh(set: &PromptSet, prompt: &PromptName, raw: Raw, now: &str) -> Option<Finding> {
    let settings = set.config.prompts.get(prompt)?;
    let by_rule = raw
        .level
        .unwrap_or_else(|| raw.code.default_level(settings.policy.kind));
    let setting = settings.levels.get(raw.code.as_str());
    // A setting changes what an error means; it does not make an error of what the rule itself calls a warning.
    let mut level = match setting {
        Some(setting) if raw.level == Some(Level::Warning) => setting.level.min(Level::Warning),
        Some(setting) => setting.level,
        None => by_rule,
    };
    let mut reason = setting.and_then(|setting| setting.reason.clone());
    let (mut accepted_until, mut accepted_by) = (None, None);
    if level == Level::Error
        && let Some(accepted) = acceptance(set, prompt, &raw, now)
    {
        level = Level::Warning;
        reason = Some(accepted.reason);
        accepted_until = Some(accepted.until);
        accepted_by = Some(accepted.decision);
    }
    (level > Level::Off).then(|| Finding {
        code: raw.code,
        level,
        prompt: prompt.clone(),
        model: raw.model,
        version: raw.version,
        message: raw.message,
        help: raw.help,
        accepted_until,
        accepted_by,
        reason,
    })
}

/// Who let a finding pass, until when, and why.
struct Acceptance {
    reason: String,
    until: String,
    decision: String,
}

/// The latest acceptance that is alive and was given for exactly the heads of today. Unmatched changes are waived,
/// never accepted: a waiver names the change.
fn acceptance(set: &PromptSet, prompt: &PromptName, raw: &Raw, now: &str) -> Option<Acceptance> {
    if matches!(raw.code, Code::UnmatchedChange | Code::WaiverExpired) {
        return None;
    }
    let found = set.prompts.get(prompt)?;
    let primary = &set.primary(prompt)?.head()?.content_id;
    let head_of = |model: &Option<ModelName>| {
        model
            .as_ref()
            .and_then(|model| found.variant(model)?.head())
            .map(|version| &version.content_id)
    };
    found
        .ledger
        .iter()
        .rev()
        .find_map(|decision| match &decision.verdict {
            Verdict::Accept {
                code,
                variant,
                to,
                with,
                reason,
                until,
            } if code == raw.code.as_str()
                && variant == &raw.model
                && to == primary
                && with.as_ref() == head_of(variant) =>
            {
                Some(Acceptance {
                    reason: reason.clone(),
                    until: until.clone(),
                    decision: decision.id.clone(),
                })
            }
            _ => None,
        })
        // The latest counts alone: one that was given an earlier end must not live on in the one before it.
        .filter(|acceptance| !has_ended(&acceptance.until, now))
}

#[cfg(test)]
mod tests;
