//! From a checked workspace to two signed files.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use understudy_bundle::manifest::{ApprovalEntry, BundleMeta, Decision, Previous, WaiverEntry};
use understudy_bundle::{
    Archive, BundlePath, Draft, Envelope, Frozen, Moment, PublicKey, SigningKey, Trust, Unverified,
    verify,
};

use super::plan::{self, Shipped};
use super::{ExportRequest, open_envelope};
use crate::parity::Judge;
use crate::prompt::Level;
use crate::set::PromptSet;
use crate::store::ReleaseRow;
use crate::workspace::view::Exported;
use crate::workspace::{Error, Workspace};

/// The longest a bundle may live, in days.
const LONGEST_DAYS: u32 = 400;

impl Workspace {
    /// Checks, freezes, signs and writes a release. While an error finding stands, nothing is written.
    #[tracing::instrument(name = "export", level = "debug", skip_all, fields(name = request.name))]
    pub async fn export_bundle(&self, request: &ExportRequest) -> Result<Exported, Error> {
        let set = self.load().await?;
        for held in &request.hold {
            crate::workspace::evidence::known_prompt(&set, held)?;
        }
        let last = self.last_release(request).await?;
        let set = plan::shipping(&set, &request.hold, last.heads.as_ref());
        let report = self.check_set(&set, &[]).await?;
        let count = report
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .count();
        if count > 0 {
            return Err(Error::Blocked { count });
        }
        if !(1..=LONGEST_DAYS).contains(&request.expires_days) {
            return Err(Error::Bundle(format!(
                "a bundle lives from 1 to {LONGEST_DAYS} days, not {}",
                request.expires_days
            )));
        }
        let signers = self.unlock(request)?;
        let shipped = plan::select(&set)?;
        let (archive, frozen) = self
            .freeze(request, &set, &report.findings, &shipped, &last, &signers)
            .await?;
        let meta = frozen.statement().predicate.bundle.clone();
        let payload = frozen.payload().to_vec();
        let envelope = sign(frozen, &signers)?;
        self.prove(&archive, &envelope, &signers)?;

        let heads: plan::Heads = shipped
            .iter()
            .map(|one| (one.name().to_string(), one.heads()))
            .collect();
        let row = ReleaseRow {
            name: meta.name.clone(),
            version: last.version + 1,
            created_at: meta.created_at.to_string(),
            expires_at: meta.expires_at.to_string(),
            archive_sha256: archive.sha256().to_string(),
            payload,
            heads: serde_json::to_string(&heads)
                .map_err(|error| Error::Bundle(error.to_string()))?,
        };
        let paths = [
            request.out.join(meta.archive_name()),
            request.out.join(meta.envelope_name()),
        ];
        let files = Pair::stage(&request.out, &paths, [archive.bytes(), &envelope])?;
        // The number is taken before the files get their names: a release that is known and was never written can be
        // made again, one that was written and is not known would be numbered twice.
        self.store.insert_release(&row).await?;
        files.publish()?;
        tracing::info!(
            name = row.name,
            version = row.version,
            sha256 = row.archive_sha256,
            "released"
        );
        let [archive_path, envelope_path] = paths;
        let signed: Vec<String> = signers
            .iter()
            .map(|(_, key)| key.public().id().to_string())
            .collect();
        Ok(Exported {
            name: row.name,
            version: row.version,
            archive: archive_path.display().to_string(),
            envelope: envelope_path.display().to_string(),
            sha256: row.archive_sha256,
            expires_at: row.expires_at,
            waiting_for: reviewers(request)?
                .into_iter()
                .map(|(_, key)| key.id().to_string())
                .filter(|keyid| !signed.contains(keyid))
                .collect(),
            signers: signed,
        })
    }

    fn unlock(&self, request: &ExportRequest) -> Result<Vec<(String, SigningKey)>, Error> {
        if request.sign.is_empty() {
            return Err(Error::Bundle(
                "a bundle needs at least one signing key; `understudy key new NAME` makes one"
                    .to_owned(),
            ));
        }
        let ring = self.key_ring();
        request
            .sign
            .iter()
            .map(|(name, passphrase)| Ok((name.clone(), ring.unlock(name, passphrase)?)))
            .collect()
    }

    async fn last_release(&self, request: &ExportRequest) -> Result<Last, Error> {
        let known = self
            .store
            .releases()
            .await?
            .into_iter()
            .filter(|release| release.name == request.name);
        let latest = known.max_by_key(|release| release.version);
        let mut last = match latest {
            None => Last {
                version: 0,
                previous: None,
                heads: None,
            },
            Some(release) => Last {
                version: release.version,
                previous: Some(Previous {
                    version: u64::from(release.version),
                    sha256: release.archive_sha256.parse().map_err(|_| {
                        Error::Bundle("the last release has a damaged digest".to_owned())
                    })?,
                }),
                heads: Some(plan::frozen_heads(&release)?),
            },
        };
        if let Some(path) = &request.previous {
            let envelope = open_envelope(path)?;
            let claims = Unverified::read(&envelope)
                .map_err(|rejection| Error::Bundle(rejection.to_string()))?;
            let meta = &claims.statement().predicate.bundle;
            let version = u32::try_from(meta.version).map_err(|_| {
                Error::Bundle(format!("version {} is too large to follow", meta.version))
            })?;
            if meta.name != request.name {
                return Err(Error::Bundle(format!(
                    "{} is a bundle `{}`, not `{}`",
                    path.display(),
                    meta.name,
                    request.name
                )));
            }
            if version > last.version
                && let Some(subject) = claims.statement().subject.first()
            {
                // Another clone released in between: its number and digest count, its heads are not known here.
                let sha256 = subject.digest.sha256;
                last = Last {
                    version,
                    previous: Some(Previous {
                        version: meta.version,
                        sha256,
                    }),
                    heads: None,
                };
            }
        }
        Ok(last)
    }

    async fn freeze(
        &self,
        request: &ExportRequest,
        set: &PromptSet,
        findings: &[crate::check::Finding],
        shipped: &[Shipped<'_>],
        last: &Last,
        signers: &[(String, SigningKey)],
    ) -> Result<(Archive, Frozen), Error> {
        let now = self.host.now();
        let created_at = plan::moment(self.host.now_millis().div_euclid(1000))?;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let (mut changes, mut waivers, mut evals) = (Vec::new(), Vec::new(), Vec::new());
        let mut ends = Vec::new();
        for one in shipped {
            files.extend(one.files(&set.config.models)?);
            let (covered, rest_on) = one.coverage(last.heads.as_ref(), &now)?;
            changes.extend(covered);
            waivers.extend(rest_on);
            ends.extend(one.waived_until(&now)?);
            let accepted = one.accepted(findings)?;
            waivers.extend(accepted.iter().map(|(_, waiver)| waiver.clone()));
            let schema = one.primary.1.content.output_schema.as_ref();
            let judge = Judge::new(schema);
            for fallback in &one.fallbacks {
                let (model, content) = (&fallback.0.model, &fallback.1.content_id);
                let tally = self
                    .tally(one.name(), model, content, false, &judge)
                    .await?;
                let (entry, report) = one.eval(*fallback, &tally, &accepted, schema.is_some())?;
                files.insert(entry.report.clone(), report);
                evals.push(entry);
            }
        }
        let waivers = plan::unique(waivers);
        let archive =
            Archive::build(&named(files)?).map_err(|error| Error::Bundle(error.to_string()))?;
        let mut approvals: Vec<ApprovalEntry> = Vec::new();
        let signing = signers
            .iter()
            .map(|(name, key)| (name.clone(), key.public().clone()));
        for (reviewer, key) in signing.chain(reviewers(request)?) {
            if approvals.iter().all(|approval| approval.keyid != key.id()) {
                let keyid = key.id();
                approvals.push(ApprovalEntry {
                    reviewer,
                    keyid,
                    decision: Decision::Approve,
                    at: created_at,
                    comment: None,
                });
            }
        }
        let draft = Draft {
            bundle: BundleMeta {
                name: request.name.clone(),
                version: u64::from(last.version) + 1,
                created_at,
                expires_at: expiry(created_at, request.expires_days, &waivers, &ends),
                previous: last.previous.clone(),
            },
            prompts: shipped.iter().map(Shipped::entry).collect(),
            changes,
            waivers,
            evals,
            approvals,
        };
        let frozen = draft
            .freeze(&archive)
            .map_err(|error| Error::Bundle(error.to_string()))?;
        Ok((archive, frozen))
    }

    /// Verifies what was just signed as a gateway would; a bundle that still waits for reviewers is verified without
    /// their part by [`Draft::freeze`].
    fn prove(
        &self,
        archive: &Archive,
        envelope: &[u8],
        signers: &[(String, SigningKey)],
    ) -> Result<(), Error> {
        let now = plan::moment(self.host.now_millis().div_euclid(1000))?;
        let trust = Trust::new(
            signers
                .iter()
                .map(|(_, key)| key.public().clone())
                .collect(),
            now,
        );
        match verify(archive.bytes(), envelope, &trust) {
            Ok(_) => Ok(()),
            Err(rejection) if rejection.code == understudy_bundle::Code::Approval => Ok(()),
            Err(rejection) => Err(Error::Bundle(format!(
                "the bundle would be rejected: {rejection}"
            ))),
        }
    }
}

/// The release before this one.
struct Last {
    version: u32,
    previous: Option<Previous>,
    heads: Option<plan::Heads>,
}

/// A bundle never outlives the earliest waiver it rests on: those it tells of, and those an earlier release told of
/// that still stand for what ships.
fn expiry(created: Moment, days: u32, waivers: &[WaiverEntry], ends: &[Moment]) -> Moment {
    let told = waivers.iter().map(|waiver| waiver.expires_at);
    told.chain(ends.iter().copied())
        .fold(created.plus_days(days), std::cmp::min)
}

fn named(files: BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<BundlePath, Vec<u8>>, Error> {
    files
        .into_iter()
        .map(|(path, bytes)| {
            let path = path
                .parse::<BundlePath>()
                .map_err(|error| Error::Bundle(error.to_string()))?;
            Ok((path, bytes))
        })
        .collect()
}

fn reviewers(request: &ExportRequest) -> Result<Vec<(String, PublicKey)>, Error> {
    request
        .reviewers
        .iter()
        .map(|(name, pem)| {
            let key = PublicKey::from_pem(pem)
                .map_err(|error| Error::Bundle(format!("{name}: {error}")))?;
            Ok((name.clone(), key))
        })
        .collect()
}

fn sign(frozen: Frozen, signers: &[(String, SigningKey)]) -> Result<Vec<u8>, Error> {
    let mut envelope = Envelope::new(frozen);
    for (_, key) in signers {
        envelope
            .sign(key)
            .map_err(|error| Error::Bundle(error.to_string()))?;
    }
    envelope
        .to_json()
        .map_err(|error| Error::Bundle(error.to_string()))
}

/// Two files that appear together, or not at all.
struct Pair {
    staged: Vec<(PathBuf, PathBuf)>,
}

impl Pair {
    fn stage(folder: &Path, paths: &[PathBuf; 2], bytes: [&[u8]; 2]) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|source| io("cannot make the folder", folder, source))?;
        let mut pair = Self { staged: Vec::new() };
        for (path, bytes) in paths.iter().zip(bytes) {
            if path.symlink_metadata().is_ok() {
                let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
                return Err(io("will not overwrite", path, exists));
            }
            let temporary = temporary(path);
            pair.staged.push((temporary.clone(), path.clone()));
            write_synced(&temporary, bytes)?;
        }
        Ok(pair)
    }

    fn publish(mut self) -> Result<(), Error> {
        for (temporary, path) in std::mem::take(&mut self.staged) {
            std::fs::rename(&temporary, &path)
                .map_err(|source| io("cannot write", &path, source))?;
        }
        Ok(())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for (temporary, _) in &self.staged {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Replaces a file's content in one step.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = temporary(path);
    let written = write_synced(&temporary, bytes).and_then(|()| {
        std::fs::rename(&temporary, path).map_err(|source| io("cannot write", path, source))
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| io("cannot write", path, source);
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        what,
        path: path.display().to_string(),
        source,
    }
}
