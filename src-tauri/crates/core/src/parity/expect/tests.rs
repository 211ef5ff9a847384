use super::*;
use serde_json::json;

fn expectation(kind: &str, value: Value) -> Expectation {
    serde_json::from_value(json!({"type": kind, "value": value})).unwrap()
}

fn without_value(kind: &str) -> Expectation {
    serde_json::from_value(json!({"type": kind})).unwrap()
}

fn one(expectation: Expectation, schema: &OutputSchema, output: &str) -> Verdict {
    let judged = Expectations::compile(&[expectation], schema).judge(output);
    assert_eq!(judged.len(), 1);
    judged.into_iter().next().unwrap()
}

fn passed(kind: &str, value: Value, output: &str) -> Option<bool> {
    let verdict = one(expectation(kind, value), &OutputSchema::default(), output);
    assert_eq!(verdict.kind, kind);
    assert_eq!(
        verdict.why.is_none(),
        verdict.passed == Some(true),
        "{verdict:?}"
    );
    verdict.passed
}

/// The expectation, and its contrary.
fn both(kind: &str, value: Value, output: &str) -> (Option<bool>, Option<bool>) {
    let contrary = passed(&format!("not-{kind}"), value.clone(), output);
    (passed(kind, value, output), contrary)
}

const YES: (Option<bool>, Option<bool>) = (Some(true), Some(false));
const NO: (Option<bool>, Option<bool>) = (Some(false), Some(true));
const UNJUDGED: (Option<bool>, Option<bool>) = (None, None);

#[test]
fn equals_compares_texts_to_the_letter_and_objects_in_depth() {
    for (value, output, expected) in [
        (json!("14 days"), "14 days", YES),
        (json!("14 days"), "14 days ", NO),
        (json!("{\"a\":1}"), "{\"a\": 1}", NO),
        (json!(5), "5", YES),
        (json!(5.0), "5", YES),
        (json!(0.5), "0.5", YES),
        (json!(true), "true", YES),
        (
            json!({"a": [1, {"b": null}], "c": 2}),
            " {\"c\": 2.0, \"a\": [1, {\"b\": null}]}\n",
            YES,
        ),
        (json!({"a": 1}), "{\"a\": 1, \"b\": 2}", NO),
        (json!({"a": 1, "b": 2}), "{\"a\": 1}", NO),
        (json!([1, 2]), "[2, 1]", NO),
        (json!({"a": 1}), "Sure! {\"a\": 1}", NO),
        (json!({"a": 1}), "", NO),
    ] {
        assert_eq!(
            both("equals", value.clone(), output),
            expected,
            "{value} / {output}"
        );
    }
}

#[test]
fn contains_looks_for_texts_and_numbers() {
    assert_eq!(both("contains", json!("14 days"), "within 14 days."), YES);
    assert_eq!(both("contains", json!("14 Days"), "within 14 days."), NO);
    assert_eq!(both("contains", json!(14), "within 14 days."), YES);
    assert_eq!(both("icontains", json!("ÄPFEL"), "drei äpfel"), YES);
    assert_eq!(both("icontains", json!("pears"), "drei äpfel"), NO);
    for unfit in [
        json!(""),
        json!(true),
        json!(["a"]),
        json!({"a": 1}),
        json!(null),
    ] {
        assert_eq!(both("contains", unfit.clone(), "a"), UNJUDGED, "{unfit}");
        assert_eq!(both("icontains", unfit, "a"), UNJUDGED);
    }
}

#[test]
fn patterns_mean_what_they_mean_in_javascript() {
    for (pattern, output, expected) in [
        (r"\b1[0-9] days\b", "within 14 days.", YES),
        ("^14", "within 14 days", NO),
        ("days$", "within\n14 days", YES),
        ("within$", "within\n14 days", NO),
        (r"order-\d+", "order-١٢", NO),
        (r"(?<!not )refund", "you get a refund", YES),
        (r"(?<!not )refund", "it is not refund", NO),
        (r"(a)\1", "aa", YES),
        (r#"{"status": ?"ok"}"#, r#"{"status": "ok"}"#, YES),
        (r"\<b\>", "a <b> c", YES),
        (r"[{}]{2}", "}{", YES),
        (r"a{2,}", "baab", YES),
        (r"a\/b", "a/b", YES),
        ("", "x", UNJUDGED),
        ("(", "x", UNJUDGED),
        ("[", "x", UNJUDGED),
        ("*a", "x", UNJUDGED),
    ] {
        assert_eq!(
            both("regex", json!(pattern), output),
            expected,
            "{pattern} / {output}"
        );
    }
    assert_eq!(both("regex", json!(14), "14"), UNJUDGED);
}

#[test]
fn a_pattern_that_runs_away_is_given_up() {
    // Linear without look-around, bounded with it.
    let long = "a".repeat(5000);
    assert_eq!(
        passed("regex", json!("^(a+)+$"), &format!("{long}!")),
        Some(false)
    );
    let verdict = one(
        expectation("regex", json!(r"^(a|aa)+(?=\1z)")),
        &OutputSchema::default(),
        &format!("{}!", "a".repeat(60)),
    );
    assert_eq!(verdict.passed, None, "{verdict:?}");
    assert!(verdict.why.unwrap().contains("too long"));
}

#[test]
fn is_json_asks_for_the_schema_it_names_else_for_the_prompt_s() {
    let own = json!({"type": "object", "required": ["a"]});
    assert_eq!(both("is-json", own.clone(), "{\"a\": 1}"), YES);
    assert_eq!(both("is-json", own.clone(), "{}"), NO);
    assert_eq!(both("is-json", json!(own.to_string()), "{}"), NO);
    assert_eq!(both("is-json", own, "```json\n{\"a\": 1}\n```"), NO);
    assert_eq!(both("is-json", json!(null), " [1] "), YES);
    assert_eq!(both("is-json", json!(""), "[1"), NO);
    for unfit in [
        json!(5),
        json!([]),
        json!("type: object"),
        json!("file://schema.json"),
        json!({"type": "nonsense"}),
    ] {
        assert_eq!(both("is-json", unfit.clone(), "{}"), UNJUDGED, "{unfit}");
    }
    let schema = OutputSchema::compile(Some(&json!({"properties": {"n": {"type": "integer"}}})));
    let verdict = one(without_value("is-json"), &schema, "{\"n\": \"many\"}");
    assert_eq!(verdict.passed, Some(false));
    assert_eq!(
        verdict.why.as_deref(),
        Some("/n: value is not of type \"integer\"")
    );
    assert_eq!(
        one(without_value("is-json"), &schema, "{\"n\": 1}").passed,
        Some(true)
    );
    // Its own schema goes before the prompt's.
    assert_eq!(
        one(
            expectation("is-json", json!(true)),
            &schema,
            "{\"n\": \"x\"}"
        )
        .passed,
        Some(true)
    );
}

#[test]
fn a_schema_that_points_elsewhere_judges_nothing_and_fetches_nothing() {
    for place in ["http://127.0.0.1:9/schema.json", "file:///etc/hostname"] {
        let schema = OutputSchema::compile(Some(&json!({"$ref": place})));
        let verdict = one(without_value("is-json"), &schema, "{}");
        assert_eq!(verdict.passed, None, "{place}");
        assert_eq!(both("is-json", json!({"$ref": place}), "{}"), UNJUDGED);
        // What is no JSON at all needs no schema to be told.
        assert_eq!(
            one(without_value("is-json"), &schema, "no").passed,
            Some(false)
        );
    }
}

#[test]
fn what_is_not_judged_is_told_beforehand() {
    let schema = OutputSchema::default();
    let expect = [
        expectation("contains", json!("x")),
        expectation("llm-rubric", json!("is kind")),
        without_value("equals"),
        expectation("not-similar", json!("x")),
        expectation("contains", json!("{{ name }}")),
        expectation("equals", json!({"a": ["{{x}}"]})),
    ];
    let compiled = Expectations::compile(&expect, &schema);
    let places: Vec<_> = compiled
        .problems()
        .into_iter()
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places, [1, 2, 3, 4, 5]);
    let verdicts = compiled.judge("x");
    assert_eq!(verdicts[0].passed, Some(true));
    assert!(
        verdicts[1..]
            .iter()
            .all(|verdict| verdict.passed.is_none() && verdict.why.is_some())
    );
    assert!(Expectations::compile(&[], &schema).is_empty());
}

#[test]
fn a_reason_is_short_and_holds_no_control_characters() {
    let output = format!("\u{1b}[2J\n{}", "é".repeat(1000));
    let verdict = one(
        expectation("equals", json!("x")),
        &OutputSchema::default(),
        &output,
    );
    let why = verdict.why.unwrap();
    assert!(
        why.chars().count() <= REASON && !why.chars().any(char::is_control),
        "{why}"
    );
    assert!(why.contains('\u{2026}'));
}

#[test]
fn a_verdict_is_stored_compactly() {
    let verdict = one(
        expectation("contains", json!("x")),
        &OutputSchema::default(),
        "x",
    );
    let text = serde_json::to_string(&verdict).unwrap();
    assert_eq!(text, r#"{"kind":"contains","passed":true}"#);
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
}
