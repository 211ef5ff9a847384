//! Signed prompt bundles: made, signed and verified.
//!
//! A release is two files. The **archive** `<name>-v<N>.promptbundle.tar` holds the prompts, their
//! machine forms and the evidence. The **envelope** `<name>-v<N>.promptbundle.dsse.json` holds a
//! statement about it and the signatures of those who stand behind it. Both formats are other
//! people's, so both files can be checked with OpenSSL, `jq` and `sha256sum`, or with any
//! implementation of DSSE and in-toto:
//!
//! ```text
//! archive    canonical ustar: one sequence of bytes for a list of files, so it is predicted and never parsed
//! envelope   {"payload": base64, "payloadType": "application/vnd.in-toto+json", "signatures": [{"keyid", "sig"}]}
//! payload    in-toto Statement v1 in canonical JSON: sorted keys, no white space, integers only
//! subject      name and SHA-256 of the archive
//! predicate    bundle, files, prompts, changes, waivers, evals, approvals
//! signature  Ed25519 over "DSSEv1 28 application/vnd.in-toto+json <length> <payload>"
//! key id     SHA-256 of the key's DER SubjectPublicKeyInfo
//! ```
//!
//! The crate needs no runtime, network, database, clock or environment, so that a gateway can
//! depend on it alone. What it leaves out on purpose: storing secret keys, writing files,
//! extracting archives.
//!
//! # Making
//! [`Archive::build`] lays the files down. A [`Draft`] says what is to be said of them, and
//! [`Draft::freeze`] turns it into payload bytes, refusing whatever a verifier would refuse.
//! [`Envelope::sign`] appends signatures to those bytes: the exporter's first, then each
//! reviewer's, none of whom serialises anything again.
//!
//! # Verifying
//! [`verify()`] checks in the format's order and stops at the first failure with a [`Rejection`]: a stable [`Code`] for
//! programs, a sentence for people. What it returns is a [`Verified<Bundle>`](Verified), which
//! nothing else can make. [`verify_files`] reads the two files first. [`Unverified`] looks into an
//! envelope without believing it.
//!
//! ```
//! use std::collections::BTreeMap;
//! use understudy_bundle::manifest::*;
//! use understudy_bundle::variant::*;
//! use understudy_bundle::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let prompt = "---\nmodel: claude-sonnet\n---\nAnswer briefly.\n";
//! let system = vec![Segment::Text("Answer briefly.\n".into())];
//! let form = MachineForm {
//!     schema_version: SCHEMA_VERSION,
//!     prompt: "answer".into(),
//!     variant: "claude-sonnet".into(),
//!     role: Role::Primary,
//!     order: 0,
//!     content_id: Sha256::of(prompt.as_bytes()),
//!     model: Model { name: "claude-sonnet".into(), wire: "anthropic".into(), id: "claude-sonnet-4-5".into() },
//!     system_sha256: Sha256::of(join(&system).as_bytes()),
//!     system: Some(system),
//!     template: None,
//!     caller_system: CallerSystem::Drop,
//!     turns: vec![],
//!     params: Params::default(),
//!     max_output_tokens: None,
//!     tools: Tools { mode: ToolMode::Describe, items: vec![] },
//!     output_schema: None,
//!     failover: Failover {
//!         timeout_ms: 12_000,
//!         retries: 1,
//!         breaker: Breaker { failures: 3, window_seconds: 30, probe_seconds: 60 },
//!         message: Some("Please try again in an hour.".into()),
//!     },
//! };
//! let archive = Archive::build(&BTreeMap::from([
//!     ("prompts/answer.prompt".parse()?, prompt.as_bytes().to_vec()),
//!     (form.path().parse()?, form.to_json()?),
//! ]))?;
//!
//! let key = SigningKey::from_secret(&[7; 32]); // drawn at random, outside of examples
//! let made: Moment = "2026-11-20T17:13:16Z".parse()?;
//! let draft = Draft {
//!     bundle: BundleMeta {
//!         name: "demo".into(),
//!         version: 1,
//!         created_at: made,
//!         expires_at: made.plus_days(90),
//!         previous: None,
//!     },
//!     prompts: vec![PromptEntry {
//!         name: "answer".into(),
//!         primary: PrimaryEntry { model: "claude-sonnet".into(), file: "prompts/answer.prompt".into() },
//!         fallbacks: vec![],
//!     }],
//!     changes: vec![],
//!     waivers: vec![],
//!     evals: vec![],
//!     approvals: vec![ApprovalEntry {
//!         reviewer: "release".into(),
//!         keyid: key.public().id(),
//!         decision: Decision::Approve,
//!         at: made,
//!         comment: None,
//!     }],
//! };
//! let mut envelope = Envelope::new(draft.freeze(&archive)?);
//! envelope.sign(&key)?;
//!
//! // At the gateway: the two files, and keys that came another way.
//! let trusted = PublicKey::from_pem(&key.public().to_pem())?;
//! let trust = Trust::new(vec![trusted], made.plus_days(1));
//! let bundle: Verified<Bundle> = verify(archive.bytes(), &envelope.to_json()?, &trust)?;
//! assert_eq!(bundle.file("prompts/answer.prompt"), Some(prompt));
//! assert_eq!(bundle.machine_form("answer", None), Some(&form));
//!
//! // A month too late it is rejected, and the code says why.
//! let late = Trust { now: made.plus_days(120), ..trust };
//! let rejection = verify(archive.bytes(), &envelope.to_json()?, &late).unwrap_err();
//! assert_eq!(rejection.code.as_str(), "E_EXPIRED");
//! # Ok(())
//! # }
//! ```
//!
//! # Where the format leaves a choice
//! - **Approvals** are checked against signatures that were verified. A reviewer whose key the
//!   gateway does not trust has not signed as far as the gateway can tell, and the bundle is
//!   rejected with [`Code::Approval`].
//! - **`E_SIZE`** stands for every limit, also those on files and signatures; they are checked as
//!   soon as they are known.
//! - **`E_SCHEMA`** stands for a span of time that is wrong in itself. [`Code::Expired`] always
//!   means that the clock has moved on, so that a loader can act on it (see [`Expired`]).
//! - **`E_NAME`** also stands for names of prompts and variants.
//! - **`E_COVERAGE`** also stands for chains that are not numbered 1, 2, 3….
//! - **Machine forms**: each variant has exactly one, and prompt, role, order and model in it agree
//!   with the statement ([`Code::FileSet`]); the statement's `model` may be the machine form's name
//!   or id of the model.
//! - **Files nobody uses** are rejected in `prompts/` and `variants/`; partials, whose names begin
//!   with `_`, excepted.
//! - **`min_version` without a pin** accepts that version; with a pin, of that version only the
//!   pinned archive.

mod archive;
pub mod canonical;
mod code;
mod digest;
mod draft;
mod envelope;
mod error;
mod key;
pub mod limits;
pub mod manifest;
mod meaning;
mod moment;
mod open;
mod path;
mod statement;
mod unverified;
pub mod variant;
mod verify;

pub use archive::Archive;
pub use code::{Code, Rejection};
pub use digest::{NotHex, Sha256};
pub use draft::{Draft, Frozen};
pub use envelope::{Envelope, PAYLOAD_TYPE, pre_authentication_encoding};
pub use error::Error;
pub use key::{KeyId, PublicKey, PublicKeyError, SIGNATURE_BYTES, SigningKey};
pub use manifest::{Predicate, Statement};
pub use moment::{Moment, NotMoment};
pub use open::{read_archive, read_envelope, verify_files};
pub use path::{BundlePath, MediaType, PathError, PathRule, Place};
pub use unverified::Unverified;
pub use variant::MachineForm;
pub use verify::{Bundle, Expired, Trust, Verified, verify};
