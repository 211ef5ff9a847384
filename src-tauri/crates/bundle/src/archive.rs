//! The archive: canonical ustar.
//!
//! There is exactly one archive for a list of files, so there is no parser here. [`Archive::build`]
//! writes it, and [`compare`] predicts it from the signed list and compares bytes. A verifier that
//! parses nothing cannot be led astray by long-name records, links, sparse files or a header that
//! two programs read differently.

use std::collections::BTreeMap;

use crate::code::{Code, Rejection, quote, reject};
use crate::digest::Sha256;
use crate::error::Error;
use crate::limits;
use crate::manifest::FileEntry;
use crate::path::BundlePath;

const BLOCK: usize = 512;
const END: usize = 2 * BLOCK;

/// A canonical archive and the list of its files.
#[derive(Clone, PartialEq, Eq)]
pub struct Archive {
    bytes: Vec<u8>,
    entries: Vec<FileEntry>,
}

impl Archive {
    /// The archive of these files.
    ///
    /// # Errors
    /// When a limit is exceeded, an extension has no media type, or a file would also be a folder.
    /// Whether contents make sense is judged when a [`crate::Draft`] is frozen.
    pub fn build(files: &BTreeMap<BundlePath, Vec<u8>>) -> Result<Self, Error> {
        if files.len() > limits::FILES {
            return Err(Error::TooManyFiles {
                count: files.len(),
                limit: limits::FILES,
            });
        }
        if let Some(path) = file_that_is_a_folder(files) {
            return Err(Error::FileAndFolder {
                path: path.to_owned(),
            });
        }
        let mut bytes = Vec::new();
        let mut entries = Vec::with_capacity(files.len());
        for (path, content) in files {
            let size = content.len() as u64;
            if size > limits::FILE_BYTES {
                return Err(Error::TooLarge {
                    what: path.to_string(),
                    bytes: size,
                    limit: limits::FILE_BYTES,
                });
            }
            let Some(media_type) = path.media_type() else {
                return Err(Error::Extension { path: path.clone() });
            };
            bytes.extend_from_slice(&header(path, size));
            bytes.extend_from_slice(content);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
            entries.push(FileEntry {
                path: path.to_string(),
                size,
                sha256: Sha256::of(content),
                media_type,
            });
        }
        bytes.resize(bytes.len() + END, 0);
        if bytes.len() as u64 > limits::ARCHIVE_BYTES {
            let (what, size) = ("the archive".to_owned(), bytes.len() as u64);
            return Err(Error::TooLarge {
                what,
                bytes: size,
                limit: limits::ARCHIVE_BYTES,
            });
        }
        Ok(Archive { bytes, entries })
    }

    /// The bytes of the archive file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The files, in the order of the archive.
    #[must_use]
    pub fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    /// The digest of the archive file.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.bytes)
    }
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("bytes", &self.bytes.len())
            .field("entries", &self.entries)
            .finish()
    }
}

/// The first path that is a folder of another one.
pub(crate) fn file_that_is_a_folder<T>(files: &BTreeMap<BundlePath, T>) -> Option<&str> {
    files
        .keys()
        .flat_map(BundlePath::folders)
        .find(|folder| files.contains_key(*folder))
}

/// Compares an archive with the one that the list of files predicts, and returns the content of
/// each file in the order of the list. Sizes must be within the limits already.
///
/// # Errors
/// [`Code::Path`], [`Code::Tar`] or [`Code::FileDigest`], each for the whole list before the next
/// one.
pub(crate) fn compare<'a>(
    archive: &'a [u8],
    list: &[FileEntry],
) -> Result<Vec<(BundlePath, &'a [u8])>, Rejection> {
    let paths = list
        .iter()
        .map(|entry| {
            entry
                .path
                .parse()
                .map_err(|error| Rejection::new(Code::Path, format!("the path {error}")))
        })
        .collect::<Result<Vec<BundlePath>, _>>()?;

    let mut rest = archive;
    let mut files = Vec::with_capacity(list.len());
    for (path, entry) in paths.into_iter().zip(list) {
        let length = usize::try_from(entry.size).unwrap_or(usize::MAX);
        take(&mut rest, BLOCK)
            .filter(|found| *found == header(&path, entry.size))
            .ok_or_else(|| unlike("header", &path))?;
        let content = take(&mut rest, length).ok_or_else(|| unlike("content", &path))?;
        take(&mut rest, length.next_multiple_of(BLOCK) - length)
            .filter(|padding| all_zero(padding))
            .ok_or_else(|| unlike("padding", &path))?;
        files.push((path, content));
    }
    if rest.len() != END || !all_zero(rest) {
        return reject(
            Code::Tar,
            "the archive does not end after the last listed file with 1024 zero bytes",
        );
    }

    for ((path, content), entry) in files.iter().zip(list) {
        if Sha256::of(content) != entry.sha256 {
            return reject(
                Code::FileDigest,
                format!("{path} is not the file that the statement lists"),
            );
        }
    }
    Ok(files)
}

fn unlike(part: &str, path: &BundlePath) -> Rejection {
    let path = quote(path.as_str());
    Rejection::new(
        Code::Tar,
        format!("the archive's {part} at {path} is not the one the file list predicts"),
    )
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn all_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// The one header for a file: GNU tar's `--format=ustar --owner=0 --group=0 --numeric-owner
/// --mtime=@0 --mode=0644`.
fn header(path: &BundlePath, size: u64) -> [u8; BLOCK] {
    /// Writes the fields one after another; whatever is not written stays zero.
    fn lay(block: &mut [u8; BLOCK], checksum: &str, name: &str, size: u64) {
        let size = format!("{size:011o}\0");
        let fields = [
            (0, name),
            (100, "0000644\0"),
            (108, "0000000\0"),
            (116, "0000000\0"),
            (124, size.as_str()),
            (136, "00000000000\0"),
            (148, checksum),
            (156, "0"),
            (257, "ustar\0"),
            (263, "00"),
            (329, "0000000\0"),
            (337, "0000000\0"),
        ];
        for (offset, field) in fields {
            for (to, from) in block.iter_mut().skip(offset).zip(field.bytes()) {
                *to = from;
            }
        }
    }
    let mut block = [0; BLOCK];
    // The checksum is the sum of the header's bytes with its own field taken as spaces.
    lay(&mut block, "        ", path.as_str(), size);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    lay(&mut block, &format!("{sum:06o}\0 "), path.as_str(), size);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &[u8])]) -> BTreeMap<BundlePath, Vec<u8>> {
        list.iter()
            .map(|(path, content)| (path.parse().unwrap(), content.to_vec()))
            .collect()
    }

    #[test]
    fn an_archive_gives_its_files_back() {
        let full_block = [b'x'; BLOCK];
        let given = files(&[
            ("tools/empty.json", b""),
            ("prompts/a.prompt", b"hi\n"),
            ("evidence/b.md", &full_block),
        ]);
        let archive = Archive::build(&given).unwrap();
        assert_eq!(archive.bytes().len(), 3 * BLOCK + 2 * BLOCK + END);
        let back = compare(archive.bytes(), archive.entries()).unwrap();
        let back: BTreeMap<_, _> = back
            .into_iter()
            .map(|(path, content)| (path, content.to_vec()))
            .collect();
        assert_eq!(back, given);
    }

    #[test]
    fn no_byte_of_an_archive_can_be_another() {
        let archive = Archive::build(&files(&[
            ("prompts/a.prompt", b"hi\n"),
            ("tools/b.json", b"{}"),
        ]))
        .unwrap();
        for index in 0..archive.bytes().len() {
            let mut bytes = archive.bytes().to_vec();
            bytes[index] ^= 1;
            let code = compare(&bytes, archive.entries())
                .map_err(|rejection| rejection.code)
                .err();
            let in_content = (512..515).contains(&index) || (1536..1538).contains(&index);
            assert_eq!(
                code,
                Some(if in_content {
                    Code::FileDigest
                } else {
                    Code::Tar
                }),
                "byte {index}"
            );
        }
        for cut in 0..archive.bytes().len() {
            let error = compare(&archive.bytes()[..cut], archive.entries()).err();
            assert_eq!(
                error.map(|rejection| rejection.code),
                Some(Code::Tar),
                "cut at {cut}"
            );
        }
        let longer = [archive.bytes(), &[0; BLOCK]].concat();
        assert_eq!(
            compare(&longer, archive.entries()).unwrap_err().code,
            Code::Tar
        );
    }

    #[test]
    fn what_cannot_be_archived_is_refused() {
        let build = |list: &[(&str, &[u8])]| Archive::build(&files(list));
        assert!(matches!(
            build(&[("tools/a.txt", b"")]),
            Err(Error::Extension { .. })
        ));
        assert!(matches!(
            build(&[("tools/a.json", b""), ("tools/a.json/b.json", b"")]),
            Err(Error::FileAndFolder { path }) if path == "tools/a.json"
        ));
        let large = vec![b'x'; 4 * 1024 * 1024 + 1];
        assert!(matches!(
            build(&[("tools/a.json", &large)]),
            Err(Error::TooLarge { .. })
        ));
        assert!(build(&[("tools/a.json", &large[1..])]).is_ok());
        let eight: Vec<_> = (0..8)
            .map(|n| {
                (
                    format!("tools/{n}.json").parse().unwrap(),
                    large[1..].to_vec(),
                )
            })
            .collect();
        assert!(matches!(
            Archive::build(&eight.into_iter().collect()),
            Err(Error::TooLarge { what, .. }) if what == "the archive"
        ));
        let many = |count: usize| {
            (0..count)
                .map(|n| (format!("tools/{n}.json").parse().unwrap(), vec![]))
                .collect()
        };
        assert!(Archive::build(&many(2_000)).is_ok());
        assert!(matches!(
            Archive::build(&many(2_001)),
            Err(Error::TooManyFiles { count: 2_001, .. })
        ));
    }
}
