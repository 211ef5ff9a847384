//! The one file of this module that touches a disk.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{LARGEST_FILE, Tree};

/// The most files of one set.
const MOST_FILES: usize = 200_000;
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
    #[error("{} is larger than 4 MiB; nothing was read", .0.display())]
    TooLarge(PathBuf),
    /// More files than a set can have.
    #[error("{} holds more than {MOST_FILES} files; nothing was read", .0.display())]
    TooMany(PathBuf),
    /// A name that is not Unicode.
    #[error("{} has a name that is not Unicode; nothing was read", .0.display())]
    Name(PathBuf),
}

/// Reads the files of a set from a directory. Only files the directory form knows are read; hidden files, links and
/// everything else stay alone.
pub fn read_tree(dir: &Path) -> Result<Tree, DiskError> {
    let mut tree = Tree::new();
    read_folder(dir, "", &mut tree)?;
    for folder in FOLDERS {
        let path = dir.join(folder);
        if !path.is_dir() {
            continue;
        }
        read_folder(&path, &format!("{folder}/"), &mut tree)?;
        for entry in entries(&path)? {
            let kind = entry
                .file_type()
                .map_err(|source| io("read", &entry.path(), source))?;
            if kind.is_dir() {
                let prefix = format!("{folder}/{}/", name(&entry)?);
                read_folder(&entry.path(), &prefix, &mut tree)?;
            }
        }
    }
    Ok(tree)
}

fn read_folder(folder: &Path, prefix: &str, tree: &mut Tree) -> Result<(), DiskError> {
    for entry in entries(folder)? {
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|source| io("read", &path, source))?;
        // A link is not followed: what it points to is not part of the directory.
        if !kind.is_file() || !is_ours(prefix, &path) {
            continue;
        }
        let key = format!("{prefix}{}", name(&entry)?);
        let size = entry
            .metadata()
            .map_err(|source| io("read", &path, source))?
            .len();
        // Recorded outputs of a sample may be larger than anything a person edits.
        if size > LARGEST_FILE as u64 && !prefix.starts_with("_outputs/") {
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

fn name(entry: &std::fs::DirEntry) -> Result<String, DiskError> {
    entry
        .file_name()
        .into_string()
        .map_err(|_| DiskError::Name(entry.path()))
}

fn is_ours(prefix: &str, path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    if name.starts_with('.') {
        return false;
    }
    let endings: &[&str] = match prefix.split('/').next() {
        Some("_history" | "_ledger") => &[".json"],
        Some("_outputs") => &[".jsonl"],
        _ => &[".prompt", ".cases.jsonl", ".schema.json"],
    };
    (prefix.is_empty() && name == "understudy.toml")
        || endings.iter().any(|ending| name.ends_with(ending))
}

/// Writes files into a directory, each in one step: a reader sees the old bytes or the new ones. Parents are made.
pub fn write_tree(dir: &Path, files: &Tree) -> Result<(), DiskError> {
    std::fs::create_dir_all(dir).map_err(|source| io("make", dir, source))?;
    for (key, bytes) in files {
        let path = dir.join(key);
        let parent = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent).map_err(|source| io("make", parent, source))?;
        write_whole(&path, bytes)?;
    }
    Ok(())
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.part"));
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
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link.prompt")).unwrap();
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
    }
}
