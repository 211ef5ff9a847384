//! The statement that is signed: an in-toto Statement v1 about one archive, with the predicate of
//! this format.
//!
//! These types are the shape and nothing more. Whether a statement is true of its archive and of
//! now is judged in [`crate::verify`]; that is why the lists hold plain text and numbers even where
//! only some values are meaningful.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::key::KeyId;
use crate::moment::Moment;
use crate::path::MediaType;

/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of a prompt bundle.
pub const PREDICATE_TYPE: &str = "urn:prompt-bundle:attestation:v1";
/// `schemaVersion` of predicate and machine forms.
pub const SCHEMA_VERSION: u64 = 1;

/// What the signers sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// Exactly one: the archive.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is attested of the archive.
    pub predicate: Predicate,
}

/// A file by name and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// `<name>-v<version>.promptbundle.tar`.
    pub name: String,
    /// Its digest.
    pub digest: SubjectDigest,
}

/// in-toto's digest set, which in this format has one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectDigest {
    /// SHA-256 of the archive.
    pub sha256: Sha256,
}

/// What is attested of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicate {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// Name, number and time.
    pub bundle: BundleMeta,
    /// Every file of the archive, in its order.
    pub files: Vec<FileEntry>,
    /// The prompts and their chains.
    pub prompts: Vec<PromptEntry>,
    /// Every primary change since the previous release.
    pub changes: Vec<ChangeEntry>,
    /// Waivers that changes and evals rest on, and accepted findings.
    pub waivers: Vec<WaiverEntry>,
    /// The evidence for the fallbacks.
    pub evals: Vec<EvalEntry>,
    /// Who must sign.
    pub approvals: Vec<ApprovalEntry>,
}

/// Name, number and time of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BundleMeta {
    /// `^[a-z0-9][a-z0-9-]{0,62}$`.
    pub name: String,
    /// 1 or more; grows with each release of the name.
    pub version: u64,
    /// When it was made.
    pub created_at: Moment,
    /// The first second in which it is no longer valid; at most 400 days after `created_at`.
    pub expires_at: Moment,
    /// The release before; none for the first.
    pub previous: Option<Previous>,
}

impl BundleMeta {
    /// `<name>-v<version>.promptbundle.tar`, the name of the archive as a file and as a subject.
    #[must_use]
    pub fn archive_name(&self) -> String {
        format!("{}-v{}.promptbundle.tar", self.name, self.version)
    }

    /// `<name>-v<version>.promptbundle.dsse.json`, the file name of the envelope.
    #[must_use]
    pub fn envelope_name(&self) -> String {
        format!("{}-v{}.promptbundle.dsse.json", self.name, self.version)
    }
}

/// The release before this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its number.
    pub version: u64,
    /// SHA-256 of its archive.
    pub sha256: Sha256,
}

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileEntry {
    /// A [`crate::BundlePath`].
    pub path: String,
    /// Bytes of its content.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: Sha256,
    /// As its extension says.
    pub media_type: MediaType,
}

/// A prompt and its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptEntry {
    /// `^[a-z0-9][a-z0-9-]*$`.
    pub name: String,
    /// The primary.
    pub primary: PrimaryEntry,
    /// The fallbacks in the order of the chain; empty when the prompt is primary-only.
    pub fallbacks: Vec<FallbackEntry>,
}

/// The primary of a prompt. Its machine form is `variants/<prompt>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryEntry {
    /// The model, by the name or the id that the machine form gives it.
    pub model: String,
    /// The prompt file.
    pub file: String,
}

/// A fallback of a prompt. Its machine form is `variants/<prompt>.<variant>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackEntry {
    /// `^[a-z0-9][a-z0-9.-]*$`.
    pub variant: String,
    /// 1 for the first fallback, 2 for the second, …
    pub order: u64,
    /// The model, by the name or the id that the machine form gives it.
    pub model: String,
    /// The prompt file.
    pub file: String,
}

/// A change of a primary and how each fallback met it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeEntry {
    /// Unique in the bundle, such as `triage-v12`.
    pub id: String,
    /// The prompt.
    pub prompt: String,
    /// For people.
    pub summary: String,
    /// One for each fallback of the prompt.
    pub fallbacks: Vec<CoverageEntry>,
}

/// How one fallback met a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageEntry {
    /// The fallback.
    pub variant: String,
    /// What became of the change there.
    pub status: Status,
    /// With [`Status::Matched`]: the fallback's prompt file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// With [`Status::Waived`]: the id of the waiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
}

impl CoverageEntry {
    /// The fallback's version in this bundle answers the change.
    pub fn matched(variant: impl Into<String>, file: impl Into<String>) -> Self {
        CoverageEntry {
            variant: variant.into(),
            status: Status::Matched,
            file: Some(file.into()),
            waiver: None,
        }
    }

    /// A waiver lets the fallback go without the change.
    pub fn waived(variant: impl Into<String>, waiver: impl Into<String>) -> Self {
        CoverageEntry {
            variant: variant.into(),
            status: Status::Waived,
            file: None,
            waiver: Some(waiver.into()),
        }
    }
}

/// What became of a change in a fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A version of the fallback answers it.
    Matched,
    /// A waiver covers it.
    Waived,
    /// Neither. Can be said, but no bundle that says it is accepted.
    Unmatched,
}

/// A decision to go without, by somebody, for a reason, until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaiverEntry {
    /// Unique in the bundle.
    pub id: String,
    /// Who decided.
    pub author: String,
    /// At least ten characters.
    pub reason: String,
    /// The first second in which it holds no more.
    pub expires_at: Moment,
}

/// A suite that a fallback was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvalEntry {
    /// The prompt.
    pub prompt: String,
    /// The fallback.
    pub variant: String,
    /// The name of the suite.
    pub suite: String,
    /// Digest of the canonical cases.
    pub suite_sha256: Sha256,
    /// How many cases were judged.
    pub cases: u64,
    /// How many of them passed.
    pub passed: u64,
    /// The outcome by the prompt's margin.
    pub verdict: Verdict,
    /// With [`Verdict::Accepted`]: the waiver that accepts the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
    /// A file of the bundle under `evidence/`.
    pub report: String,
}

/// The outcome of an eval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every error-level finding on the variant is absent.
    Pass,
    /// There is a finding, and somebody accepted it.
    Accepted,
    /// Neither. Can be said, but no bundle that says it is accepted.
    Fail,
}

/// A person whose signature the bundle needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalEntry {
    /// Who.
    pub reviewer: String,
    /// The key that must sign; its signature is the approval.
    pub keyid: KeyId,
    /// The decision.
    pub decision: Decision,
    /// When the reviewer was named.
    pub at: Moment,
    /// What the reviewer adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A reviewer's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Ship it.
    Approve,
    /// Do not. Can be said, but no bundle that says it is accepted.
    Reject,
}

impl Predicate {
    /// The waivers by their ids; of two with one id the later one.
    pub(crate) fn waivers_by_id(&self) -> BTreeMap<&str, &WaiverEntry> {
        self.waivers
            .iter()
            .map(|waiver| (waiver.id.as_str(), waiver))
            .collect()
    }
}

/// `^[a-z0-9][a-z0-9-]{0,62}$`, the rule of bundle names (and of key names).
#[must_use]
pub fn is_bundle_name(name: &str) -> bool {
    name.len() <= 63 && is_prompt_name(name)
}

/// `^[a-z0-9][a-z0-9-]*$`, the rule of prompt names: no dot, so that `<prompt>.<variant>` can be
/// told apart.
#[must_use]
pub fn is_prompt_name(name: &str) -> bool {
    is_name(name, |byte| byte == b'-')
}

/// `^[a-z0-9][a-z0-9.-]*$`, the rule of variant names.
#[must_use]
pub fn is_variant_name(name: &str) -> bool {
    is_name(name, |byte| matches!(byte, b'-' | b'.'))
}

fn is_name(name: &str, later: impl Fn(u8) -> bool) -> bool {
    let first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(first) && name.bytes().all(|byte| first(byte) || later(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_rules() {
        assert!(is_bundle_name("a") && is_bundle_name(&"a".repeat(63)) && is_bundle_name("0-a-"));
        for wrong in [
            "",
            "-a",
            "A",
            "a.b",
            "a_b",
            "ä",
            "a/b",
            "a\n",
            &"a".repeat(64),
        ] {
            assert!(!is_bundle_name(wrong), "{wrong:?}");
        }
        assert!(is_prompt_name(&"a".repeat(64)) && !is_prompt_name("a.b"));
        assert!(is_variant_name("claude-3.5") && !is_variant_name(".a") && !is_variant_name("a/b"));
    }
}
