use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::check::{Code, Finding};
use crate::compare::Mode;
use crate::host::{id_from, parse_time};
use crate::keys::Passphrase;
use crate::ledger::ChangeState;
use crate::prompt::Level;

/// A world of its own: a clock that stands at one day, ids that count.
#[derive(Debug)]
struct Still {
    now: AtomicI64,
    ids: AtomicI64,
}

impl Still {
    fn at(time: &str) -> Arc<Self> {
        let now = parse_time(time).unwrap() * 1000;
        Arc::new(Self {
            now: now.into(),
            ids: 0.into(),
        })
    }

    fn move_days(&self, days: i64) {
        self.now.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }
}

impl Host for Still {
    fn now_millis(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }
    fn new_id(&self) -> String {
        let id = self.ids.fetch_add(1, Ordering::SeqCst);
        let mut random = [0; 10];
        random[2..].copy_from_slice(&id.to_be_bytes());
        id_from(self.now_millis(), random)
    }
    fn env(&self, name: &str) -> Option<String> {
        (name == "USER").then(|| "ada".to_owned())
    }
}

struct Home {
    dir: tempfile::TempDir,
    host: Arc<Still>,
    workspace: Workspace,
}

async fn sample_at(time: &str) -> Home {
    let dir = tempfile::tempdir().unwrap();
    let host = Still::at(time);
    let workspace = Workspace::create_sample(
        &dir.path().join("w.understudy"),
        host.clone(),
        &dir.path().join("keys"),
    )
    .await
    .unwrap();
    Home {
        dir,
        host,
        workspace,
    }
}

async fn sample() -> Home {
    sample_at("2027-03-03T10:00:00Z").await
}

fn errors(findings: &[Finding]) -> Vec<(&str, Option<&str>, Option<u32>)> {
    findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| {
            (
                finding.code.as_str(),
                finding.model.as_ref().map(|model| model.as_str()),
                finding.version,
            )
        })
        .collect()
}

const TWO_ROWS: [(&str, Option<&str>, Option<u32>); 2] = [
    ("unmatched-change", Some("gemini-pro"), Some(12)),
    ("unmatched-change", Some("gpt-4o"), Some(12)),
];

async fn settle(workspace: &Workspace) {
    workspace
        .match_change("support-triage", 12, "gpt-4o", None)
        .await
        .unwrap();
    workspace
        .waive_change(
            "support-triage",
            12,
            "gemini-pro",
            "legal decides in spring",
            None,
        )
        .await
        .unwrap();
}

fn export_request(home: &Home) -> ExportRequest {
    ExportRequest {
        name: "sample".into(),
        out: home.dir.path().join("out"),
        sign: vec![("release".into(), Passphrase::new("a passphrase".into()))],
        reviewers: vec![],
        hold: vec![],
        expires_days: 90,
        previous: None,
    }
}

fn new_release_key(home: &Home) {
    home.workspace
        .new_key("release", &Passphrase::new("a passphrase".into()))
        .unwrap();
}

fn verification(home: &Home, exported: &view::Exported) -> view::Verification {
    let request = VerifyRequest {
        archive: exported.archive.clone().into(),
        envelope: exported.envelope.clone().into(),
        keys: vec![export_key(&home.dir.path().join("keys"), "release").unwrap()],
        threshold: 1,
        name: Some("sample".into()),
        min_version: None,
        pinned_sha256: None,
        now: None,
    };
    verify_bundle(&request, home.host.now_millis() / 1000).unwrap()
}

#[tokio::test]
async fn the_sample_has_exactly_two_unmatched_rows_whatever_the_day() {
    for day in ["2026-11-21T10:00:00Z", "2031-07-01T00:00:01Z"] {
        let home = sample_at(day).await;
        let report = home.workspace.check(&[]).await.unwrap();
        assert_eq!(
            errors(&report.findings),
            TWO_ROWS,
            "{day}: {:#?}",
            report.findings
        );
        let codes: std::collections::BTreeSet<_> =
            report.findings.iter().map(|finding| finding.code).collect();
        for code in [Code::PrimaryOnly, Code::SameAsPrimary, Code::SchemaBroken] {
            assert!(
                codes.contains(&code),
                "{day}: {code:?} is missing from {codes:?}"
            );
        }
    }
}

#[tokio::test]
async fn settling_the_two_rows_goes_green_and_a_waiver_ends_one_day() {
    let home = sample().await;
    settle(&home.workspace).await;
    assert_eq!(home.workspace.check(&[]).await.unwrap().errors, 0);
    home.host.move_days(10);
    let report = home.workspace.check(&[]).await.unwrap();
    assert_eq!(
        errors(&report.findings),
        [("waiver-expired", Some("gpt-4o"), Some(11))]
    );
}

#[tokio::test]
async fn the_text_that_settles_it_has_its_outputs_and_any_other_needs_a_run() {
    let home = sample().await;
    let save = |model: &'static str, from: &'static str, to: &'static str| {
        let workspace = home.workspace.clone();
        async move {
            let view = workspace
                .variant("support-triage", model, None)
                .await
                .unwrap();
            assert!(view.file.contains(from), "{model} does not say {from}");
            workspace
                .save_version(SaveRequest {
                    prompt: "support-triage".into(),
                    model: model.into(),
                    parent: Some(view.version.number),
                    text: SaveText::File(view.file.replace(from, to)),
                    message: "refund window".into(),
                    answers: vec![12],
                })
                .await
                .unwrap()
        }
    };
    let saved = save("gpt-4o", "up to 30 days", "up to 14 days").await;
    assert!(saved.created);
    assert_eq!(
        errors(&saved.findings),
        [("unmatched-change", Some("gemini-pro"), Some(12))]
    );
    let saved = save("gpt-4o", "up to 14 days", "up to 15 days").await;
    let found = errors(&saved.findings);
    assert!(
        found.contains(&("stale-run", Some("gpt-4o"), Some(saved.version))),
        "{found:?}"
    );
}

#[tokio::test]
async fn nothing_about_the_sample_is_wired_in() {
    let home = sample().await;
    settle(&home.workspace).await;
    // Another case: every head lacks an output for it.
    let text = r#"{"id":"brand-new","variables":{"product":"P","plan":"Pro","today":"Monday"},"turns":[{"role":"user","text":"hi"}]}"#;
    home.workspace
        .import_cases("support-triage", "new.jsonl", text)
        .await
        .unwrap();
    let report = home.workspace.check(&[]).await.unwrap();
    assert_eq!(
        errors(&report.findings),
        [
            ("stale-run", Some("gemini-pro"), Some(7)),
            ("stale-run", Some("gpt-4o"), Some(8)),
            ("stale-run", Some("claude-sonnet"), Some(12)),
        ]
    );
    // A broken output: the schema no longer holds often enough.
    let cases = home.workspace.cases("support-triage").await.unwrap().cases;
    let broken: String = cases
        .iter()
        .map(|case| format!("{}\n", serde_json::json!({"case": case.id, "model": "gpt-4o", "output": "```json\n{}\n```"})))
        .collect();
    home.workspace
        .import_outputs("support-triage", "broken.jsonl", &broken, &[])
        .await
        .unwrap();
    let report = home.workspace.check(&[]).await.unwrap();
    assert!(errors(&report.findings).contains(&("schema-broken", Some("gpt-4o"), Some(8))));
}

#[tokio::test]
async fn the_overview_says_what_an_outage_would_do() {
    let home = sample().await;
    let overview = home.workspace.overview().await.unwrap();
    assert!(overview.sample);
    let outage = overview.outage.unwrap();
    assert_eq!(outage.prompt.as_str(), "support-triage");
    let share = |share: Option<view::Share>| {
        share
            .map(|share| f64::from(share.held) / f64::from(share.of))
            .unwrap()
    };
    let passthrough = share(outage.passthrough_share);
    assert!(share(outage.primary_share) > 0.95 && share(outage.fallback_share) > 0.95);
    assert!(passthrough < 0.6, "{passthrough}");
    let row = overview
        .prompts
        .iter()
        .find(|row| row.prompt.as_str() == "support-triage")
        .unwrap();
    assert_eq!(
        (row.standing, row.badge.as_str()),
        (view::Standing::Error, "behind 1")
    );
    assert_eq!(
        row.fallbacks
            .iter()
            .map(|state| state.behind)
            .collect::<Vec<_>>(),
        [1, 1]
    );
}

#[tokio::test]
async fn a_pair_shows_three_columns_and_keeps_a_rating() {
    let home = sample().await;
    let list = home
        .workspace
        .comparisons("support-triage", Some("gpt-4o"), None)
        .await
        .unwrap();
    assert_eq!(list.missing, 0);
    assert!(list.comparisons.is_sorted_by(|a, b| a.ratio <= b.ratio));
    let pair = home
        .workspace
        .pair("support-triage", "charged-twice", None, None, Mode::Words)
        .await
        .unwrap();
    let left: String = pair
        .comparison
        .rows
        .iter()
        .filter_map(|row| row.left.as_ref())
        .map(crate::compare::Side::text)
        .collect();
    assert_eq!(left, pair.primary.text);
    assert!(pair.passthrough.present && pair.fields.is_some() && pair.passthrough_fields.is_some());
    let rated = home
        .workspace
        .rate(
            "support-triage",
            "charged-twice",
            None,
            view::Rating::Tie,
            None,
        )
        .await
        .unwrap();
    assert_eq!(rated.rating.as_deref(), Some("tie"));
    let undone = home
        .workspace
        .undo_rating("support-triage", "charged-twice", None)
        .await
        .unwrap();
    assert_eq!(undone.rating, None);
    assert!(
        home.workspace
            .undo_rating("support-triage", "charged-twice", None)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_export_is_refused_until_check_is_green_and_then_verifies() {
    let home = sample().await;
    new_release_key(&home);
    let request = export_request(&home);
    let refused = home.workspace.export_bundle(&request).await.unwrap_err();
    assert!(matches!(refused, Error::Blocked { count: 2 }), "{refused}");
    assert!(!request.out.exists());

    settle(&home.workspace).await;
    let exported = home.workspace.export_bundle(&request).await.unwrap();
    let verified = verification(&home, &exported);
    assert!(verified.accepted, "{verified:?}");
    assert_eq!(verified.sha256.as_deref(), Some(exported.sha256.as_str()));
    // The waiver near its end ends the bundle too.
    assert!(
        exported.expires_at.as_str() < "2027-03-13",
        "{}",
        exported.expires_at
    );
    home.host.move_days(30);
    assert_eq!(verification(&home, &exported).code, "E_EXPIRED");
}

#[tokio::test]
async fn a_second_release_follows_the_first_and_a_held_prompt_stays() {
    let home = sample().await;
    new_release_key(&home);
    settle(&home.workspace).await;
    let mut request = export_request(&home);
    let first = home.workspace.export_bundle(&request).await.unwrap();
    let again = home.workspace.export_bundle(&request).await.unwrap();
    assert_eq!(
        again.expires_at, first.expires_at,
        "a waiver told of in v1 still ends what ships in v2"
    );
    let view = home
        .workspace
        .variant("support-triage", "claude-sonnet", None)
        .await
        .unwrap();
    home.workspace
        .save_version(SaveRequest {
            prompt: "support-triage".into(),
            model: "claude-sonnet".into(),
            parent: None,
            text: SaveText::System(format!(
                "{}\nSay \u{201c}thank you\u{201d}.\n",
                view.content.system
            )),
            message: "thanks".into(),
            answers: vec![],
        })
        .await
        .unwrap();
    assert!(matches!(
        home.workspace.export_bundle(&request).await,
        Err(Error::Blocked { .. })
    ));
    request.hold = vec!["support-triage".into()];
    let second = home.workspace.export_bundle(&request).await.unwrap();
    assert_eq!((first.version, second.version), (1, 3));
    let verified = verification(&home, &second);
    assert!(verified.accepted, "{verified:?}");
    let shown = show_envelope(Path::new(&second.envelope)).unwrap();
    let bundle = &shown["statement"]["predicate"]["bundle"];
    assert_eq!(bundle["previous"]["sha256"], again.sha256);
    assert_eq!(
        shown["statement"]["predicate"]["changes"],
        serde_json::json!([])
    );
    // What is held is judged as it ships: a new case leaves the old versions without an output for it.
    home.workspace
        .import_cases(
            "support-triage",
            "new.jsonl",
            r#"{"id":"new","variables":{"product":"P","plan":"Q","today":"T"},"turns":[]}"#,
        )
        .await
        .unwrap();
    let blocked = home.workspace.export_bundle(&request).await.unwrap_err();
    assert!(matches!(blocked, Error::Blocked { count: 3 }), "{blocked}");
}

#[tokio::test]
async fn a_stale_draft_is_refused_and_a_save_of_the_same_makes_no_version() {
    let home = sample().await;
    let view = home
        .workspace
        .variant("support-triage", "gpt-4o", None)
        .await
        .unwrap();
    let request = |parent, file: String| SaveRequest {
        prompt: "support-triage".into(),
        model: "gpt-4o".into(),
        parent,
        text: SaveText::File(file),
        message: "m".into(),
        answers: vec![],
    };
    let same = home
        .workspace
        .save_version(request(Some(8), view.file.clone()))
        .await
        .unwrap();
    assert!(!same.created);
    let stale = home
        .workspace
        .save_version(request(Some(7), view.file))
        .await
        .unwrap_err();
    assert_eq!(stale.code(), ErrorCode::HeadMoved);
    let restored = home
        .workspace
        .restore_version("support-triage", "gpt-4o", 7)
        .await
        .unwrap();
    assert_eq!((restored.created, restored.version), (true, 9));
    let detail = home.workspace.prompt("support-triage").await.unwrap();
    let behind = |model: &str| {
        detail
            .tracks
            .iter()
            .find(|track| track.model.as_str() == model)
            .unwrap()
            .behind
    };
    assert!(
        behind("gpt-4o") > 1,
        "answers given after v7 are taken back"
    );
}

fn bytes_of(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    crate::files::disk::read_tree(dir).unwrap()
}

#[tokio::test]
async fn push_pull_push_gives_identical_bytes() {
    let home = sample().await;
    let (a, b) = (home.dir.path().join("a"), home.dir.path().join("b"));
    settle(&home.workspace).await;
    let pushed = home.workspace.sync(&a, SyncMode::Push, None).await.unwrap();
    assert!(pushed.in_sync && pushed.pushed.len() > 60, "{pushed:?}");
    let path = home.dir.path().join("other.understudy");
    let other = Workspace::create(&path, home.host.clone(), &home.dir.path().join("keys"))
        .await
        .unwrap();
    let pulled = other.sync(&a, SyncMode::Pull, None).await.unwrap();
    assert!(pulled.in_sync, "{:?}", pulled.to_push);
    assert_eq!(pulled.notes, Vec::<String>::new());
    other.sync(&b, SyncMode::Push, None).await.unwrap();
    assert_eq!(bytes_of(&a), bytes_of(&b));
    assert!(other.sync(&b, SyncMode::Check, None).await.unwrap().in_sync);
    let ids = |set: &PromptSet| -> Vec<String> {
        let variants = set.prompts.values().flat_map(|prompt| &prompt.variants);
        variants
            .flat_map(|variant| &variant.versions)
            .map(|version| version.content_id.to_string())
            .collect()
    };
    assert_eq!(
        ids(&home.workspace.load().await.unwrap()),
        ids(&other.load().await.unwrap())
    );
}

#[tokio::test]
async fn an_edit_in_an_editor_becomes_a_version_and_a_conflict_is_a_choice() {
    let home = sample().await;
    let dir = home.dir.path().join("set");
    home.workspace
        .sync(&dir, SyncMode::Both, None)
        .await
        .unwrap();
    let file = dir.join("support-triage.gpt-4o.prompt");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("up to 30 days", "up to 14 days")).unwrap();
    let pulled = home
        .workspace
        .sync(&dir, SyncMode::Both, None)
        .await
        .unwrap();
    assert_eq!(pulled.pulled, ["support-triage.gpt-4o.prompt"]);
    assert!(pulled.in_sync && pulled.pushed.len() == 1, "{pulled:?}");
    let head = home
        .workspace
        .variant("support-triage", "gpt-4o", None)
        .await
        .unwrap();
    assert_eq!((head.version.number, head.version.parent), (9, Some(8)));

    std::fs::write(&file, text.replace("up to 30 days", "up to 10 days")).unwrap();
    home.workspace
        .restore_version("support-triage", "gpt-4o", 8)
        .await
        .unwrap();
    let both = home
        .workspace
        .sync(&dir, SyncMode::Both, None)
        .await
        .unwrap();
    assert_eq!(both.conflicts, ["support-triage.gpt-4o.prompt"]);
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("up to 10 days")
    );
    assert_eq!(
        home.workspace
            .variant("support-triage", "gpt-4o", None)
            .await
            .unwrap()
            .version
            .number,
        10
    );
    let taken = home
        .workspace
        .sync(&dir, SyncMode::Both, Some(Take::Directory))
        .await
        .unwrap();
    assert!(taken.in_sync, "{taken:?}");
    let head = home
        .workspace
        .variant("support-triage", "gpt-4o", None)
        .await
        .unwrap();
    assert!(head.file.contains("up to 10 days") && head.version.number == 11);
}

#[tokio::test]
async fn two_branches_meet_whichever_was_saved_first() {
    let home = sample().await;
    let dirs = [home.dir.path().join("a"), home.dir.path().join("b")];
    let clone = home.dir.path().join("clone.understudy");
    for dir in &dirs {
        home.workspace
            .sync(dir, SyncMode::Push, None)
            .await
            .unwrap();
    }
    let other = Workspace::create(&clone, home.host.clone(), &home.dir.path().join("keys"))
        .await
        .unwrap();
    other.sync(&dirs[1], SyncMode::Both, None).await.unwrap();
    for (workspace, text) in [(&home.workspace, "Branch a."), (&other, "Branch b.")] {
        home.host.move_days(1);
        workspace
            .save_version(SaveRequest {
                prompt: "support-triage".into(),
                model: "claude-sonnet".into(),
                parent: None,
                text: SaveText::System(text.into()),
                message: text.into(),
                answers: vec![],
            })
            .await
            .unwrap();
    }
    for (workspace, dir) in [(&home.workspace, &dirs[0]), (&other, &dirs[1])] {
        workspace.sync(dir, SyncMode::Both, None).await.unwrap();
    }
    // What a merge in git brings: the histories of both, one of the two files.
    let (from_a, from_b) = (bytes_of(&dirs[0]), bytes_of(&dirs[1]));
    for (dir, more) in [(&dirs[0], &from_b), (&dirs[1], &from_a)] {
        for (path, bytes) in more.iter().filter(|(path, _)| path.starts_with("_history")) {
            if !dir.join(path).exists() {
                std::fs::write(dir.join(path), bytes).unwrap();
            }
        }
    }
    let numbers = async |workspace: &Workspace| {
        let set = workspace.load().await.unwrap();
        let name = crate::prompt::PromptName::parse("support-triage").unwrap();
        let versions = &set.primary(&name).unwrap().versions;
        let named = versions.iter().skip(12);
        named
            .map(|version| (version.number, version.message.clone()))
            .collect::<Vec<_>>()
    };
    for (workspace, dir) in [(&home.workspace, &dirs[0]), (&other, &dirs[1])] {
        let met = workspace.sync(dir, SyncMode::Both, None).await.unwrap();
        assert!(met.in_sync, "{met:?}");
        assert_eq!(met.forks.len(), 1, "{met:?}");
        assert_eq!(
            numbers(workspace).await,
            [(13, "Branch a.".to_owned()), (14, "Branch b.".to_owned())]
        );
    }
}

#[tokio::test]
async fn what_a_pull_normalised_is_the_workspaces_to_push() {
    let home = sample().await;
    let dir = home.dir.path().join("prompts");
    home.workspace
        .sync(&dir, SyncMode::Push, None)
        .await
        .unwrap();
    let cases = dir.join("support-triage.cases.jsonl");
    let loose = std::fs::read_to_string(&cases)
        .unwrap()
        .replacen("\":\"", "\": \"", 1);
    std::fs::write(&cases, &loose).unwrap();
    let pulled = home
        .workspace
        .sync(&dir, SyncMode::Pull, None)
        .await
        .unwrap();
    assert_eq!(pulled.pulled, ["support-triage.cases.jsonl"]);
    let pushed = home
        .workspace
        .sync(&dir, SyncMode::Push, None)
        .await
        .unwrap();
    assert_eq!(pushed.pushed, ["support-triage.cases.jsonl"]);
    assert!(pushed.in_sync, "{pushed:?}");
}

#[tokio::test]
async fn an_import_with_two_outputs_for_one_place_or_a_foreign_input_takes_nothing_in() {
    let home = sample().await;
    let before = home.workspace.load().await.unwrap();
    let new = r#"{"case":"new-1","input":"hi","model":"gpt-4o","output":"a"}"#;
    let foreign = r#"{"case":"charged-twice","input":"hi","model":"gpt-4o","output":"a"}"#;
    for (text, says) in [
        (format!("{new}\n{new}\n"), "repeat 1"),
        (format!("{new}\n{foreign}\n"), "another input"),
    ] {
        let error = home
            .workspace
            .import_outputs("support-triage", "o.jsonl", &text, &[])
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Line { line: 2, reason, .. } if reason.contains(says)),
            "{error}"
        );
    }
    assert_eq!(home.workspace.load().await.unwrap(), before);
    let taken = home
        .workspace
        .import_outputs("support-triage", "o.jsonl", new, &[])
        .await
        .unwrap();
    assert_eq!((taken.imported, taken.cases_created), (1, 1));
}

#[tokio::test]
async fn a_level_cannot_make_a_bundle_claim_a_match() {
    let home = sample().await;
    new_release_key(&home);
    let dir = home.dir.path().join("prompts");
    home.workspace
        .sync(&dir, SyncMode::Push, None)
        .await
        .unwrap();
    let config = dir.join("understudy.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let levels = "[prompts.support-triage.levels]\n";
    let more = format!(
        "{levels}unmatched-change = {{ level = \"warning\", reason = \"Behind for a while, on purpose.\" }}\n"
    );
    assert!(text.contains(levels));
    std::fs::write(&config, text.replace(levels, &more)).unwrap();
    home.workspace
        .sync(&dir, SyncMode::Both, None)
        .await
        .unwrap();
    assert_eq!(home.workspace.check(&[]).await.unwrap().errors, 0);
    let error = home
        .workspace
        .export_bundle(&export_request(&home))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("neither matched nor waived"),
        "{error}"
    );
}

#[tokio::test]
async fn a_broken_file_stops_a_pull_and_nothing_is_half_imported() {
    let home = sample().await;
    let dir = home.dir.path().join("set");
    home.workspace
        .sync(&dir, SyncMode::Push, None)
        .await
        .unwrap();
    let before = home.workspace.load().await.unwrap();
    let file = dir.join("doc-summary.prompt");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(dir.join("doc-summary.cases.jsonl"), "").unwrap();
    for (broken, reason) in [
        (format!("\u{feff}{text}"), "byte order mark"),
        (text.replace('\n', "\r\n"), "carriage return"),
        (text.replacen("config:", "model: \"x\"\nconfig:", 1), ""),
        (text.replacen("{{role", "{{shout x}}{{role", 1), ""),
    ] {
        std::fs::write(&file, broken).unwrap();
        let error = home
            .workspace
            .sync(&dir, SyncMode::Pull, None)
            .await
            .unwrap_err();
        assert!(
            error.to_string().starts_with("doc-summary.prompt:"),
            "{error}"
        );
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(home.workspace.load().await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_directory_is_checked_in_memory() {
    let home = sample().await;
    let dir = home.dir.path().join("set");
    home.workspace
        .sync(&dir, SyncMode::Push, None)
        .await
        .unwrap();
    let report = check_dir(&dir, &[], home.host.as_ref()).unwrap();
    assert_eq!(errors(&report.findings), TWO_ROWS);
    assert_eq!(report.skipped, ["schema-broken", "never-run", "stale-run"]);
}

#[tokio::test]
async fn a_decision_needs_a_reason_a_change_and_a_fallback() {
    let home = sample().await;
    let workspace = &home.workspace;
    let waive = |number, model, reason, until| {
        workspace.waive_change("support-triage", number, model, reason, until)
    };
    assert!(matches!(
        waive(12, "gpt-4o", "too short", None).await,
        Err(Error::TooShort { .. })
    ));
    assert!(matches!(
        waive(12, "gpt-4o", "long enough a reason", Some("2020-01-01")).await,
        Err(Error::BadDate { .. })
    ));
    assert!(matches!(
        waive(99, "gpt-4o", "long enough a reason", None).await,
        Err(Error::UnknownVersion { .. })
    ));
    assert!(matches!(
        waive(1, "gpt-4o", "long enough a reason", None).await,
        Err(Error::NotAChange { .. })
    ));
    assert!(matches!(
        waive(12, "claude-sonnet", "long enough a reason", None).await,
        Err(Error::NotAFallback { .. })
    ));
    assert!(matches!(
        waive(12, "nobody", "long enough a reason", None).await,
        Err(Error::UnknownVariant { .. })
    ));
    assert!(matches!(
        workspace.check(&["nobody".into()]).await,
        Err(Error::UnknownPrompt { .. })
    ));
    let unmatched = workspace
        .changes(Some("support-triage"), true)
        .await
        .unwrap()
        .changes;
    assert_eq!(unmatched.len(), 2);
    assert!(
        unmatched
            .iter()
            .all(|change| change.state == ChangeState::Unmatched && change.version == 12)
    );
}

#[tokio::test]
async fn an_accepted_finding_no_longer_blocks_until_a_head_moves() {
    let home = sample().await;
    let workspace = &home.workspace;
    settle(workspace).await;
    workspace
        .import_cases(
            "support-triage",
            "new.jsonl",
            r#"{"id":"new","variables":{"product":"P","plan":"Q","today":"T"},"turns":[]}"#,
        )
        .await
        .unwrap();
    let accept = |model| {
        workspace.accept_finding(
            "stale-run",
            "support-triage",
            Some(model),
            "runs again on Monday",
            None,
        )
    };
    for model in ["claude-sonnet", "gpt-4o", "gemini-pro"] {
        accept(model).await.unwrap();
    }
    assert_eq!(workspace.check(&[]).await.unwrap().errors, 0);
    // The bundle carries every acceptance, that of the primary too.
    new_release_key(&home);
    let exported = workspace
        .export_bundle(&export_request(&home))
        .await
        .unwrap();
    let shown = show_envelope(Path::new(&exported.envelope)).unwrap();
    let waivers = shown["statement"]["predicate"]["waivers"]
        .as_array()
        .unwrap()
        .clone();
    let accepted = waivers
        .iter()
        .filter(|waiver| waiver["reason"] == "runs again on Monday");
    assert_eq!(accepted.count(), 3, "{waivers:?}");
    assert!(verification(&home, &exported).accepted);
    assert!(matches!(
        workspace
            .accept_finding(
                "unmatched-change",
                "support-triage",
                None,
                "long enough a reason",
                None
            )
            .await,
        Err(Error::NotAcceptable { .. })
    ));
    workspace
        .restore_version("support-triage", "gpt-4o", 7)
        .await
        .unwrap();
    assert!(workspace.check(&[]).await.unwrap().errors > 0);
}
