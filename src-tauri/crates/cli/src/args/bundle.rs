//! `key …` and `bundle …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where passphrases come from: never from an argument, which other users of the machine can read.
#[derive(Debug, Args)]
pub(crate) struct Passphrases {
    /// A file whose first line is the passphrase; asked on the terminal when left out
    #[arg(long = "passphrase-file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a signing key
    New {
        /// Its name
        name: String,
        /// A file whose first line is the passphrase; asked on the terminal when left out
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// List the signing keys
    List,
    /// Print the public half of a key as PEM
    Export {
        /// Its name
        name: String,
    },
    /// Keep API keys of providers in the system's keychain; environment variables go first
    #[command(subcommand)]
    Api(ApiKeyCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Put a key into the keychain; it is asked for, unseen
    Set {
        /// The variable that models name in key_env, such as OPENAI_API_KEY
        name: String,
        /// Read the key from standard input
        #[arg(long)]
        stdin: bool,
        // Taken only to be refused without being printed.
        #[arg(hide = true, value_name = "KEY")]
        argument: Option<String>,
    },
    /// List the names of the keys in the keychain
    List,
    /// Take a key out of the keychain
    Remove {
        /// The variable it stands for
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Check, freeze and sign the prompts; nothing is written while an error finding stands
    Export(ExportArgs),
    /// Add a signature to an envelope: this is how a reviewer approves
    Sign {
        /// The envelope
        envelope: PathBuf,
        /// The signing key
        #[arg(long, value_name = "KEY")]
        sign: String,
        /// A file whose first line is the passphrase; asked on the terminal when left out
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Verify a bundle as a gateway would: needs no workspace
    Verify(VerifyArgs),
    /// Show what an envelope claims, without believing it
    Show {
        /// The envelope
        envelope: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The bundle's name
    #[arg(long)]
    pub(crate) name: String,
    /// The folder to write to; made when missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Sign with this key; can be given several times
    #[arg(long, value_name = "KEY", required = true)]
    pub(crate) sign: Vec<String>,
    #[command(flatten)]
    pub(crate) passphrases: Passphrases,
    /// Somebody who has yet to sign, and their public key; can be given several times
    #[arg(long, value_name = "NAME=PUB.pem")]
    pub(crate) reviewer: Vec<String>,
    /// Leave this prompt as it was in the last release, or out; can be given several times
    #[arg(long, value_name = "PROMPT")]
    pub(crate) hold: Vec<String>,
    /// How many days the bundle is valid, at most 400
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub(crate) expires_days: u32,
    /// The envelope of the release before this one, where this workspace did not make it
    #[arg(long, value_name = "ENVELOPE")]
    pub(crate) previous: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The archive
    #[arg(long, value_name = "TAR")]
    pub(crate) bundle: PathBuf,
    /// The envelope
    #[arg(long, value_name = "JSON")]
    pub(crate) envelope: PathBuf,
    /// Trusted public keys
    #[arg(long, value_name = "PEM", required = true, num_args = 1..)]
    pub(crate) key: Vec<PathBuf>,
    /// How many of the keys must have signed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threshold: u32,
    /// The name the bundle must have
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The version loaded last: an older one is refused
    #[arg(long, value_name = "N")]
    pub(crate) min_version: Option<u32>,
    /// The archive's SHA-256 loaded last, for a bundle of the same version
    #[arg(long, value_name = "HEX")]
    pub(crate) pinned_sha256: Option<String>,
    /// Verify as of this time instead of now
    #[arg(long, value_name = "RFC3339")]
    pub(crate) now: Option<String>,
}
