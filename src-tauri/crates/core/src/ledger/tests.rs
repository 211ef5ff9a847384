use super::*;
use crate::prompt::{Content, Variant, Version};

const NOW: &str = "2026-06-01T00:00:00Z";

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn variant(model: &str, texts: &[&str]) -> Variant {
    let versions: Vec<Version> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let content = Content {
                system: (*text).to_owned(),
                ..Content::default()
            };
            Version {
                id: format!("{model}-{}", index + 1),
                number: u32::try_from(index).unwrap() + 1,
                content_id: content.id(),
                parent: (index > 0).then(|| format!("{model}-{index}")),
                author: "ada".into(),
                at: NOW.into(),
                message: format!("m{}", index + 1),
                content,
            }
        })
        .collect();
    Variant {
        model: name(model),
        head: versions.last().unwrap().id.clone(),
        versions,
    }
}

fn decide(verdict: Verdict) -> Decision {
    Decision {
        id: "d".into(),
        prompt: prompt(),
        author: "ada".into(),
        at: NOW.into(),
        verdict,
    }
}

fn prompt() -> PromptName {
    PromptName::parse("p").unwrap()
}

fn id_of(variant: &Variant, number: u32) -> ContentId {
    variant.version(number).unwrap().content_id.clone()
}

fn matched(primary: &Variant, to: u32, fallback: &Variant, with: u32) -> Decision {
    decide(Verdict::Match {
        variant: fallback.model.clone(),
        from: id_of(primary, to - 1),
        to: id_of(primary, to),
        with: id_of(fallback, with),
    })
}

fn waived(primary: &Variant, to: u32, fallback: &Variant, until: &str) -> Decision {
    decide(Verdict::Waive {
        variant: fallback.model.clone(),
        from: id_of(primary, to - 1),
        to: id_of(primary, to),
        reason: "ten characters".into(),
        until: until.into(),
    })
}

fn states(primary: &Variant, fallback: &Variant, ledger: &[Decision]) -> Vec<ChangeState> {
    changes(&prompt(), primary, fallback, ledger, NOW)
        .iter()
        .map(|change| change.state)
        .collect()
}

use ChangeState::{Matched, None as Nothing, Unmatched, Waived};

#[test]
fn a_change_without_a_decision_is_unmatched() {
    let (p, f) = (variant("p", &["one", "two", "three"]), variant("f", &["x"]));
    assert_eq!(states(&p, &f, &[]), [Unmatched, Unmatched]);
}

#[test]
fn a_match_answers_its_own_change_only() {
    let (p, f) = (
        variant("p", &["one", "two", "three"]),
        variant("f", &["x", "y"]),
    );
    assert_eq!(
        states(&p, &f, &[matched(&p, 3, &f, 2)]),
        [Unmatched, Matched]
    );
    let other = variant("g", &["x"]);
    assert_eq!(
        states(&p, &other, &[matched(&p, 3, &f, 2)]),
        [Unmatched, Unmatched]
    );
}

#[test]
fn changes_before_the_fallback_began_are_none_of_its_business() {
    let (p, f) = (variant("p", &["one", "two", "three"]), variant("f", &["x"]));
    let start = decide(Verdict::Start {
        variant: name("f"),
        to: id_of(&p, 2),
        with: id_of(&f, 1),
    });
    assert_eq!(states(&p, &f, &[start]), [Unmatched]);
}

#[test]
fn a_change_and_its_undoing_cancel() {
    let (p, f) = (variant("p", &["one", "two", "one"]), variant("f", &["x"]));
    assert_eq!(states(&p, &f, &[]), [Nothing, Nothing]);
    let p = variant("p", &["one", "two", "three", "two", "four"]);
    assert_eq!(
        states(&p, &f, &[]),
        [Unmatched, Nothing, Nothing, Unmatched]
    );
}

#[test]
fn undoing_a_change_that_was_carried_over_must_be_carried_over_too() {
    let (p, f) = (
        variant("p", &["one", "two", "one"]),
        variant("f", &["x", "y"]),
    );
    assert_eq!(
        states(&p, &f, &[matched(&p, 2, &f, 2)]),
        [Matched, Unmatched]
    );
}

#[test]
fn cosmetic_changes_need_nothing() {
    let p = variant(
        "p",
        &[
            "<role>\nYou help.\n</role>\n- Never say \u{201c}no\u{201d}.",
            "# Role\nYou\nhelp\n\n1. Never say \"no\"",
        ],
    );
    assert_eq!(states(&p, &variant("f", &["x"]), &[]), [Nothing]);
}

#[test]
fn a_negation_or_a_number_is_never_cosmetic() {
    let f = variant("f", &["x"]);
    for (was, is) in [
        ("Mention prices.", "Do not mention prices."),
        ("within 30 days", "within 14 days"),
        ("a 1.5", "a 15"),
    ] {
        assert_eq!(
            states(&variant("p", &[was, is]), &f, &[]),
            [Unmatched],
            "{was} -> {is}"
        );
    }
}

#[test]
fn a_waiver_counts_until_it_ends() {
    let (p, f) = (variant("p", &["one", "two"]), variant("f", &["x"]));
    assert_eq!(
        states(&p, &f, &[waived(&p, 2, &f, "2026-06-02T00:00:00Z")]),
        [Waived]
    );
    let ended = changes(&prompt(), &p, &f, &[waived(&p, 2, &f, NOW)], NOW);
    assert_eq!((ended[0].state, ended[0].expired), (Unmatched, true));
    let renewed = [
        waived(&p, 2, &f, NOW),
        waived(&p, 2, &f, "2026-07-01T00:00:00Z"),
    ];
    let renewed = changes(&prompt(), &p, &f, &renewed, NOW);
    assert_eq!((renewed[0].state, renewed[0].expired), (Waived, false));
}

#[test]
fn restoring_an_older_fallback_takes_its_answers_back() {
    let (p, f) = (
        variant("p", &["one", "two"]),
        variant("f", &["x", "y", "x"]),
    );
    assert_eq!(states(&p, &f, &[matched(&p, 2, &f, 2)]), [Unmatched]);
    let kept = variant("f", &["x", "y", "z"]);
    assert_eq!(states(&p, &kept, &[matched(&p, 2, &kept, 2)]), [Matched]);
}

#[test]
fn what_is_saved_after_a_restore_does_not_bring_old_answers_back() {
    let p = variant("p", &["one", "two"]);
    let f = variant("f", &["x", "y", "x", "x, reworded"]);
    assert_eq!(states(&p, &f, &[matched(&p, 2, &f, 2)]), [Unmatched]);
    let again = variant("f", &["x", "y", "x", "y", "z"]);
    assert_eq!(states(&p, &again, &[matched(&p, 2, &again, 2)]), [Matched]);
}

#[test]
fn undoing_a_change_on_both_sides_leaves_nothing_open() {
    let p = variant("p", &["one", "two", "one"]);
    let f = variant("f", &["x", "y", "x"]);
    let ledger = [matched(&p, 2, &f, 2), matched(&p, 3, &f, 3)];
    assert_eq!(states(&p, &f, &ledger), [Nothing, Matched]);
}

#[test]
fn a_change_that_is_made_undone_and_made_again_needs_one_answer() {
    let p = variant("p", &["one", "two", "one", "two"]);
    let f = variant("f", &["x", "y"]);
    let ledger = [matched(&p, 2, &f, 2)];
    assert_eq!(states(&p, &f, &ledger), [Matched, Nothing, Matched]);
}

#[test]
fn undoing_a_waived_change_needs_nothing() {
    let p = variant("p", &["one", "two", "one", "three"]);
    let f = variant("f", &["x"]);
    let alive = [waived(&p, 2, &f, "2026-06-02T00:00:00Z")];
    assert_eq!(states(&p, &f, &alive), [Waived, Nothing, Unmatched]);
    let ended = [waived(&p, 2, &f, NOW)];
    assert_eq!(states(&p, &f, &ended), [Nothing, Nothing, Unmatched]);
}

#[test]
fn a_waiver_given_an_earlier_end_does_not_live_on_in_the_older_one() {
    let (p, f) = (variant("p", &["one", "two"]), variant("f", &["x"]));
    let shortened = [
        waived(&p, 2, &f, "2026-07-01T00:00:00Z"),
        waived(&p, 2, &f, NOW),
    ];
    let change = &changes(&prompt(), &p, &f, &shortened, NOW)[0];
    assert_eq!((change.state, change.expired), (Unmatched, true));
}

#[test]
fn a_decision_survives_json() {
    let (p, f) = (variant("p", &["one", "two"]), variant("f", &["x"]));
    let decision = waived(&p, 2, &f, NOW);
    let text = serde_json::to_string(&decision).unwrap();
    assert!(text.contains(r#""kind":"waive""#), "{text}");
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
}

#[test]
fn ends_are_times_and_not_texts() {
    // 01:00 in +02:00 is 23:00 of the day before in UTC.
    assert!(has_ended("2026-06-01T01:00:00+02:00", NOW));
    assert!(!has_ended("2026-05-31T23:00:00-02:00", NOW));
    assert!(!has_ended(
        "2026-06-01T00:00:00.500Z",
        "2026-05-31T23:59:59Z"
    ));
    assert!(has_ended("soon", NOW));
}
