//! Whatever the bytes: an answer, never a panic, and never a yes to something else.

use proptest::collection::vec;
use proptest::prelude::*;
use understudy_bundle::*;

use crate::fixture::*;

/// Changes to bytes: at a place, take some away, put some in.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
    vec(
        (
            any::<prop::sample::Index>(),
            0_usize..4,
            vec(any::<u8>(), 0..4),
        ),
        1..4,
    )
}

fn mutate(mut bytes: Vec<u8>, mutations: &[(prop::sample::Index, usize, Vec<u8>)]) -> Vec<u8> {
    for (index, taken, put) in mutations {
        let start = index.index(bytes.len() + 1);
        let end = (start + taken).min(bytes.len());
        bytes.splice(start..end, put.iter().copied());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_archive_is_never_accepted(changes in mutations()) {
        let (archive, envelope) = release();
        let changed = mutate(archive.clone(), &changes);
        let verdict = verify(&changed, &envelope, &trust());
        prop_assert_eq!(verdict.is_ok(), changed == archive);
    }

    #[test]
    fn a_changed_envelope_never_says_something_else(changes in mutations()) {
        let (archive, envelope) = release();
        let statement = Envelope::parse(&envelope).unwrap().payload().to_vec();
        let changed = mutate(envelope, &changes);
        // White space between fields may be added; the statement cannot change.
        if verify(&archive, &changed, &trust()).is_ok() {
            let changed = Envelope::parse(&changed).unwrap();
            prop_assert_eq!(changed.payload(), statement);
        }
    }

    #[test]
    fn a_changed_and_signed_payload_gets_an_answer(changes in mutations()) {
        let (archive, envelope) = release();
        let payload = Envelope::parse(&envelope).unwrap().payload().to_vec();
        let changed = mutate(payload, &changes);
        let envelope = sign(&changed).to_string();
        if let Ok(bundle) = verify(&archive, envelope.as_bytes(), &trust()) {
            prop_assert_eq!(canonical::to_bytes(bundle.statement()).unwrap(), changed);
        }
    }

    #[test]
    fn noise_gets_an_answer(archive in vec(any::<u8>(), 0..2_000), envelope in vec(any::<u8>(), 0..500)) {
        prop_assert!(verify(&archive, &envelope, &trust()).is_err());
        let _ = PublicKey::from_pem(&String::from_utf8_lossy(&envelope));
    }
}
