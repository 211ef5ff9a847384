//! A draft that a gateway would refuse cannot be frozen, so nobody signs it.

use understudy_bundle::manifest::*;
use understudy_bundle::*;

use crate::fixture::*;

fn code(change: impl Fn(&mut Draft, &mut Files)) -> Option<Code> {
    let (mut draft, mut files) = (draft(), files());
    change(&mut draft, &mut files);
    match draft.freeze(&archive(&files)) {
        Err(Error::Refused(rejection)) => Some(rejection.code),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

#[test]
fn what_verification_refuses_is_refused_before_signing() {
    assert_eq!(code(|_, _| {}), None);
    assert_eq!(
        code(|d, _| d.bundle.name = "Support".into()),
        Some(Code::Name)
    );
    assert_eq!(code(|d, _| d.bundle.version = 41), Some(Code::Rollback));
    assert_eq!(
        code(|d, _| d.bundle.expires_at = created().plus_days(401)),
        Some(Code::Schema)
    );
    assert_eq!(code(|d, _| d.prompts.clear()), Some(Code::FileSet));
    assert_eq!(
        code(|_, f| drop(f.insert("evidence/x.md".into(), vec![0xff]))),
        Some(Code::Content)
    );
    assert_eq!(
        code(|d, _| d.changes[0].fallbacks[0].status = Status::Unmatched),
        Some(Code::Coverage)
    );
    assert_eq!(code(|d, _| d.waivers[0].reason.clear()), Some(Code::Waiver));
    assert_eq!(
        code(|d, _| d.evals[0].verdict = Verdict::Fail),
        Some(Code::Eval)
    );
    assert_eq!(code(|d, _| d.approvals.clear()), Some(Code::Approval));
    assert_eq!(
        code(|d, _| d.approvals[0].decision = Decision::Reject),
        Some(Code::Approval)
    );
}

#[test]
fn no_bundle_outlives_its_earliest_waiver() {
    let mut draft = draft();
    draft.waivers[1].expires_at = moment("2027-02-18T17:13:15Z");
    let error = draft.freeze(&archive(&files())).unwrap_err();
    assert!(
        matches!(&error, Error::OutlivesWaiver { waiver, .. } if waiver == "wvr-4"),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        "the bundle would be valid until 2027-02-18T17:13:16Z, but waiver \"wvr-4\" ends 2027-02-18T17:13:15Z"
    );
}

#[test]
fn numbers_and_texts_beyond_the_format_are_refused() {
    let mut large = draft();
    large.evals[0].cases = 1 << 53;
    assert!(matches!(
        large.freeze(&archive(&files())),
        Err(Error::Canonical(_))
    ));
    let mut long = draft();
    long.changes[0].summary = "x".repeat(6 * 1024 * 1024);
    assert!(
        matches!(long.freeze(&archive(&files())), Err(Error::TooLarge { what, .. }) if what == "the envelope")
    );
}
