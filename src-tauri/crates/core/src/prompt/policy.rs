//! What a prompt promises in an outage, and how strictly it is judged.

use serde::{Deserialize, Serialize};

/// The kind of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum PolicyKind {
    /// The fallback must be as good; what is not known counts as no.
    Strict,
    /// The fallback may be visibly worse; what is not known warns.
    Relaxed,
    /// There is no fallback, on purpose and for a time.
    PrimaryOnly,
}

impl PolicyKind {
    /// The word used in files and on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
            Self::PrimaryOnly => "primary-only",
        }
    }
}

/// A prompt's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Policy {
    /// The kind.
    pub kind: PolicyKind,
    /// Why there is no fallback (`primary-only`).
    pub reason: Option<String>,
    /// Until when that holds, RFC 3339 or a date (`primary-only`).
    pub until: Option<String>,
    /// What callers get while the primary is down (`primary-only`).
    pub message: Option<String>,
}

impl Policy {
    /// A policy without reason, end or message.
    pub fn of(kind: PolicyKind) -> Self {
        Self {
            kind,
            reason: None,
            until: None,
            message: None,
        }
    }
}

/// How far primary and fallback may lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Margins {
    /// For shares, as a fraction: 0.10 is ten points.
    pub share: f64,
    /// For lengths, as a ratio above 1.
    pub length: f64,
}

impl Margins {
    /// The margins a policy starts with.
    pub fn of(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::Strict => Self {
                share: 0.10,
                length: 1.15,
            },
            PolicyKind::Relaxed | PolicyKind::PrimaryOnly => Self {
                share: 0.20,
                length: 1.20,
            },
        }
    }
}

/// Finding codes whose level can be set in `understudy.toml`: those of `check`, and those that are reserved for rules
/// to come, so that a set written for a newer program still opens. A misspelt code would silence nothing and nobody
/// would notice.
pub const LEVEL_CODES: [&str; 27] = [
    "unmatched-change",
    "waiver-expired",
    "fallback-missing",
    "unknown-variable",
    "schema-broken",
    "never-run",
    "stale-run",
    "same-as-primary",
    "max-output-tokens",
    "primary-only",
    "schema-lost",
    "tools-lost",
    "tool-choice-lost",
    "parameter-refused",
    "parameter-lost",
    "secret-in-prompt",
    "diverged",
    "inconclusive",
    "weak-match",
    "unproven-match",
    "policy-weakened",
    "policy-undecided",
    "model-alias",
    "model-retired",
    "review-due",
    "gateway-passthrough",
    "needs-renderer",
];

/// How loudly a finding speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Level {
    /// Not reported.
    Off,
    /// Reported.
    Warning,
    /// Blocks a release.
    Error,
}

/// A level set by hand for one finding code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LevelSetting {
    /// The level.
    pub level: Level,
    /// Why.
    pub reason: Option<String>,
}
