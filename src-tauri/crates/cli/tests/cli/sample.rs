//! The script that the sample set must carry, from the first command to a bundle that a stranger verifies.

use serde_json::json;

use crate::desk::Desk;

const MATCH: &str = "change match support-triage 12 gpt-4o";
const WAIVE: &str = "change waive support-triage 12 gemini-pro --reason \"ten characters or more\"";
const EXPORT: &str = "bundle export --name sample --out out --sign release --passphrase-file pp";
const VERIFY: &str = "bundle verify --bundle out/sample-v1.promptbundle.tar \
                      --envelope out/sample-v1.promptbundle.dsse.json --key release.pub.pem";

/// The sample with a key, as far as the script needs it.
fn desk() -> Desk {
    let desk = Desk::with_sample();
    desk.write("pp", "correct horse\n");
    desk.run("key new release --passphrase-file pp").expect(0);
    let public = desk.run("key export release").expect(0);
    desk.write("release.pub.pem", public.stdout);
    desk
}

/// The same, settled and exported.
fn released() -> Desk {
    let desk = desk();
    desk.run(MATCH).expect(0);
    desk.run(WAIVE).expect(0);
    desk.run(EXPORT).expect(0);
    desk
}

#[test]
fn what_it_must_show() {
    let desk = desk();

    let check = desk.json("check");
    assert_eq!(desk.run("check").code, 1);
    assert_eq!(check["errors"], 2);
    let errors: Vec<_> = check["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == "error")
        .map(|finding| {
            json!([
                finding["code"],
                finding["prompt"],
                finding["version"],
                finding["model"]
            ])
        })
        .collect();
    assert_eq!(
        errors,
        [
            json!(["unmatched-change", "support-triage", 12, "gemini-pro"]),
            json!(["unmatched-change", "support-triage", 12, "gpt-4o"]),
        ]
    );
    let text = desk.run("check").stdout;
    for named in [
        "v12 \"refund window\" never reached gpt-4o",
        "v12 \"refund window\" never reached gemini-pro",
    ] {
        assert!(text.contains(named), "{text}");
    }

    let pairs = desk
        .run("compare support-triage --fallback gpt-4o")
        .expect(0);
    assert!(pairs.stdout.contains(" ┃ "), "rows stand side by side");

    let unmatched = desk.json("change list --unmatched");
    assert_eq!(unmatched["changes"].as_array().unwrap().len(), 2);
    for change in unmatched["changes"].as_array().unwrap() {
        assert_eq!(change["state"], "unmatched");
        assert_eq!(
            (&change["prompt"], &change["version"]),
            (&json!("support-triage"), &json!(12))
        );
    }

    let refused = desk.run(EXPORT);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("2 error findings stand in the way"),
        "{refused}"
    );
    assert!(!desk.path("out").exists(), "no file left");

    let matched = desk.run(MATCH).expect(0);
    assert!(matched.stdout.contains("no edit"), "{matched}");
    desk.run(WAIVE).expect(0);
    desk.run("check").expect(0);

    desk.run(EXPORT).expect(0);
    assert_eq!(
        desk.list("out"),
        [
            "sample-v1.promptbundle.dsse.json",
            "sample-v1.promptbundle.tar"
        ]
    );
    let verified = desk.json(VERIFY);
    assert_eq!(
        (
            &verified["accepted"],
            &verified["name"],
            &verified["version"]
        ),
        (&json!(true), &json!("sample"), &json!(1))
    );
    desk.run(VERIFY).expect(0);
}

#[test]
fn carrying_the_number_over_goes_green_and_any_other_edit_needs_a_run() {
    let desk = Desk::with_sample();
    let prompt = desk
        .run("variant show support-triage gpt-4o")
        .expect(0)
        .stdout;
    desk.write("good", prompt.replace("up to 30 days", "up to 14 days"));
    desk.write("other", prompt.replace("up to 30 days", "up to 15 days"));
    let save = |file: &str| {
        format!(
            "variant save support-triage gpt-4o --file {file} -m \"refund window\" --answers 12"
        )
    };
    let other = desk.json(&save("other"));
    let codes = |saved: &serde_json::Value| -> Vec<String> {
        let on_it = |finding: &&serde_json::Value| {
            finding["model"] == "gpt-4o" && finding["level"] == "error"
        };
        let findings = saved["findings"].as_array().unwrap().iter().filter(on_it);
        findings
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&other), ["stale-run"]);
    let good = desk.json(&save("good"));
    assert_eq!(codes(&good), [""; 0]);
    assert_eq!(
        (&good["version"], &good["answers"]),
        (&json!(10), &json!([12]))
    );
}

#[test]
fn a_match_shows_the_edit_since_the_last_one() {
    let desk = Desk::with_sample();
    let prompt = desk
        .run("variant show support-triage gpt-4o")
        .expect(0)
        .stdout;
    desk.write("good", prompt.replace("up to 30 days", "up to 14 days"));
    desk.run("variant save support-triage gpt-4o --file good -m why")
        .expect(0);
    insta::assert_snapshot!(desk.run(MATCH).settled(), @r#"
    support-triage v12 "refund window" on gpt-4o: ✓ matched by v9
    gpt-4o's edit since its last match:
      … 110 lines alike
      - Phishing, or an account used by somebody else: queue abuse, urgency 5.

      # Policy
    - - Refunds: up to 30 days after delivery.
    + - Refunds: up to 14 days after delivery.
      - Phishing reports: ask the customer not to click, pay or reply.
      - A refund is never promised. Say what happens next instead.
      - Faulty item: repair or replacement under the two-year warranty.
      … 37 lines alike
    support-triage: ◆ 1 error  ▲ 1 warning
      ◆ unmatched-change  v12 "refund window" never reached gemini-pro, which is at v7
    [exit 0]
    "#);
}

#[test]
fn a_bundle_that_anyone_changed_is_rejected_with_a_code() {
    let desk = released();
    let envelope = "out/sample-v1.promptbundle.dsse.json";
    let archive = std::fs::read(desk.path("out/sample-v1.promptbundle.tar")).unwrap();
    let rejected = |what: &str, verify: &str| -> String {
        let ended = desk.run(verify);
        assert_eq!(ended.code, 1, "{what}\n{ended}");
        assert_eq!(ended.stderr, "", "{what}");
        let code = desk.json(verify)["code"].as_str().unwrap().to_owned();
        assert!(ended.stdout.contains(&code), "{what}\n{ended}");
        format!("{what}: {code}\n")
    };
    let mut codes = String::new();
    let mut changed = archive.clone();
    changed[600] ^= 1;
    desk.write("out/sample-v1.promptbundle.tar", &changed);
    codes += &rejected("a byte of the archive", VERIFY);
    desk.write(
        "out/sample-v1.promptbundle.tar",
        &archive[..archive.len() - 512],
    );
    codes += &rejected("a cut archive", VERIFY);
    desk.write("out/sample-v1.promptbundle.tar", &archive);
    desk.run("key new other --passphrase-file pp").expect(0);
    let other = desk.run("key export other").stdout;
    desk.write("other.pub.pem", other);
    codes += &rejected(
        "another key",
        &VERIFY.replace("release.pub.pem", "other.pub.pem"),
    );
    codes += &rejected(
        "two signatures asked for",
        &format!("{VERIFY} other.pub.pem --threshold 2"),
    );
    codes += &rejected("another name", &format!("{VERIFY} --name other"));
    codes += &rejected("an older version", &format!("{VERIFY} --min-version 2"));
    codes += &rejected(
        "another digest pinned",
        &format!(
            "{VERIFY} --min-version 1 --pinned-sha256 {}",
            "0".repeat(64)
        ),
    );
    codes += &rejected(
        "after its end",
        &format!("{VERIFY} --now 2099-01-01T00:00:00Z"),
    );
    codes += &rejected(
        "before its time",
        &format!("{VERIFY} --now 2020-01-01T00:00:00Z"),
    );
    codes += &rejected("no archive", &VERIFY.replace(".tar", ".none"));
    desk.edit(envelope, "\"payload\":\"ey", "\"payload\":\"ez");
    codes += &rejected("a byte of the envelope", VERIFY);
    insta::assert_snapshot!(codes, @r"
    a byte of the archive: E_DIGEST
    a cut archive: E_DIGEST
    another key: E_THRESHOLD
    two signatures asked for: E_THRESHOLD
    another name: E_NAME
    an older version: E_ROLLBACK
    another digest pinned: E_ROLLBACK
    after its end: E_EXPIRED
    before its time: E_NOT_YET_VALID
    no archive: E_IO
    a byte of the envelope: E_SIGNATURE
    ");
    assert_eq!(desk.list("out").len(), 2, "nothing was written");
}

#[test]
fn a_reviewer_approves_by_signing() {
    let desk = desk();
    desk.run(MATCH).expect(0);
    desk.run(WAIVE).expect(0);
    desk.run("key new ada --passphrase-file pp").expect(0);
    let public = desk.run("key export ada").stdout;
    desk.write("ada.pub.pem", public);
    let exported = desk
        .run(&format!("{EXPORT} --reviewer ada=ada.pub.pem"))
        .expect(0);
    assert!(exported.stdout.contains("waits for"), "{exported}");
    let both = format!("{VERIFY} ada.pub.pem");
    assert_eq!(desk.json(&both)["code"], "E_APPROVAL");
    desk.run("bundle sign out/sample-v1.promptbundle.dsse.json --sign ada --passphrase-file pp")
        .expect(0);
    desk.run(&format!("{both} --threshold 2")).expect(0);
}

#[test]
fn an_envelope_is_shown_and_not_believed() {
    let desk = released();
    let shown = desk
        .run("bundle show out/sample-v1.promptbundle.dsse.json")
        .expect(0);
    insta::assert_snapshot!(shown.settled(), @r"
    sample v1  ▲ claimed, not verified
      made        yyyy-mm-dd
      valid until yyyy-mm-dd
      archive     sample-v1.promptbundle.tar
      sha256      (hex)
      signed by   (hex)

    PROMPT           PRIMARY        FALLBACKS
    doc-summary      claude-sonnet  gpt-4o
    onboarding-mail  claude-sonnet  gpt-4o
    release-notes    claude-sonnet  none
    support-triage   claude-sonnet  gpt-4o, gemini-pro
    20 files, 13 changes, 2 waivers, 4 evals, 1 approval
    [exit 0]
    ");
    let json = desk.json("bundle show out/sample-v1.promptbundle.dsse.json");
    assert_eq!(json["verified"], false);
    assert_eq!(json["statement"]["predicate"]["bundle"]["name"], "sample");
}

#[test]
fn the_second_release_follows_the_first() {
    let desk = released();
    let second = desk.json(EXPORT);
    assert_eq!(second["version"], 2);
    let held = desk.run("bundle export --name other --out out --sign release --passphrase-file pp --hold support-triage");
    held.expect(0);
    let shown = desk.json("bundle show out/other-v1.promptbundle.dsse.json");
    let prompts = shown["statement"]["predicate"]["prompts"]
        .as_array()
        .unwrap();
    assert!(
        prompts
            .iter()
            .all(|prompt| prompt["name"] != "support-triage"),
        "held, and in no release of that name"
    );
    // A clone of the workspace that did not see the releases is told by the envelope.
    let clone = Desk::with_sample();
    clone.run(MATCH).expect(0);
    clone.run(WAIVE).expect(0);
    clone.write("pp", "correct horse\n");
    clone.run("key new release --passphrase-file pp").expect(0);
    let envelope = desk.path("out/sample-v2.promptbundle.dsse.json");
    let third = clone.json(&format!("{EXPORT} --previous {}", envelope.display()));
    assert_eq!(third["version"], 3);
}

#[test]
fn the_tour_runs_what_it_shows_and_leaves_nothing_behind() {
    let mut desk = Desk::new();
    std::fs::create_dir(desk.path("tmp")).unwrap();
    let tmp = desk.path("tmp").display().to_string();
    desk.env.push(("TMPDIR".to_owned(), tmp));
    let tour = desk.run("demo").expect(0);
    assert_eq!(tour.stderr, "");
    for told in [
        "$ understudy check",
        "◆ 2 errors",
        "$ understudy compare",
        "schema holds",
        "✓ nothing stands in the way",
        "✓ accepted: sample v1",
    ] {
        assert!(tour.stdout.contains(told), "{told}\n{tour}");
    }
    assert!(tour.stdout.contains("[sample]"));
    assert_eq!(desk.list("tmp"), [""; 0]);
    assert_eq!(desk.list(""), ["tmp"]);
}
