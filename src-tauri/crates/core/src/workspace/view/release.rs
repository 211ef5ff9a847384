//! Findings, keys, releases, bundles and directories.

use serde::Serialize;

use crate::check::Finding;

documents! {
    /// `check`.
    pub struct CheckReport {
        /// Findings, most urgent first; those switched off are left out.
        pub findings: Vec<Finding>,
        /// Error findings that are not accepted: any of them blocks.
        pub errors: u32,
        /// Codes that could not be asked, because a directory holds no outputs.
        pub skipped: Vec<String>,
    }

    /// `key list`.
    pub struct KeyList {
        /// Signing keys by name.
        pub keys: Vec<KeyEntry>,
    }

    /// A signing key.
    pub struct KeyEntry {
        /// Its name.
        pub name: String,
        /// Its key id.
        pub keyid: String,
    }

    /// The Release view.
    pub struct ReleaseView {
        /// What stands in the way.
        pub check: CheckReport,
        /// Things that hold, in a sentence each.
        pub holds: Vec<String>,
        /// The name the next bundle would have.
        pub name: String,
        /// Its number.
        pub next_version: u32,
        /// Signing keys.
        pub keys: Vec<KeyEntry>,
        /// Releases, latest first.
        pub releases: Vec<ReleaseEntry>,
    }

    /// A release in the list.
    pub struct ReleaseEntry {
        /// The bundle's name.
        pub name: String,
        /// Its number.
        pub version: u32,
        /// When it was frozen, RFC 3339.
        pub created_at: String,
        /// Until when it is valid, RFC 3339.
        pub expires_at: String,
        /// SHA-256 of the archive.
        pub sha256: String,
    }

    /// `bundle export`.
    pub struct Exported {
        /// The bundle's name.
        pub name: String,
        /// Its number.
        pub version: u32,
        /// The archive's path.
        pub archive: String,
        /// The envelope's path.
        pub envelope: String,
        /// SHA-256 of the archive.
        pub sha256: String,
        /// Until when it is valid, RFC 3339.
        pub expires_at: String,
        /// Key ids that signed.
        pub signers: Vec<String>,
        /// Key ids that were named as reviewers and have yet to sign.
        pub waiting_for: Vec<String>,
    }

    /// `bundle verify`.
    pub struct Verification {
        /// Whether a gateway may load it.
        pub accepted: bool,
        /// `OK`, or the code of the first rule it breaks.
        pub code: String,
        /// A sentence.
        pub sentence: String,
        /// The bundle's name; only when accepted.
        pub name: Option<String>,
        /// Its number; only when accepted.
        pub version: Option<u32>,
        /// SHA-256 of the archive; only when accepted.
        pub sha256: Option<String>,
        /// Key ids that signed; only when accepted.
        pub signers: Vec<String>,
        /// Until when it is valid; only when accepted.
        pub expires_at: Option<String>,
    }

    /// `sync`.
    pub struct SyncReport {
        /// The directory.
        pub dir: String,
        /// Files written to the directory.
        pub pushed: Vec<String>,
        /// Files taken into the workspace.
        pub pulled: Vec<String>,
        /// Files the workspace would write, left alone in this mode.
        pub to_push: Vec<String>,
        /// Files the directory has newer, left alone in this mode.
        pub to_pull: Vec<String>,
        /// Files changed on both sides: nothing of them was overwritten.
        pub conflicts: Vec<String>,
        /// Versions that share a parent with the head: a choice to make with `variant restore`.
        pub forks: Vec<String>,
        /// What was normalised while files were read.
        pub notes: Vec<String>,
        /// Whether directory and workspace agree now.
        pub in_sync: bool,
    }
}
