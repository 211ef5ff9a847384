//! How large a bundle may be. The limits are part of the format: every verifier refuses at the same
//! place.

/// Bytes of an envelope file.
pub const ENVELOPE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of an archive file.
pub const ARCHIVE_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of one file in the archive.
pub const FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Files in the archive.
pub const FILES: usize = 2_000;
/// Signatures on an envelope.
pub const SIGNATURES: usize = 16;
/// Days between `createdAt` and `expiresAt`, at most.
pub const LIFETIME_DAYS: u64 = 400;
/// Days between `createdAt` and `expiresAt` when nobody says otherwise.
pub const DEFAULT_LIFETIME_DAYS: u64 = 90;
/// Seconds that `createdAt` may lie ahead of the verifier's clock.
pub const CLOCK_SKEW_SECONDS: i64 = 5 * 60;
/// Characters that the reason of a waiver must have.
pub const REASON_CHARACTERS: usize = 10;
