//! Opening the two files: regular, unlinked, within limits, and never a trace left behind.

use std::fs;
use std::path::Path;

use understudy_bundle::*;

use crate::fixture::*;

fn written(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (archive, envelope) = release();
    let paths = (folder.join("bundle.tar"), folder.join("bundle.dsse.json"));
    fs::write(&paths.0, archive).unwrap();
    fs::write(&paths.1, envelope).unwrap();
    paths
}

fn code(archive: &Path, envelope: &Path) -> Option<Code> {
    verify_files(archive, envelope, &trust())
        .err()
        .map(|rejection| rejection.code)
}

#[test]
fn two_files_are_verified_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, envelope) = written(folder.path());
    assert_eq!(code(&archive, &envelope), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(
        read_envelope(&envelope).unwrap(),
        fs::read(&envelope).unwrap()
    );
    assert_eq!(read_archive(&archive).unwrap(), fs::read(&archive).unwrap());
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, envelope) = written(folder.path());
    assert_eq!(code(&folder.path().join("none"), &envelope), Some(Code::Io));
    assert_eq!(code(&archive, &folder.path().join("none")), Some(Code::Io));
    assert_eq!(code(folder.path(), &envelope), Some(Code::Io));
    let sentence = verify_files(&folder.path().join("none"), &envelope, &trust())
        .unwrap_err()
        .to_string();
    assert!(
        sentence.starts_with("E_IO: \"") && sentence.contains("cannot be read"),
        "{sentence}"
    );
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_refused_without_being_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, envelope) = written(folder.path());
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&archive, &link).unwrap();
    assert_eq!(code(&link, &envelope), Some(Code::Io));
    let pipe = folder.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // Opening a pipe for reading would wait for a writer for ever.
    assert_eq!(code(&pipe, &envelope), Some(Code::Io));
    assert_eq!(code(&archive, Path::new("/dev/zero")), Some(Code::Io));
}

#[test]
fn files_over_the_limits_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, envelope) = written(folder.path());
    // Sparse: a terabyte that takes no room. Reading it would.
    let large = folder.path().join("large");
    fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(code(&large, &envelope), Some(Code::Size));
    assert_eq!(code(&archive, &large), Some(Code::Size));
}
