//! A release before it is signed. [`Draft::freeze`] fixes the payload; from then on only signatures
//! are added.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use crate::archive::{self, Archive};
use crate::canonical;
use crate::code::Rejection;
use crate::error::Error;
use crate::manifest::{
    ApprovalEntry, BundleMeta, ChangeEntry, EvalEntry, PREDICATE_TYPE, Predicate, PromptEntry,
    SCHEMA_VERSION, STATEMENT_TYPE, Statement, Subject, SubjectDigest, WaiverEntry,
};
use crate::{limits, meaning, statement};

/// Everything a release says of its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Name, number and time.
    pub bundle: BundleMeta,
    /// The prompts and their chains.
    pub prompts: Vec<PromptEntry>,
    /// Every primary change since the previous release.
    pub changes: Vec<ChangeEntry>,
    /// Waivers that changes and evals rest on, and accepted findings.
    pub waivers: Vec<WaiverEntry>,
    /// The evidence for the fallbacks.
    pub evals: Vec<EvalEntry>,
    /// The exporter and the reviewers, each of whom must sign.
    pub approvals: Vec<ApprovalEntry>,
}

/// A payload that a gateway will accept once everybody named in it has signed. Its bytes never
/// change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    payload: Vec<u8>,
    statement: Statement,
}

impl Draft {
    /// Fixes the payload for that archive.
    ///
    /// # Errors
    /// [`Error::Refused`] with the code that verification would give, so that nobody signs what no
    /// gateway accepts; [`Error::OutlivesWaiver`] when a waiver ends before the bundle does;
    /// [`Error::TooLarge`] when the envelope would not hold it.
    pub fn freeze(self, archive: &Archive) -> Result<Frozen, Error> {
        let subject = Subject {
            name: self.bundle.archive_name(),
            digest: SubjectDigest {
                sha256: archive.sha256(),
            },
        };
        let statement = Statement {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![subject],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                schema_version: SCHEMA_VERSION,
                bundle: self.bundle,
                files: archive.entries().to_vec(),
                prompts: self.prompts,
                changes: self.changes,
                waivers: self.waivers,
                evals: self.evals,
                approvals: self.approvals,
            },
        };
        let payload = canonical::to_bytes(&statement)?;
        check(&payload, &statement, archive)?;

        // The verifier asks only that waivers are alive on the day. The exporter owes more: no
        // bundle may go bad in the middle of its life because a waiver ended.
        let predicate = &statement.predicate;
        let expires = predicate.bundle.expires_at;
        if let Some(first) = predicate
            .waivers
            .iter()
            .min_by_key(|waiver| waiver.expires_at)
            && first.expires_at < expires
        {
            return Err(Error::OutlivesWaiver {
                waiver: first.id.clone(),
                ends: first.expires_at,
                expires,
            });
        }
        // Room for every signature there may ever be, each under 200 bytes of JSON.
        let bytes = (payload.len() as u64).div_ceil(3) * 4 + 200 * (limits::SIGNATURES as u64 + 1);
        if bytes > limits::ENVELOPE_BYTES {
            return Err(Error::TooLarge {
                what: "the envelope".to_owned(),
                bytes,
                limit: limits::ENVELOPE_BYTES,
            });
        }
        Ok(Frozen { payload, statement })
    }
}

/// What the verifier will check, as it will be on the second of the bundle's making with every
/// approval signed.
fn check(payload: &[u8], statement: &Statement, archive: &Archive) -> Result<(), Rejection> {
    let predicate = &statement.predicate;
    statement::read(payload)?;
    meaning::names(predicate)?;
    meaning::succession(&predicate.bundle)?;
    let files = archive::compare(archive.bytes(), &predicate.files)?;
    let signers = predicate
        .approvals
        .iter()
        .map(|approval| approval.keyid)
        .collect::<BTreeSet<_>>();
    meaning::judge(
        predicate,
        files,
        predicate.bundle.created_at,
        &signers,
        NonZeroUsize::MIN,
    )
    .map(|_| ())
}

impl Frozen {
    /// What will be signed.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The bytes that will be signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn into_payload(self) -> Vec<u8> {
        self.payload
    }
}
