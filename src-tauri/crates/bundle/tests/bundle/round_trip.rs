use std::num::NonZeroUsize;

use understudy_bundle::*;

use crate::fixture::*;

#[test]
fn a_release_comes_back_as_it_was_made() {
    let (archive, envelope) = release();
    let bundle = verify(&archive, &envelope, &trust()).unwrap();
    assert_eq!(bundle.meta(), &draft().bundle);
    assert_eq!(bundle.sha256(), Sha256::of(&archive));
    assert_eq!(bundle.signers().len(), 2);
    let back: Files = bundle
        .files()
        .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))
        .collect();
    assert_eq!(back, files());
    assert_eq!(
        bundle.machine_form("triage", None),
        Some(&form("triage", "big", 0))
    );
    assert_eq!(
        bundle.machine_form("triage", Some("local")),
        Some(&form("triage", "local", 2))
    );
    assert_eq!(bundle.machine_form("triage", Some("big")), None);
    assert_eq!(bundle.meta().archive_name(), "support-v42.promptbundle.tar");
    assert_eq!(
        bundle.meta().envelope_name(),
        "support-v42.promptbundle.dsse.json"
    );
}

#[test]
fn the_same_release_is_the_same_bytes() {
    assert_eq!(make_release(), make_release());
}

#[test]
fn the_envelope_is_one_line_and_any_layout_is_read() {
    let (archive, envelope) = release();
    assert_eq!(envelope.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(envelope.last(), Some(&b'\n'));
    let value: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    assert_eq!(
        Envelope::parse(&pretty).unwrap(),
        Envelope::parse(&envelope).unwrap()
    );
    assert!(verify(&archive, &pretty, &trust()).is_ok());
}

#[test]
fn a_reviewer_signs_the_bytes_the_exporter_froze() {
    let archive = archive(&files());
    let mut envelope = Envelope::new(draft().freeze(&archive).unwrap());
    envelope.sign(&key(EXPORTER)).unwrap();
    let first = envelope.to_json().unwrap();

    // Not everybody who was named has signed: not even a gateway that wants one signature takes it.
    let easy = Trust {
        threshold: NonZeroUsize::MIN,
        ..trust()
    };
    let rejection = verify(archive.bytes(), &first, &easy).unwrap_err();
    assert_eq!(rejection.code, Code::Approval);
    assert!(
        rejection.sentence.contains("\"Bob\" has not signed"),
        "{rejection}"
    );

    let mut envelope = Envelope::parse(&first).unwrap();
    let payload = envelope.payload().to_vec();
    envelope.sign(&key(REVIEWER)).unwrap();
    assert_eq!(envelope.payload(), payload);
    assert!(matches!(
        envelope.sign(&key(REVIEWER)),
        Err(Error::AlreadySigned { .. })
    ));
    let second = envelope.to_json().unwrap();
    assert!(verify(archive.bytes(), &second, &easy).is_ok());

    // A key nobody asked for does no harm, and a full envelope takes no more.
    for secret in 100..114 {
        envelope.sign(&key([secret; 32])).unwrap();
    }
    assert!(verify(archive.bytes(), &envelope.to_json().unwrap(), &trust()).is_ok());
    assert!(matches!(
        envelope.sign(&key([114; 32])),
        Err(Error::TooManySignatures { limit: 16 })
    ));
}

#[test]
fn a_key_signs_nothing_but_statements_of_this_format() {
    for payload in [
        "",
        "{}",
        "transfer 1000",
        "{\"_type\":\"https://in-toto.io/Statement/v1\"}",
    ] {
        let mut other = sign(payload.as_bytes());
        other["signatures"] = serde_json::json!([]);
        let mut envelope = Envelope::parse(other.to_string().as_bytes()).unwrap();
        assert!(
            matches!(envelope.sign(&key(EXPORTER)), Err(Error::Refused(_))),
            "{payload}"
        );
    }
}

#[test]
fn an_envelope_can_be_shown_without_being_believed() {
    let (_, envelope) = release();
    let shown = Unverified::read(&Envelope::parse(&envelope).unwrap()).unwrap();
    assert_eq!(shown.statement().predicate.bundle, draft().bundle);
    let signers = [EXPORTER, REVIEWER].map(|secret| key(secret).public().id().to_string());
    assert_eq!(shown.claimed_signers(), signers);
}

#[test]
fn versions_and_pins_guard_against_going_back() {
    let (archive, envelope) = release();
    let this = Sha256::of(&archive);
    let other = Sha256::of(b"other");
    let code = |min_version: Option<u64>, pinned_sha256: Option<Sha256>| {
        let trust = Trust {
            min_version,
            pinned_sha256,
            ..trust()
        };
        verify(&archive, &envelope, &trust)
            .map(|_| ())
            .map_err(|rejection| rejection.code)
    };
    assert_eq!(code(Some(41), None), Ok(()));
    assert_eq!(code(Some(42), None), Ok(()));
    assert_eq!(code(Some(43), None), Err(Code::Rollback));
    assert_eq!(code(Some(42), Some(this)), Ok(()));
    assert_eq!(code(Some(42), Some(other)), Err(Code::Rollback));
    assert_eq!(
        code(Some(41), Some(other)),
        Ok(()),
        "a newer release has another archive"
    );
    assert_eq!(code(None, Some(this)), Ok(()));
    assert_eq!(code(None, Some(other)), Err(Code::Rollback));
}

#[test]
fn time_is_judged_to_the_second() {
    let (archive, envelope) = release();
    let code = |now: &str| {
        let trust = Trust {
            now: moment(now),
            ..trust()
        };
        verify(&archive, &envelope, &trust)
            .map(|_| ())
            .map_err(|rejection| rejection.code)
    };
    assert_eq!(code("2026-11-20T17:08:15Z"), Err(Code::NotYetValid));
    assert_eq!(
        code("2026-11-20T17:08:16Z"),
        Ok(()),
        "clocks may differ by five minutes"
    );
    assert_eq!(code("2027-02-18T17:13:15Z"), Ok(()));
    assert_eq!(code("2027-02-18T17:13:16Z"), Err(Code::Expired));
}

#[test]
fn a_gateway_may_go_on_serving_what_expired_but_nothing_else() {
    let (archive, envelope) = release();
    let late = Trust {
        now: expires().plus_days(200),
        expired: Expired::Serve,
        ..trust()
    };
    let bundle = verify(&archive, &envelope, &late).unwrap();
    assert!(bundle.is_expired(late.now) && !bundle.is_expired(created()));
    let mut other = archive.clone();
    other[512] ^= 1;
    assert_eq!(
        verify(&other, &envelope, &late).unwrap_err().code,
        Code::Digest
    );
}
