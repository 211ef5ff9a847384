use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::case::Case;
use crate::catalog::{Entry, Loss, LossKind};
use crate::ledger::Decision;
use crate::prompt::{
    Chain, Config, Content, LevelSetting, Margins, Policy, PromptConfig, Variant, Version,
};
use crate::set::Prompt;

const NOW: &str = "2026-06-01T00:00:00Z";

fn model(name: &str) -> ModelName {
    ModelName::parse(name).unwrap()
}

fn name() -> PromptName {
    PromptName::parse("p").unwrap()
}

fn variant(of: &str, contents: Vec<Content>) -> Variant {
    let versions: Vec<Version> = contents
        .into_iter()
        .zip(1..)
        .map(|(content, number)| Version {
            id: format!("{of}-{number}"),
            number,
            content_id: content.id(),
            parent: (number > 1).then(|| format!("{of}-{}", number - 1)),
            author: "ada".into(),
            at: NOW.into(),
            message: format!("m{number}"),
            content,
        })
        .collect();
    Variant {
        model: model(of),
        head: versions.last().unwrap().id.clone(),
        versions,
    }
}

fn content(system: &str) -> Content {
    Content {
        system: system.into(),
        max_output_tokens: Some(100),
        ..Content::default()
    }
}

fn case(id: &str) -> Case {
    serde_json::from_value(
        json!({"id": id, "variables": {"x": "1"}, "turns": [{"role": "user", "text": "hi"}]}),
    )
    .unwrap()
}

/// A set in which nothing is wrong: a primary, one fallback with its own text, one case.
fn good(kind: PolicyKind) -> PromptSet {
    let chain = Chain {
        models: vec![model("a"), model("b")],
    };
    let settings = PromptConfig {
        chain: "c".into(),
        owner: "o".into(),
        policy: Policy::of(kind),
        margins: Margins::of(kind),
        levels: BTreeMap::new(),
    };
    let prompt = Prompt {
        name: name(),
        variants: vec![
            variant("a", vec![content("Say {{x}}.")]),
            variant("b", vec![content("Tell {{x}}.")]),
        ],
        cases: vec![case("one")],
        ledger: vec![],
    };
    PromptSet {
        config: Config {
            models: BTreeMap::new(),
            chains: [("c".to_owned(), chain)].into(),
            prompts: [(name(), settings)].into(),
        },
        config_text: String::new(),
        prompts: [(name(), prompt)].into(),
    }
}

fn tally(held: u32, outputs: u32) -> VariantEvidence {
    VariantEvidence {
        ever: true,
        head: Tally {
            outputs,
            cases: 1,
            held,
            ..Tally::default()
        },
    }
}

fn evidence(primary: VariantEvidence, fallback: VariantEvidence) -> Evidence {
    [
        ((name(), model("a")), primary),
        ((name(), model("b")), fallback),
    ]
    .into()
}

fn all_run() -> Evidence {
    evidence(tally(1, 1), tally(1, 1))
}

fn found(set: &PromptSet, evidence: &Evidence) -> Vec<(&'static str, Level)> {
    let report = check(set, Some(evidence), &Outlook::default(), NOW, |_| true);
    report
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.level))
        .collect()
}

fn prompt(set: &mut PromptSet) -> &mut Prompt {
    set.prompts.get_mut(&name()).unwrap()
}

fn settings(set: &mut PromptSet) -> &mut PromptConfig {
    set.config.prompts.get_mut(&name()).unwrap()
}

#[test]
fn a_good_set_has_no_findings() {
    assert_eq!(found(&good(PolicyKind::Strict), &all_run()), []);
}

#[test]
fn an_unanswered_change_blocks_whatever_the_policy() {
    for kind in [PolicyKind::Strict, PolicyKind::Relaxed] {
        let mut set = good(kind);
        prompt(&mut set).variants[0] = variant(
            "a",
            vec![content("Say {{x}}."), content("Say {{x}} twice.")],
        );
        let report = check(&set, Some(&all_run()), &Outlook::default(), NOW, |_| true);
        let finding = &report.findings[0];
        assert_eq!(
            (finding.code, finding.level),
            (Code::UnmatchedChange, Level::Error)
        );
        assert_eq!(
            (finding.version, finding.model.as_ref()),
            (Some(2), Some(&model("b")))
        );
        assert!(
            finding.message.contains("m2") && finding.help.contains("change waive p 2 b"),
            "{finding:?}"
        );
    }
}

#[test]
fn a_waiver_that_ended_has_its_own_code() {
    let mut set = good(PolicyKind::Strict);
    let primary = variant(
        "a",
        vec![content("Say {{x}}."), content("Say {{x}} twice.")],
    );
    let verdict = Verdict::Waive {
        variant: model("b"),
        from: primary.versions[0].content_id.clone(),
        to: primary.versions[1].content_id.clone(),
        reason: "not before the summer".into(),
        until: "2026-05-31T00:00:00Z".into(),
    };
    let found_prompt = prompt(&mut set);
    found_prompt.variants[0] = primary;
    found_prompt.ledger.push(Decision {
        id: "d".into(),
        prompt: name(),
        author: "ada".into(),
        at: NOW.into(),
        verdict,
    });
    assert_eq!(found(&set, &all_run()), [("waiver-expired", Level::Error)]);
}

#[test]
fn outputs_are_asked_for_by_policy() {
    let nothing = evidence(tally(1, 1), VariantEvidence::default());
    let stale = evidence(
        tally(1, 1),
        VariantEvidence {
            ever: true,
            head: Tally::default(),
        },
    );
    for (kind, level) in [
        (PolicyKind::Strict, Level::Error),
        (PolicyKind::Relaxed, Level::Warning),
    ] {
        assert_eq!(found(&good(kind), &nothing), [("never-run", level)]);
        assert_eq!(found(&good(kind), &stale), [("stale-run", level)]);
    }
}

#[test]
fn a_new_case_makes_the_outputs_stale() {
    let mut set = good(PolicyKind::Strict);
    prompt(&mut set).cases.push(case("two"));
    assert_eq!(
        found(&set, &all_run()),
        [("stale-run", Level::Error), ("stale-run", Level::Error)]
    );
}

#[test]
fn the_schema_is_judged_against_the_margin() {
    let mut set = good(PolicyKind::Strict);
    for variant in &mut prompt(&mut set).variants {
        variant.versions[0].content.output_schema = Some(json!({"type": "object"}));
    }
    let levels = |held| found(&set, &evidence(tally(95, 100), tally(held, 100)));
    assert_eq!(levels(95), []);
    assert_eq!(levels(97), []);
    assert_eq!(levels(94), [("schema-broken", Level::Warning)]);
    assert_eq!(levels(85), [("schema-broken", Level::Warning)]);
    assert_eq!(levels(84), [("schema-broken", Level::Error)]);
}

#[test]
fn a_fallback_that_nobody_tuned_is_named() {
    let mut set = good(PolicyKind::Strict);
    prompt(&mut set).variants[1] = variant("b", vec![content("# Say\n{{x}}")]);
    assert_eq!(found(&set, &all_run()), []);
    prompt(&mut set).variants[1] = variant("b", vec![content("Say\n  {{x}}.")]);
    assert_eq!(
        found(&set, &all_run()),
        [("same-as-primary", Level::Warning)]
    );
}

#[test]
fn a_fallback_may_not_write_more_than_its_primary() {
    let mut set = good(PolicyKind::Strict);
    for (tokens, expected) in [(Some(101), 1), (None, 1), (Some(100), 0), (Some(1), 0)] {
        let text = Content {
            max_output_tokens: tokens,
            ..content("Tell {{x}}.")
        };
        prompt(&mut set).variants[1] = variant("b", vec![text]);
        let codes = found(&set, &all_run());
        assert_eq!(
            codes,
            vec![("max-output-tokens", Level::Warning); expected],
            "{tokens:?}"
        );
    }
}

#[test]
fn a_missing_fallback_blocks_and_primary_only_speaks_until_it_ends() {
    let mut set = good(PolicyKind::Relaxed);
    prompt(&mut set).variants.pop();
    assert_eq!(
        found(&set, &all_run()),
        [("fallback-missing", Level::Error)]
    );
    let policy = |until: &str| Policy {
        kind: PolicyKind::PrimaryOnly,
        reason: Some("internal".into()),
        until: Some(until.into()),
        message: Some("Back soon.".into()),
    };
    settings(&mut set).policy = policy("2026-06-02");
    let report = check(&set, Some(&all_run()), &Outlook::default(), NOW, |_| true);
    assert!(
        report.findings[0].message.contains("Back soon."),
        "{:?}",
        report.findings
    );
    assert_eq!(found(&set, &all_run()), [("primary-only", Level::Warning)]);
    settings(&mut set).policy = policy("2026-05-31");
    assert_eq!(
        found(&set, &all_run()),
        [("fallback-missing", Level::Error)]
    );
}

#[test]
fn a_variable_that_cases_lack_is_named_with_the_cases() {
    let mut set = good(PolicyKind::Strict);
    prompt(&mut set).variants[1] = variant("b", vec![content("Tell {{x}} and {{#if y}}z{{/if}}.")]);
    let report = check(&set, Some(&all_run()), &Outlook::default(), NOW, |_| true);
    assert_eq!(report.findings.len(), 1);
    let message = &report.findings[0].message;
    assert!(
        message.contains("`y`") && message.contains("1 of 1 cases (one)"),
        "{message}"
    );
}

#[test]
fn levels_can_be_set_and_findings_accepted_for_these_heads_only() {
    let mut set = good(PolicyKind::Strict);
    let never = evidence(tally(1, 1), VariantEvidence::default());
    settings(&mut set).levels.insert(
        "never-run".into(),
        LevelSetting {
            level: Level::Off,
            reason: Some("nightly".into()),
        },
    );
    assert_eq!(found(&set, &never), []);
    settings(&mut set).levels.clear();

    let heads: Vec<_> = prompt(&mut set)
        .variants
        .iter()
        .map(|variant| variant.versions[0].content_id.clone())
        .collect();
    let accept = |to: usize, until: &str| Decision {
        id: "d".into(),
        prompt: name(),
        author: "ada".into(),
        at: NOW.into(),
        verdict: Verdict::Accept {
            code: "never-run".into(),
            variant: Some(model("b")),
            to: heads[to].clone(),
            with: Some(heads[1].clone()),
            reason: "no key before Monday".into(),
            until: until.into(),
        },
    };
    for (decision, level) in [
        (accept(0, "2026-06-02T00:00:00Z"), Level::Warning),
        (accept(0, "2026-05-30T00:00:00Z"), Level::Error),
        (accept(1, "2026-06-02T00:00:00Z"), Level::Error),
    ] {
        prompt(&mut set).ledger = vec![decision];
        assert_eq!(found(&set, &never), [("never-run", level)]);
    }
    // Taken back by a later one with an earlier end.
    prompt(&mut set).ledger = vec![
        accept(0, "2026-06-02T00:00:00Z"),
        accept(0, "2026-05-30T00:00:00Z"),
    ];
    assert_eq!(found(&set, &never), [("never-run", Level::Error)]);
}

#[test]
fn without_outputs_their_rules_are_named_as_skipped() {
    let report = check(
        &good(PolicyKind::Strict),
        None,
        &Outlook::default(),
        NOW,
        |_| true,
    );
    let skipped: Vec<_> = report.skipped.iter().map(|code| code.as_str()).collect();
    assert_eq!(skipped, ["schema-broken", "never-run", "stale-run"]);
    assert_eq!(report.findings, []);
}

fn foreseen(losses: &[(LossKind, &str)], retires: Option<&str>) -> Outlook {
    let losses = losses
        .iter()
        .map(|(kind, message)| Loss {
            kind: *kind,
            subject: "x".into(),
            message: (*message).into(),
            help: "h".into(),
        })
        .collect();
    let facts = Entry {
        retires: retires.map(str::to_owned),
        source: Some("https://example.org/days".into()),
        ..Entry::default()
    };
    Outlook {
        losses: [((name(), model("b")), losses)].into(),
        facts: [(model("b"), facts)].into(),
    }
}

#[test]
fn what_a_request_loses_speaks_as_loudly_as_it_hurts() {
    let outlook = foreseen(
        &[
            (LossKind::Schema, "carries no schema"),
            (LossKind::Tools, "carries no tools"),
            (LossKind::ToolChoice, "may answer without"),
            (LossKind::Refused, "refuses `temperature` 0.2"),
            (LossKind::Refused, "refuses `top_p` 0.9"),
            (LossKind::Parameter, "goes without `seed`"),
        ],
        None,
    );
    let report = check(&good(PolicyKind::Relaxed), None, &outlook, NOW, |_| true);
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.level))
        .collect();
    assert_eq!(
        found,
        [
            ("schema-lost", Level::Error),
            ("tools-lost", Level::Error),
            ("parameter-refused", Level::Error),
            ("parameter-refused", Level::Error),
            ("tool-choice-lost", Level::Warning),
            ("parameter-lost", Level::Warning),
        ]
    );
    let finding = &report.findings[2];
    assert_eq!(finding.message, "b: refuses `temperature` 0.2");
    assert_eq!(
        (
            finding.model.as_ref(),
            finding.version,
            finding.help.as_str()
        ),
        (Some(&model("b")), Some(1), "h")
    );
    // No output is needed to tell, so a directory can be checked for it.
    assert!(!report.skipped.contains(&Code::SchemaLost));
}

#[test]
fn a_model_that_retires_is_named_a_quarter_of_a_year_before() {
    // Today is 2026-06-01.
    let said = |day: &str| {
        let outlook = foreseen(&[], Some(day));
        let report = check(&good(PolicyKind::Strict), None, &outlook, NOW, |_| true);
        let mut findings = report.findings.into_iter();
        let finding = findings.next()?;
        assert_eq!(
            (finding.code, finding.level),
            (Code::ModelRetired, Level::Warning)
        );
        assert!(
            finding.help.contains("https://example.org/days"),
            "{finding:?}"
        );
        assert_eq!(findings.next(), None);
        Some(finding.message)
    };
    assert_eq!(said("2026-08-31"), None);
    assert_eq!(
        said("2026-08-30").as_deref(),
        Some("b retires on 2026-08-30")
    );
    assert!(
        said("2026-06-01")
            .unwrap()
            .contains("has been retired on 2026-06-01")
    );
    assert!(said("2025-01-01").unwrap().contains("has been retired"));
}

#[test]
fn every_code_reads_back() {
    for code in Code::ALL {
        assert_eq!(Code::parse(code.as_str()), Some(code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert!(
            crate::prompt::LEVEL_CODES.contains(&code.as_str()),
            "{code:?} has no level"
        );
    }
}
