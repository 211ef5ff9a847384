//! What can go wrong while a bundle is made or signed. Verifying one knows only [`Rejection`].

use crate::canonical;
use crate::code::{Rejection, quote};
use crate::key::KeyId;
use crate::moment::Moment;
use crate::path::{BundlePath, PathError};

/// Why a bundle could not be made or signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path breaks a rule.
    #[error(transparent)]
    Path(#[from] PathError),
    /// An extension other than `.prompt`, `.json` and `.md`.
    #[error("{path}: a bundle holds .prompt, .json and .md files only")]
    Extension {
        /// The file.
        path: BundlePath,
    },
    /// A file and a folder of one name.
    #[error("{path} cannot be a file and a folder at once")]
    FileAndFolder {
        /// The file that is also a folder.
        path: String,
    },
    /// More files than the format allows.
    #[error("{count} files are more than the {limit} a bundle may hold")]
    TooManyFiles {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More bytes than the format allows.
    #[error("{what} has {bytes} bytes, more than the {limit} it may have")]
    TooLarge {
        /// The file's path, `the archive` or `the envelope`.
        what: String,
        /// Its bytes.
        bytes: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// A number or structure without canonical form.
    #[error(transparent)]
    Canonical(#[from] canonical::Fault),
    /// A machine form that breaks a rule.
    #[error("{path}: {problem}")]
    MachineForm {
        /// The file it would be.
        path: String,
        /// The rule it breaks.
        problem: String,
    },
    /// The verifier would refuse this bundle, so it is not made.
    #[error("no gateway would accept this bundle: {0}")]
    Refused(#[from] Rejection),
    /// The bundle would be valid longer than one of its waivers.
    #[error("the bundle would be valid until {expires}, but waiver {} ends {ends}", quote(.waiver))]
    OutlivesWaiver {
        /// The waiver that ends first.
        waiver: String,
        /// Its end.
        ends: Moment,
        /// The end of the bundle.
        expires: Moment,
    },
    /// The key has signed already; a second signature would void the envelope.
    #[error("key {key} has signed this envelope already")]
    AlreadySigned {
        /// The key.
        key: KeyId,
    },
    /// The envelope holds as many signatures as it may.
    #[error("an envelope holds at most {limit} signatures")]
    TooManySignatures {
        /// How many it may hold.
        limit: usize,
    },
}
