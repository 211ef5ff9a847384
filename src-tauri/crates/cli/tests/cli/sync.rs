//! The directory form and the workspace: both ways without loss, and never over anybody's work.

use serde_json::json;

use crate::desk::Desk;

#[test]
fn push_pull_and_push_again_give_identical_bytes() {
    let desk = Desk::with_sample();
    desk.run("change match support-triage 12 gpt-4o").expect(0);
    desk.run("sync one --push").expect(0);
    desk.run("-w other.understudy init").expect(0);
    desk.run("-w other.understudy sync one --pull").expect(0);
    desk.run("-w other.understudy sync two --push").expect(0);
    let (one, two) = (desk.tree("one"), desk.tree("two"));
    assert!(one.iter().any(|(name, _)| name.starts_with("_history/")));
    assert!(one.iter().any(|(name, _)| name.starts_with("_ledger/")));
    assert_eq!(one, two);
    for command in [
        "variant log support-triage",
        "change list",
        "prompt list",
        "case list support-triage",
    ] {
        assert_eq!(
            desk.json(command),
            desk.json(&format!("-w other.understudy {command}")),
            "{command}"
        );
    }
}

#[test]
fn check_says_whether_they_differ_and_changes_nothing() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    insta::assert_snapshot!(desk.run("sync set --check"), @r"
    ✓ set and the workspace agree
    [exit 0]
    ");
    desk.edit("set/doc-summary.prompt", "hurry", "great hurry");
    let before = desk.tree("set");
    insta::assert_snapshot!(desk.run("sync set --check"), @r"
    ▲ the directory has newer, left alone: 1
      doc-summary.prompt
    ▲ set and the workspace differ
    [exit 1]
    ");
    desk.run("change match support-triage 12 gpt-4o").expect(0);
    let differ = desk.json("sync set --check");
    assert_eq!(differ["to_pull"], json!(["doc-summary.prompt"]));
    assert_eq!(differ["to_push"].as_array().unwrap().len(), 1);
    assert_eq!(desk.tree("set"), before);
    desk.run("sync set").expect(0);
    desk.run("sync set --check").expect(0);
    let log = desk.json("variant log doc-summary claude-sonnet");
    assert_eq!(
        (
            &log["tracks"][0]["head"],
            &log["tracks"][0]["versions"][3]["author"]
        ),
        (&json!(4), &json!("Ada"))
    );
}

#[test]
fn a_conflict_is_shown_and_nothing_is_overwritten() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    let prompt = desk.read("set/doc-summary.prompt");
    desk.write("mine", prompt.replace("hurry", "rush"));
    desk.run("variant save doc-summary claude-sonnet --file mine -m mine")
        .expect(0);
    desk.write("set/doc-summary.prompt", prompt.replace("hurry", "haste"));
    let conflict = desk.run("sync set");
    assert_eq!(conflict.code, 1, "{conflict}");
    assert!(conflict.stdout.contains("doc-summary.prompt"), "{conflict}");
    assert!(desk.read("set/doc-summary.prompt").contains("haste"));
    assert!(
        desk.run("variant show doc-summary claude-sonnet")
            .stdout
            .contains("rush")
    );
    desk.run("sync set --take directory").expect(0);
    assert!(
        desk.run("variant show doc-summary claude-sonnet")
            .stdout
            .contains("haste")
    );
    let log = desk.json("variant log doc-summary claude-sonnet");
    assert_eq!(
        log["tracks"][0]["versions"].as_array().unwrap().len(),
        5,
        "no version is lost"
    );
}

#[test]
fn a_directory_outside_the_profile_is_refused_whole() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    let good = desk.read("set/doc-summary.prompt");
    let mut said = String::new();
    for (what, bad) in [
        ("a byte order mark", format!("\u{feff}{good}")),
        ("Windows line ends", good.replace('\n', "\r\n")),
        (
            "a key twice",
            good.replacen("model:", "model: \"x\"\nmodel:", 1),
        ),
        ("bad YAML", good.replacen("config:", "config: [", 1)),
        (
            "an unknown helper",
            good.replacen("<role>", "<role>{{shout title}}", 1),
        ),
    ] {
        desk.write("set/doc-summary.prompt", bad);
        desk.run("-w fresh.understudy init").expect(0);
        let ended = desk.run("-w fresh.understudy sync set --pull");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{what}\n{ended}"
        );
        assert!(
            ended.stderr.contains("doc-summary.prompt"),
            "{what}\n{ended}"
        );
        said += &format!("{what}: {}", ended.stderr);
        assert_eq!(
            desk.json("-w fresh.understudy prompt list")["prompts"],
            json!([]),
            "nothing is half imported"
        );
        std::fs::remove_file(desk.path("fresh.understudy")).unwrap();
        assert_eq!(desk.run("check --dir set").code, 2, "{what}");
    }
    insta::assert_snapshot!(said, @r"
    a byte order mark: error: doc-summary.prompt:1: the file starts with a byte order mark; save it as UTF-8 without one
    Windows line ends: error: doc-summary.prompt:1: this line holds a carriage return; lines end with a line feed only
    a key twice: error: doc-summary.prompt:3: the key `model` stands here twice
    bad YAML: error: doc-summary.prompt:5: this is not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'
    an unknown helper: error: doc-summary.prompt:8: unknown helper `shout`
    ");
}

#[test]
fn a_directory_is_checked_without_a_workspace() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    std::fs::remove_file(desk.path("workspace.understudy")).unwrap();
    let report = desk.json("check --dir set");
    assert_eq!(report["errors"], 2);
    assert_eq!(
        report["skipped"],
        json!(["schema-broken", "never-run", "stale-run"])
    );
    let text = desk.run("check --dir set support-triage");
    assert_eq!(text.code, 1);
    insta::assert_snapshot!(text, @r#"
    set

    support-triage
      ◆ unmatched-change  v12 "refund window" never reached gemini-pro, which is at v7
        → carry it over: understudy variant save support-triage gemini-pro --file FILE --answers 12 -m
          MESSAGE; or link: understudy change match support-triage 12 gemini-pro; or understudy change
          waive support-triage 12 gemini-pro --reason TEXT
      ◆ unmatched-change  v12 "refund window" never reached gpt-4o, which is at v8
        → carry it over: understudy variant save support-triage gpt-4o --file FILE --answers 12 -m
          MESSAGE; or link: understudy change match support-triage 12 gpt-4o; or understudy change waive
          support-triage 12 gpt-4o --reason TEXT

    ◆ 2 errors
    – not asked, because a directory holds no outputs: schema-broken, never-run, stale-run
    [exit 1]
    "#);
    desk.run("check --dir set doc-summary").expect(0);
    assert!(!desk.path("workspace.understudy").exists());
}

#[test]
fn a_broken_file_is_named_even_where_both_sides_differ() {
    let desk = Desk::with_sample();
    desk.run("sync one --push").expect(0);
    // Never synced as "two", so every difference is one of both sides.
    for (name, content) in desk.tree("one") {
        desk.write(&format!("two/{name}"), content);
    }
    let cases = desk.read("two/support-triage.cases.jsonl");
    for dir in ["one", "two"] {
        desk.write(
            &format!("{dir}/support-triage.cases.jsonl"),
            format!("{cases}{{bad\n"),
        );
        for way in ["", "--pull", "--check", "--pull --take directory"] {
            let ended = desk.run(&format!("sync {dir} {way}")).expect(2);
            assert!(
                ended.stderr.contains("support-triage.cases.jsonl:74: "),
                "{dir} {way}: {}",
                ended.stderr
            );
        }
    }
}

#[test]
fn a_file_that_says_nothing_is_taken_in_once() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    desk.write("set/doc-summary.cases.jsonl", "");
    desk.run("sync set").expect(0);
    let cases = desk.json("case list doc-summary");
    assert_eq!(cases["cases"].as_array().map(Vec::len), Some(0), "{cases}");
    desk.run("sync set --check").expect(0);
}
