//! Reading the two files: each opened once, never through a link, regular files only, never more
//! bytes than the limit.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::Read as _;
use std::path::Path;

use crate::code::{Code, Rejection, quote, reject};
use crate::limits;
use crate::verify::{Bundle, Trust, Verified, verify};

/// Verifies two files. Writes nothing, extracts nothing.
///
/// # Errors
/// [`Code::Io`] or [`Code::Size`] when a file cannot be read, else as [`verify()`].
pub fn verify_files(
    archive: &Path,
    envelope: &Path,
    trust: &Trust,
) -> Result<Verified<Bundle>, Rejection> {
    let archive = Opened::open(archive)?;
    let envelope = Opened::open(envelope)?;
    let envelope = envelope.read(limits::ENVELOPE_BYTES)?;
    let archive = archive.read(limits::ARCHIVE_BYTES)?;
    verify(&archive, &envelope, trust)
}

/// The bytes of an envelope file.
///
/// # Errors
/// [`Code::Io`] or [`Code::Size`].
pub fn read_envelope(path: &Path) -> Result<Vec<u8>, Rejection> {
    Opened::open(path)?.read(limits::ENVELOPE_BYTES)
}

/// The bytes of an archive file.
///
/// # Errors
/// [`Code::Io`] or [`Code::Size`].
pub fn read_archive(path: &Path) -> Result<Vec<u8>, Rejection> {
    Opened::open(path)?.read(limits::ARCHIVE_BYTES)
}

struct Opened {
    file: File,
    bytes: u64,
    shown: String,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, Rejection> {
        let shown = quote(&path.to_string_lossy());
        let unreadable = |error: std::io::Error| {
            Rejection::new(Code::Io, format!("{shown} cannot be read: {error}"))
        };
        // Looked at first, because opening a pipe or a device can block or act.
        let before = fs::symlink_metadata(path).map_err(unreadable)?;
        if !before.is_file() {
            let what = if before.is_symlink() {
                "a link"
            } else {
                "no regular file"
            };
            return reject(Code::Io, format!("{shown} is {what}"));
        }
        let file = options().open(path).map_err(unreadable)?;
        let opened = file.metadata().map_err(unreadable)?;
        // From here on only the opened file counts. That it is the one looked at shows that no link
        // was followed.
        if !opened.is_file() || !is_same_file(&before, &opened) {
            return reject(
                Code::Io,
                format!("{shown} was exchanged while it was opened"),
            );
        }
        Ok(Opened {
            file,
            bytes: opened.len(),
            shown,
        })
    }

    fn read(self, limit: u64) -> Result<Vec<u8>, Rejection> {
        let Opened { file, bytes, shown } = self;
        let too_large = || reject(Code::Size, format!("{shown} has more than {limit} bytes"));
        if bytes > limit {
            return too_large();
        }
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        // A file can grow while it is read; one byte over the limit is enough to know.
        file.take(limit + 1)
            .read_to_end(&mut content)
            .map_err(|error| {
                Rejection::new(Code::Io, format!("{shown} cannot be read: {error}"))
            })?;
        if content.len() as u64 > limit {
            too_large()
        } else {
            Ok(content)
        }
    }
}

#[cfg(not(windows))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(windows)]
fn options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    // Opens a link itself instead of what it points to; the metadata then say that it is no regular
    // file.
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.dev() == other.dev() && one.ino() == other.ino()
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    // The open flag has ruled links out already.
    true
}
