//! The fuzz target's body over its corpus, on stable and in every test run.

use std::fs;
use std::path::{Path, PathBuf};

use understudy_bundle::*;

use crate::fixture::*;

#[path = "../../fuzz/body.rs"]
mod body;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/verify")
}

/// Puts envelope or payload and archive into one input.
fn join(mode: u8, envelope: &[u8], archive: &[u8]) -> Vec<u8> {
    let length = u32::try_from(envelope.len()).unwrap().to_le_bytes();
    [&[mode], length.as_slice(), envelope, archive].concat()
}

/// The seeds: what each is called, what it is, and how it is answered.
fn seeds() -> Vec<(&'static str, Vec<u8>, Result<(), Code>)> {
    // One signature suffices for the fuzzed gateway, so one approval is all there is.
    let archive = archive(&files());
    let mut draft = draft();
    draft.approvals.truncate(1);
    let frozen = draft.freeze(&archive).unwrap();
    let payload = frozen.payload().to_vec();
    let mut envelope = Envelope::new(frozen);
    envelope.sign(&key(body::SECRET)).unwrap();
    let json = envelope.to_json().unwrap();
    let (bytes, cut) = (archive.bytes(), &archive.bytes()[..1000]);
    vec![
        ("release", join(0, &json, bytes), Ok(())),
        ("payload", join(1, &payload, bytes), Ok(())),
        ("cut-archive", join(0, &json, cut), Err(Code::Digest)),
        (
            "cut-payload",
            join(1, &payload[..100], cut),
            Err(Code::Statement),
        ),
        (
            "cut-envelope",
            join(0, &json[..100], cut),
            Err(Code::Envelope),
        ),
        (
            "spaced-payload",
            join(1, &[&payload[..], b" "].concat(), &[]),
            Err(Code::NotCanonical),
        ),
        ("empty", join(0, b"", b""), Err(Code::Envelope)),
    ]
}

#[test]
fn the_corpus_survives() {
    let mut inputs = 0;
    for entry in fs::read_dir(corpus()).unwrap() {
        let _ = body::verify(&fs::read(entry.unwrap().path()).unwrap());
        inputs += 1;
    }
    assert!(inputs >= seeds().len());
}

/// `UNDERSTUDY_WRITE_CORPUS=1` writes the seeds anew after the format or the fixture has changed.
#[test]
fn the_seeds_are_those_of_today_and_reach_what_they_are_for() {
    for (name, input, expected) in seeds() {
        let path = corpus().join(name);
        if std::env::var_os("UNDERSTUDY_WRITE_CORPUS").is_some() {
            fs::write(&path, &input).unwrap();
        }
        assert!(
            fs::read(&path).is_ok_and(|stored| stored == input),
            "{name} is not what is made today"
        );
        let verdict = body::verify(&input)
            .unwrap()
            .map(|_| ())
            .map_err(|rejection| rejection.code);
        assert_eq!(verdict, expected, "{name}");
    }
}
