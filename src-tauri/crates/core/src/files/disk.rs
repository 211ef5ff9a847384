//! The one file of this module that touches a disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::layout::{OUTPUTS, Place};
use super::{LARGEST_FILE, Tree};

/// The most files of one set.
const MOST_FILES: usize = 200_000;
/// The largest file of recorded outputs, in bytes: a sample's may be larger than anything a person edits.
const LARGEST_OUTPUTS: usize = 64 * 1024 * 1024;
/// Folders of the directory form; everything else in a directory is somebody else's.
const FOLDERS: [&str; 3] = ["_history", "_ledger", "_outputs"];

/// A file or folder that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The operating system refused.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is too large to be one of ours.
    #[error("{} is too large for a file of a prompt set; nothing was read", .0.display())]
    TooLarge(PathBuf),
    /// More files than a set can have.
    #[error("{} holds more than {MOST_FILES} files; nothing was read", .0.display())]
    TooMany(PathBuf),
    /// A name that is not Unicode.
    #[error("{} has a name that is not Unicode; nothing was read", .0.display())]
    Name(PathBuf),
    /// A link where a file or folder of ours belongs. Passed over it would look deleted; followed it would lead out.
    #[error("{} is a link; links are not followed, put the file itself there", .0.display())]
    Link(PathBuf),
    /// A path that is no file of a set.
    #[error("`{0}` is no file of a prompt set; nothing was written")]
    Place(String),
}

/// Reads the files of a set from a directory. Only files the directory form knows are read; hidden files and
/// everything else stay alone.
///
/// # Errors
/// The path and what is wrong with it; a link under one of our names is never followed.
pub fn read_tree(dir: &Path) -> Result<Tree, DiskError> {
    let mut tree = Tree::new();
    read_folder(dir, "", &mut tree)?;
    for folder in FOLDERS {
        let path = dir.join(folder);
        if !is_folder(&path)? {
            continue;
        }
        read_folder(&path, &format!("{folder}/"), &mut tree)?;
        for entry in entries(&path)? {
            let inner = entry.path();
            let Some(name) = visible_name(&entry)? else {
                continue;
            };
            if is_folder(&inner)? {
                read_folder(&inner, &format!("{folder}/{name}/"), &mut tree)?;
            }
        }
    }
    Ok(tree)
}

/// Whether a folder is there; a link in its place is refused.
fn is_folder(path: &Path) -> Result<bool, DiskError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(DiskError::Link(path.to_owned())),
        Ok(found) => Ok(found.is_dir()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(io("read", path, source)),
    }
}

fn read_folder(folder: &Path, prefix: &str, tree: &mut Tree) -> Result<(), DiskError> {
    for entry in entries(folder)? {
        let path = entry.path();
        let Some(name) = visible_name(&entry)? else {
            continue;
        };
        let key = format!("{prefix}{name}");
        // A name that is nearly one of ours is read too: whoever reads the tree says what is wrong with it.
        if Place::of(&key).is_none() {
            continue;
        }
        let found = std::fs::symlink_metadata(&path).map_err(|source| io("read", &path, source))?;
        if found.is_symlink() {
            return Err(DiskError::Link(path));
        }
        if !found.is_file() {
            continue;
        }
        let limit = if key.starts_with(OUTPUTS) {
            LARGEST_OUTPUTS
        } else {
            LARGEST_FILE
        };
        if found.len() > limit as u64 {
            return Err(DiskError::TooLarge(path));
        }
        let bytes = std::fs::read(&path).map_err(|source| io("read", &path, source))?;
        tree.insert(key, bytes);
        if tree.len() > MOST_FILES {
            return Err(DiskError::TooMany(folder.to_owned()));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<std::fs::DirEntry>, DiskError> {
    std::fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(|source| io("read", folder, source))
}

/// The name, unless it is hidden.
fn visible_name(entry: &std::fs::DirEntry) -> Result<Option<String>, DiskError> {
    if entry.file_name().as_encoded_bytes().starts_with(b".") {
        return Ok(None);
    }
    let name = entry.file_name().into_string();
    name.map(Some).map_err(|_| DiskError::Name(entry.path()))
}

/// Writes files into a directory, each in one step: a reader sees the old bytes or the new ones. Parents are made.
///
/// # Errors
/// A path that is no file of a set, before anything is written; then the first file that could not be written. Files
/// before it are.
pub fn write_tree(dir: &Path, files: &Tree) -> Result<(), DiskError> {
    let stranger = |path: &&String| !matches!(Place::of(path), Some(Ok(_)));
    if let Some(path) = files.keys().find(stranger) {
        return Err(DiskError::Place(path.clone()));
    }
    make_folder(dir)?;
    for (key, bytes) in files {
        let mut folder = dir.to_owned();
        let mut parts = key.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                write_whole(&folder.join(part), bytes)?;
            } else {
                folder.push(part);
                if !is_folder(&folder)? {
                    make_folder(&folder)?;
                }
            }
        }
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), DiskError> {
    std::fs::create_dir_all(path).map_err(|source| io("make", path, source))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The process is part of the name, so that two of them never write into the same half of a file.
    let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        io("write", path, source)
    })
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> DiskError {
    DiskError::Io {
        what,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn what_is_written_is_read_and_the_rest_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let set = tree(&[
            ("understudy.toml", "t"),
            ("p.prompt", "a"),
            ("p.m.prompt", "b"),
            ("p.cases.jsonl", "c"),
            ("_history/p.m/1.json", "d"),
            ("_ledger/p/2.json", "e"),
            ("_outputs/p.jsonl", "f"),
        ]);
        write_tree(dir.path(), &set).unwrap();
        for other in [
            "README.md",
            ".hidden.prompt",
            "_history/notes.txt",
            "_ledger/p/x.md",
        ] {
            std::fs::write(dir.path().join(other), "x").unwrap();
        }
        std::fs::create_dir(dir.path().join("folder.prompt")).unwrap();
        assert_eq!(read_tree(dir.path()).unwrap(), set);
        write_tree(dir.path(), &tree(&[("p.prompt", "a2")])).unwrap();
        assert_eq!(read_tree(dir.path()).unwrap()["p.prompt"], b"a2");
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "x").unwrap();
        let error = write_tree(&dir.path().join("file"), &tree(&[("p.prompt", "a")])).unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
        assert!(read_tree(&dir.path().join("none")).is_err());
        std::fs::write(dir.path().join("p.prompt"), vec![b'x'; LARGEST_FILE + 1]).unwrap();
        assert!(matches!(read_tree(dir.path()), Err(DiskError::TooLarge(_))));
        let error =
            write_tree(dir.path(), &tree(&[("a.prompt", ""), ("../b.prompt", "")])).unwrap_err();
        assert!(matches!(error, DiskError::Place(_)), "{error}");
        assert!(!dir.path().join("a.prompt").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_and_never_followed() {
        use std::os::unix::fs::symlink;
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("x"), "secret").unwrap();
        symlink(other.path().join("x"), dir.path().join("README.md")).unwrap();
        assert_eq!(read_tree(dir.path()).unwrap(), Tree::new());
        symlink(other.path(), dir.path().join("_ledger")).unwrap();
        assert!(matches!(read_tree(dir.path()), Err(DiskError::Link(_))));
        let error = write_tree(dir.path(), &tree(&[("_ledger/p/1.json", "a")])).unwrap_err();
        assert!(matches!(error, DiskError::Link(_)), "{error}");
        std::fs::remove_file(dir.path().join("_ledger")).unwrap();
        symlink(other.path().join("x"), dir.path().join("p.prompt")).unwrap();
        assert!(matches!(read_tree(dir.path()), Err(DiskError::Link(_))));
        // Writing replaces the link, not what it points to.
        write_tree(dir.path(), &tree(&[("p.prompt", "a")])).unwrap();
        assert_eq!(read_tree(dir.path()).unwrap()["p.prompt"], b"a");
        assert_eq!(std::fs::read(other.path().join("x")).unwrap(), b"secret");
    }
}
