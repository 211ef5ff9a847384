//! Verification: from two heaps of bytes to a bundle that may be believed, or a rejection.
//!
//! The order of the checks is part of the format: size, envelope, type, base64, signatures,
//! statement, time and version, archive digest, archive bytes, meaning. Nothing of the payload is
//! read before the signatures count, and nothing of the archive before its digest is the signed
//! one. Everything that a verdict depends on is an argument; there is no clock, no environment and
//! no file in here.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Deref;

use crate::code::{Code, Rejection, quote, reject};
use crate::digest::Sha256;
use crate::envelope::Envelope;
use crate::key::{KeyId, PublicKey};
use crate::manifest::{BundleMeta, Statement};
use crate::meaning::{self, Contents};
use crate::moment::Moment;
use crate::path::BundlePath;
use crate::variant::{self, MachineForm};
use crate::{archive, limits, statement};

/// What the verifying side knows on its own, and would be a fool to take from the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The trusted keys. An approval by any other key cannot be checked, so it does not count.
    pub keys: Vec<PublicKey>,
    /// How many different trusted keys must have signed, and how many approvals there must be.
    pub threshold: NonZeroUsize,
    /// The bundle that is wanted, when any other is the wrong one.
    pub name: Option<String>,
    /// The version loaded last. An older one is a rollback.
    pub min_version: Option<u64>,
    /// Digest of the archive loaded last. Of `min_version` only this archive is accepted; without
    /// a `min_version` nothing but this archive is.
    pub pinned_sha256: Option<Sha256>,
    /// The verifier's clock.
    pub now: Moment,
    /// What to do with a bundle whose time is over.
    pub expired: Expired,
}

/// What to do with a bundle whose time is over and which is good in every other way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expired {
    /// Reject it with [`Code::Expired`].
    #[default]
    Reject,
    /// Accept it and let the caller alarm: see [`Bundle::is_expired`]. For a gateway that starts at
    /// three in the morning and would otherwise take the primary down too. Waivers are judged
    /// on the bundle's last second.
    Serve,
}

impl Trust {
    /// Trust in these keys: one signature suffices, any name and version will do, expired bundles
    /// are rejected.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>, now: Moment) -> Self {
        Trust {
            keys,
            threshold: NonZeroUsize::MIN,
            name: None,
            min_version: None,
            pinned_sha256: None,
            now,
            expired: Expired::Reject,
        }
    }
}

/// A value whose signatures and rules were checked. Only this module can make one, so a function
/// that takes a `Verified<Bundle>` cannot be called with a bundle that nobody verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// The value, from here on without proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A release as it came out of an archive and its statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    statement: Statement,
    sha256: Sha256,
    signers: BTreeSet<KeyId>,
    contents: Contents,
}

impl Bundle {
    /// Name, number and time.
    #[must_use]
    pub fn meta(&self) -> &BundleMeta {
        &self.statement.predicate.bundle
    }

    /// Everything that was signed.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Digest of the archive.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The trusted keys that have signed.
    #[must_use]
    pub fn signers(&self) -> &BTreeSet<KeyId> {
        &self.signers
    }

    /// Whether its time is over at that moment.
    #[must_use]
    pub fn is_expired(&self, now: Moment) -> bool {
        self.meta().expires_at <= now
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&BundlePath, &str)> {
        self.contents
            .files
            .iter()
            .map(|(path, text)| (path, text.as_str()))
    }

    /// One file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&str> {
        self.contents.files.get(path).map(String::as_str)
    }

    /// What to send to the model of a prompt's primary (`None`) or of that fallback.
    #[must_use]
    pub fn machine_form(&self, prompt: &str, fallback: Option<&str>) -> Option<&MachineForm> {
        self.contents
            .forms
            .get(variant::path_of(prompt, fallback).as_str())
    }
}

/// Verifies the bytes of an archive and of its envelope.
///
/// # Errors
/// The first check that fails, in the order of the format.
pub fn verify(
    archive: &[u8],
    envelope: &[u8],
    trust: &Trust,
) -> Result<Verified<Bundle>, Rejection> {
    if envelope.len() as u64 > limits::ENVELOPE_BYTES {
        return reject(
            Code::Size,
            format!(
                "the envelope has more than {} bytes",
                limits::ENVELOPE_BYTES
            ),
        );
    }
    if archive.len() as u64 > limits::ARCHIVE_BYTES {
        return reject(
            Code::Size,
            format!("the archive has more than {} bytes", limits::ARCHIVE_BYTES),
        );
    }
    let envelope = Envelope::parse(envelope)?;
    let signers = envelope.signers(&trust.keys)?;
    if signers.len() < trust.threshold.get() {
        let (found, needed) = (signers.len(), trust.threshold);
        return reject(
            Code::Threshold,
            format!("{found} of {needed} needed signatures are by trusted keys"),
        );
    }

    let statement = statement::read(envelope.payload())?;
    let predicate = &statement.predicate;
    name(&statement, trust)?;
    time(&predicate.bundle, trust)?;
    let sha256 = subject(&statement, trust)?;

    if Sha256::of(archive) != sha256 {
        return reject(
            Code::Digest,
            format!("the archive is not the signed one, whose SHA-256 is {sha256}"),
        );
    }
    let files = archive::compare(archive, &predicate.files)?;
    let last_second =
        Moment::from_second(predicate.bundle.expires_at.as_second() - 1).unwrap_or(trust.now);
    let contents = meaning::judge(
        predicate,
        files,
        trust.now.min(last_second),
        &signers,
        trust.threshold,
    )?;
    Ok(Verified(Bundle {
        statement,
        sha256,
        signers,
        contents,
    }))
}

fn name(statement: &Statement, trust: &Trust) -> Result<(), Rejection> {
    meaning::names(&statement.predicate)?;
    let found = &statement.predicate.bundle.name;
    match &trust.name {
        Some(wanted) if wanted != found => reject(
            Code::Name,
            format!("this is the bundle {found}, not {}", quote(wanted)),
        ),
        _ => Ok(()),
    }
}

fn time(meta: &BundleMeta, trust: &Trust) -> Result<(), Rejection> {
    if meta.created_at.as_second()
        > trust
            .now
            .as_second()
            .saturating_add(limits::CLOCK_SKEW_SECONDS)
    {
        return reject(
            Code::NotYetValid,
            format!(
                "the bundle was made {}, and it is {}",
                meta.created_at, trust.now
            ),
        );
    }
    if meta.expires_at <= trust.now && trust.expired == Expired::Reject {
        return reject(
            Code::Expired,
            format!(
                "the bundle expired {}, and it is {}",
                meta.expires_at, trust.now
            ),
        );
    }
    Ok(())
}

/// Version and subject, which are judged together because a pin speaks of both. Returns the digest
/// the archive owes.
fn subject(statement: &Statement, trust: &Trust) -> Result<Sha256, Rejection> {
    let meta = &statement.predicate.bundle;
    if let Some(least) = trust.min_version.filter(|least| meta.version < *least) {
        return reject(
            Code::Rollback,
            format!("version {} is older than version {least}", meta.version),
        );
    }
    meaning::succession(meta)?;
    // Where there is not exactly one subject there is nothing to compare a pin with; that is
    // rejected right below.
    let only = match statement.subject.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let pin = trust
        .pinned_sha256
        .filter(|_| trust.min_version.is_none_or(|least| least == meta.version));
    if let (Some(pin), Some(only)) = (pin, only)
        && only.digest.sha256 != pin
    {
        return reject(
            Code::Rollback,
            format!(
                "this is another archive of version {} than {pin}",
                meta.version
            ),
        );
    }
    match only {
        Some(only) if only.name == meta.archive_name() => Ok(only.digest.sha256),
        Some(only) => {
            let (found, wanted) = (quote(&only.name), meta.archive_name());
            reject(
                Code::Subject,
                format!("the statement is about {found}, not {wanted}"),
            )
        }
        None => reject(
            Code::Subject,
            format!(
                "the statement has {} subjects, not one",
                statement.subject.len()
            ),
        ),
    }
}
