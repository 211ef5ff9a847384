//! Releases: checked, frozen, signed, written, verified.

mod export;
mod plan;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use understudy_bundle::{
    Envelope, PublicKey, Sha256, Trust, Unverified, read_envelope, verify_files,
};

use super::view::{KeyEntry, KeyList, ReleaseEntry, ReleaseView, Verification};
use super::{Error, Workspace};
use crate::host::parse_time;
use crate::keys::Passphrase;
use crate::prompt::Level;

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// The bundle's name.
    pub name: String,
    /// The folder to write to; made when missing.
    pub out: PathBuf,
    /// Signing keys by name, with their passphrases.
    pub sign: Vec<(String, Passphrase)>,
    /// Reviewers who will sign later: name and public key in PEM.
    pub reviewers: Vec<(String, String)>,
    /// Prompts that stay as they were in the last release; left out when they were in none.
    pub hold: Vec<String>,
    /// How long the bundle is valid.
    pub expires_days: u32,
    /// The envelope of the release before this one, where the workspace does not know it.
    pub previous: Option<PathBuf>,
}

/// What to verify, and what to trust.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The archive.
    pub archive: PathBuf,
    /// The envelope.
    pub envelope: PathBuf,
    /// Trusted public keys in PEM.
    pub keys: Vec<String>,
    /// How many of them must have signed.
    pub threshold: u32,
    /// The name the bundle must have.
    pub name: Option<String>,
    /// The version last loaded.
    pub min_version: Option<u32>,
    /// The digest of the archive last loaded, hex.
    pub pinned_sha256: Option<String>,
    /// The clock; `None` for now.
    pub now: Option<String>,
}

/// Verifies a bundle. Needs no workspace: this is what the other side does. `now` in seconds since 1970 is used when
/// the request names no time.
pub fn verify_bundle(request: &VerifyRequest, now: i64) -> Result<Verification, Error> {
    let bad = |what: &str, given: &str| Error::Bundle(format!("`{given}` is not {what}"));
    let keys = request
        .keys
        .iter()
        .map(|pem| PublicKey::from_pem(pem).map_err(|error| Error::Bundle(error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    let seconds = match &request.now {
        Some(text) => parse_time(text).ok_or_else(|| bad("a time", text))?,
        None => now,
    };
    let mut trust = Trust::new(keys, super::release::plan::moment(seconds)?);
    trust.threshold = usize::try_from(request.threshold)
        .ok()
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| bad("a threshold of at least 1", &request.threshold.to_string()))?;
    trust.name.clone_from(&request.name);
    trust.min_version = request.min_version.map(u64::from);
    trust.pinned_sha256 = match &request.pinned_sha256 {
        Some(hex) => Some(
            hex.parse::<Sha256>()
                .map_err(|_| bad("a SHA-256 in lower-case hex", hex))?,
        ),
        None => None,
    };
    let verified = verify_files(&request.archive, &request.envelope, &trust);
    let code = verified.as_ref().err().map(|no| no.code.as_str());
    tracing::info!(accepted = verified.is_ok(), code, "verified");
    Ok(match verified {
        Ok(bundle) => Verification {
            accepted: true,
            code: "OK".to_owned(),
            sentence: "The signatures, the files and the rules hold.".to_owned(),
            name: Some(bundle.meta().name.clone()),
            version: u32::try_from(bundle.meta().version).ok(),
            sha256: Some(bundle.sha256().to_string()),
            signers: bundle.signers().iter().map(ToString::to_string).collect(),
            expires_at: Some(bundle.meta().expires_at.to_string()),
        },
        Err(rejection) => Verification {
            accepted: false,
            code: rejection.code.as_str().to_owned(),
            sentence: rejection.sentence.clone(),
            name: None,
            version: None,
            sha256: None,
            signers: Vec::new(),
            expires_at: None,
        },
    })
}

/// What an envelope claims, believed by nobody: the statement as JSON.
pub fn show_envelope(path: &Path) -> Result<serde_json::Value, Error> {
    let envelope = open_envelope(path)?;
    let claims =
        Unverified::read(&envelope).map_err(|rejection| Error::Bundle(rejection.to_string()))?;
    let statement = serde_json::to_value(claims.statement())
        .map_err(|error| Error::Bundle(error.to_string()))?;
    Ok(
        serde_json::json!({ "verified": false, "claimed_signers": claims.claimed_signers(), "statement": statement }),
    )
}

fn open_envelope(path: &Path) -> Result<Envelope, Error> {
    let bytes = read_envelope(path).map_err(|rejection| Error::Bundle(rejection.to_string()))?;
    Envelope::parse(&bytes).map_err(|rejection| Error::Bundle(rejection.to_string()))
}

impl Workspace {
    /// Verifies a bundle against keys of this workspace's own ring, by name, and any given as PEM.
    pub async fn verify_with_own_key(
        &self,
        archive: &Path,
        envelope: &Path,
        key: &str,
    ) -> Result<Verification, Error> {
        let request = VerifyRequest {
            archive: archive.to_owned(),
            envelope: envelope.to_owned(),
            keys: vec![self.key_ring().export(key)?],
            threshold: 1,
            name: None,
            min_version: None,
            pinned_sha256: None,
            now: None,
        };
        verify_bundle(&request, self.host.now_millis().div_euclid(1000))
    }

    /// Signing keys by name.
    pub fn keys(&self) -> Result<KeyList, Error> {
        key_list(&self.keys)
    }

    /// Makes a signing key.
    pub fn new_key(&self, name: &str, passphrase: &Passphrase) -> Result<KeyEntry, Error> {
        new_key(&self.keys, name, passphrase)
    }

    /// What stands in the way, what holds, and what was released before.
    pub async fn release_view(&self) -> Result<ReleaseView, Error> {
        let set = self.load().await?;
        let check = self.check_set(&set, &[]).await?;
        let releases = self.store.releases().await?;
        let name = releases
            .first()
            .map_or_else(|| self.default_name(), |release| release.name.clone());
        let next_version = 1 + releases
            .iter()
            .filter(|release| release.name == name)
            .map(|release| release.version)
            .max()
            .unwrap_or(0);
        Ok(ReleaseView {
            holds: holds(&set, &check.findings),
            check,
            name,
            next_version,
            keys: self.keys()?.keys,
            releases: releases
                .into_iter()
                .map(|release| ReleaseEntry {
                    name: release.name,
                    version: release.version,
                    created_at: release.created_at,
                    expires_at: release.expires_at,
                    sha256: release.archive_sha256,
                })
                .collect(),
        })
    }

    /// The latest release that holds each prompt, as `v12 in #3`.
    pub(super) async fn released(&self) -> Result<BTreeMap<String, String>, Error> {
        let set = self.load().await?;
        let mut latest = BTreeMap::new();
        for release in self.store.releases().await? {
            for (prompt, heads) in plan::frozen_heads(&release)? {
                let found = set
                    .prompts
                    .values()
                    .find(|found| found.name.as_str() == prompt);
                let primary = found.and_then(|found| set.primary(&found.name));
                let number = primary.and_then(|primary| {
                    let content = heads.get(primary.model.as_str())?;
                    let is =
                        |version: &&crate::prompt::Version| version.content_id.as_str() == content;
                    primary
                        .versions
                        .iter()
                        .rev()
                        .find(is)
                        .map(|version| version.number)
                });
                if let Some(number) = number {
                    latest
                        .entry(prompt)
                        .or_insert_with(|| format!("v{number} in #{}", release.version));
                }
            }
        }
        Ok(latest)
    }

    /// The workspace's file name as a bundle name, or `bundle`.
    fn default_name(&self) -> String {
        let stem = self
            .path()
            .file_stem()
            .map(|stem| stem.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let name: String = stem
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let name = name.trim_start_matches('-').to_owned();
        if name.is_empty() {
            "bundle".to_owned()
        } else {
            name
        }
    }

    /// Appends a signature to a frozen envelope: this is how a reviewer approves.
    pub fn sign_envelope(
        &self,
        path: &Path,
        key: &str,
        passphrase: &Passphrase,
    ) -> Result<Vec<String>, Error> {
        sign_envelope(&self.keys, path, key, passphrase)
    }
}

/// Signing keys of a folder, by name.
pub fn key_list(folder: &Path) -> Result<KeyList, Error> {
    let keys = crate::keys::KeyRing::open(folder).list()?;
    Ok(KeyList {
        keys: keys
            .into_iter()
            .map(|key| KeyEntry {
                name: key.name,
                keyid: key.keyid,
            })
            .collect(),
    })
}

/// Makes a signing key in a folder.
pub fn new_key(folder: &Path, name: &str, passphrase: &Passphrase) -> Result<KeyEntry, Error> {
    let key = crate::keys::KeyRing::open(folder).new_key(name, passphrase)?;
    tracing::info!(name = key.name, keyid = %key.keyid, "key made");
    Ok(KeyEntry {
        name: key.name,
        keyid: key.keyid,
    })
}

/// The public half of a key, PEM.
pub fn export_key(folder: &Path, name: &str) -> Result<String, Error> {
    Ok(crate::keys::KeyRing::open(folder).export(name)?)
}

/// Appends a signature to a frozen envelope. Answers the key ids that have signed now, as the envelope claims.
pub fn sign_envelope(
    folder: &Path,
    path: &Path,
    key: &str,
    passphrase: &Passphrase,
) -> Result<Vec<String>, Error> {
    let signing = crate::keys::KeyRing::open(folder).unlock(key, passphrase)?;
    let mut envelope = open_envelope(path)?;
    // A signature stands for the content: whoever signs a broken statement would approve what no gateway loads.
    let claims =
        Unverified::read(&envelope).map_err(|rejection| Error::Bundle(rejection.to_string()))?;
    let keyid = signing.public().id();
    if !claims
        .statement()
        .predicate
        .approvals
        .iter()
        .any(|approval| approval.keyid == keyid)
    {
        return Err(Error::Bundle(format!(
            "the bundle names no reviewer with the key {key} ({keyid}): approvals are fixed at export, and this signature would count for nothing. Nothing was changed"
        )));
    }
    envelope
        .sign(&signing)
        .map_err(|error| Error::Bundle(error.to_string()))?;
    let bytes = envelope
        .to_json()
        .map_err(|error| Error::Bundle(error.to_string()))?;
    export::replace_file(path, &bytes)?;
    tracing::info!(%keyid, "signed");
    Ok(envelope.claimed_signers().map(str::to_owned).collect())
}

/// What holds, in a sentence each, so that a quiet list is not mistaken for an unasked question.
fn holds(set: &crate::set::PromptSet, findings: &[crate::check::Finding]) -> Vec<String> {
    use crate::check::Code;
    let none = |codes: &[Code]| {
        !findings
            .iter()
            .any(|finding| codes.contains(&finding.code) && finding.level > Level::Off)
    };
    let cases: usize = set.prompts.values().map(|prompt| prompt.cases.len()).sum();
    let mut holds = Vec::new();
    if none(&[Code::UnmatchedChange, Code::WaiverExpired]) {
        holds.push("Every primary change is matched or waived on every fallback".to_owned());
    }
    if none(&[Code::NeverRun, Code::StaleRun]) {
        holds.push(format!(
            "Every head has outputs for all its cases, {cases} in all"
        ));
    }
    if none(&[Code::MaxOutputTokens]) {
        holds.push("No fallback may write more than its primary".to_owned());
    }
    if none(&[Code::UnknownVariable]) {
        holds.push("Every variable has a value in every case".to_owned());
    }
    if none(&[Code::FallbackMissing]) {
        holds.push("Every prompt has the fallbacks its policy asks for".to_owned());
    }
    holds
}
