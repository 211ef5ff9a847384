//! The same two files before programs that others wrote.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use understudy_bundle::*;

use crate::fixture::*;

const ARCHIVE: &str = "support-v42.promptbundle.tar";
const ENVELOPE: &str = "support-v42.promptbundle.dsse.json";

fn deliver(folder: &Path) {
    let (archive, envelope) = release();
    fs::write(folder.join(ARCHIVE), archive).unwrap();
    fs::write(folder.join(ENVELOPE), envelope).unwrap();
    fs::write(folder.join("ada.pub.pem"), key(EXPORTER).public().to_pem()).unwrap();
    fs::write(folder.join("bob.pub.pem"), key(REVIEWER).public().to_pem()).unwrap();
    fs::write(folder.join("eve.pub.pem"), key(STRANGER).public().to_pem()).unwrap();
}

fn run(program: &str, script: &str, arguments: &[&str], folder: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/programs")
        .join(script);
    Command::new(program)
        .arg(script)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Both files in turn with one byte changed, the envelope inside its payload and inside a
/// signature.
fn tampered(folder: &Path, check: impl Fn() -> bool) {
    for (file, near) in [
        (ARCHIVE, "product"),
        (ENVELOPE, "\"payload\":\""),
        (ENVELOPE, "\"sig\":\""),
    ] {
        let path = folder.join(file);
        let good = fs::read(&path).unwrap();
        let at = good
            .windows(near.len())
            .position(|window| window == near.as_bytes())
            .unwrap()
            + near.len()
            + 20;
        let mut bad = good.clone();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        fs::write(&path, bad).unwrap();
        assert!(!check(), "{file} changed after {near} was accepted");
        fs::write(&path, good).unwrap();
    }
    assert!(check());
}

#[test]
fn openssl_jq_and_sha256sum_accept_it_and_notice_tampering() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path());
    let check = |key: &str| {
        run(
            "bash",
            "verify_with_openssl.sh",
            &[ARCHIVE, ENVELOPE, key],
            folder.path(),
        )
    };
    for key in ["ada.pub.pem", "bob.pub.pem"] {
        let output = check(key);
        assert!(output.status.success(), "{}", shown(&output));
    }
    assert!(!check("eve.pub.pem").status.success());
    tampered(folder.path(), || check("ada.pub.pem").status.success());
}

#[test]
fn openssl_names_keys_as_we_do() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path());
    let script = "openssl pkey -pubin -in ada.pub.pem -outform DER | sha256sum | cut -d' ' -f1";
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        shown(&output).trim(),
        key(EXPORTER).public().id().to_string()
    );
    let pem = Command::new("openssl")
        .args(["pkey", "-pubin", "-in", "ada.pub.pem", "-pubout"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(shown(&pem), key(EXPORTER).public().to_pem());
}

#[test]
fn securesystemslib_and_in_toto_attestation_accept_it_and_notice_tampering() {
    let Some(python) = std::env::var_os("UNDERSTUDY_PYTHON") else {
        eprintln!(
            "NOT CHECKED: UNDERSTUDY_PYTHON names no Python with securesystemslib and in-toto-attestation"
        );
        return;
    };
    let python = python.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path());
    let check = |threshold: &str, keys: &[&str]| {
        let arguments = [&[ARCHIVE, ENVELOPE, threshold], keys].concat();
        run(python, "verify_with_python.py", &arguments, folder.path())
    };
    let both = ["ada.pub.pem", "bob.pub.pem"];
    let output = check("2", &both);
    assert!(output.status.success(), "{}", shown(&output));
    let output = check("2", &["ada.pub.pem", "eve.pub.pem"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    tampered(folder.path(), || check("2", &both).status.success());
}

#[test]
fn gnu_tar_writes_the_same_archive() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = files();
    // The edges: empty, exactly one block, one more, and the longest path there can be.
    files.insert("evidence/empty.md".to_owned(), vec![]);
    files.insert("evidence/block.md".to_owned(), vec![b'x'; 512]);
    files.insert("evidence/more.md".to_owned(), vec![b'x'; 513]);
    files.insert(
        format!("tools/{}/b/c/d/{}.json", "a".repeat(40), "e".repeat(42)),
        b"{}".to_vec(),
    );
    files.insert("tools/a-b.json".to_owned(), b"1".to_vec());
    files.insert("tools/a/b.json".to_owned(), b"2".to_vec());
    files.insert("tools/a_b.json".to_owned(), b"3".to_vec());
    assert!(files.keys().any(|path| path.len() == 100));
    for (path, content) in &files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let script = "find prompts tools variants evidence -type f | LC_ALL=C sort | tar --format=ustar -b1 \
                  --no-recursion --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=0644 -cf OUT -T -";
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let theirs = fs::read(folder.path().join("OUT")).unwrap();
    assert!(
        theirs == archive(&files).bytes(),
        "GNU tar wrote {} other bytes",
        theirs.len()
    );
}

#[test]
fn gnu_tar_extracts_our_archive() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path());
    let output = Command::new("tar")
        .args(["-xf", ARCHIVE])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    for (path, content) in files() {
        assert_eq!(
            fs::read(folder.path().join(&path)).unwrap(),
            content,
            "{path}"
        );
    }
}

#[test]
fn jq_sorts_the_payload_into_the_same_bytes() {
    // An independent writer of canonical JSON: `jq -cS` sorts by code points and writes no white
    // space.
    let folder = tempfile::tempdir().unwrap();
    let (_, envelope) = release();
    let payload = Envelope::parse(&envelope).unwrap().payload().to_vec();
    fs::write(folder.path().join("p"), &payload).unwrap();
    let output = Command::new("jq")
        .args(["-cSj", ".", "p"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&payload)
    );
}
