//! What can go wrong with a key, each with a sentence that says what to do.

use std::io;
use std::path::PathBuf;

use understudy_bundle::PublicKeyError;

/// Why a key could not be made, found or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name breaks its rule.
    #[error(
        "{name:?} is no name for a key: 1 to 63 lower-case letters, digits and hyphens, no hyphen first"
    )]
    Name {
        /// The name as given.
        name: String,
    },
    /// A file of that name is there already, and keys are never overwritten.
    #[error("the key {name} exists already: {}", path.display())]
    Exists {
        /// The key.
        name: String,
        /// The file that is in the way.
        path: PathBuf,
    },
    /// There is no such key.
    #[error("there is no key {name} in {}; {}", folder.display(), listed(.known))]
    Unknown {
        /// The name as given.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// The keys that are there, sorted.
        known: Vec<String>,
    },
    /// A new key without a passphrase.
    #[error("a signing key needs a passphrase")]
    EmptyPassphrase,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the key {name}")]
    WrongPassphrase {
        /// The key.
        name: String,
    },
    /// A secret key that lies open.
    #[error(
        "{} is not encrypted; `openssl pkcs8 -topk8 -scrypt -in OPEN.pem -out {name}.pem` encrypts it", path.display()
    )]
    NotEncrypted {
        /// The key.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// A file that holds no key, or one that is damaged.
    #[error("{} holds no encrypted key in PEM", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// A key of another algorithm.
    #[error(
        "{} holds a key of another algorithm; signing takes Ed25519, which `openssl genpkey -algorithm ed25519` makes",
        path.display()
    )]
    WrongAlgorithm {
        /// The file.
        path: PathBuf,
    },
    /// Encryption by means that are not supported, or that would take more memory or time than a
    /// key is worth.
    #[error(
        "{} is encrypted in a way that cannot be read; `openssl pkcs8 -topk8 -scrypt -in OLD.pem -out {name}.pem` \
         encrypts it anew", path.display()
    )]
    Cipher {
        /// The key.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// A secret key without its public half.
    #[error(
        "the key {name} has no public half yet; `openssl pkey -in {} -pubout -out {}` makes it, and so does signing",
        secret.display(), public.display()
    )]
    NoPublicHalf {
        /// The key.
        name: String,
        /// The secret key.
        secret: PathBuf,
        /// Where the public half is missing.
        public: PathBuf,
    },
    /// A public half that cannot be used.
    #[error("{}: {source}", path.display())]
    BadPublicHalf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PublicKeyError,
    },
    /// A public half that belongs to another key, so that whoever trusts it trusts the wrong one.
    #[error("{} is not the public half of the key {name}", public.display())]
    Mismatch {
        /// The key.
        name: String,
        /// The file that lies beside it.
        public: PathBuf,
    },
    /// A file or folder that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder that cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    NotWritten {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system gives no randomness.
    #[error("the system gives no randomness, so no key can be made")]
    NoRandomness,
    /// A new key could not be encrypted.
    #[error("the new key could not be encrypted, so it was not stored")]
    NotSealed,
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there is {}", known.join(", "))
    }
}
