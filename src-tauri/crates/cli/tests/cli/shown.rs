//! What people see, and what programs read.

use serde_json::{Value, json};

use crate::desk::Desk;

#[test]
fn the_overview() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("overview").settled(), @r"
    workspace.understudy  [sample]

       PROMPT           POLICY        OWNER    CASES  LAST OUTPUT  MODEL          STANDING
    ✓  doc-summary      relaxed       docs     16     yyyy-mm-dd   claude-sonnet  ✓ v3 primary
                                                                   gpt-4o         ✓ v3 in step
    ▲  onboarding-mail  relaxed       growth   8      yyyy-mm-dd   claude-sonnet  ✓ v2 primary
                                                                   gpt-4o         ▲ v1 same as primary
    –  release-notes    primary-only  docs     6      yyyy-mm-dd   claude-sonnet  ✓ v2 primary
    ◆  support-triage   strict        support  73     yyyy-mm-dd   claude-sonnet  ✓ v12 primary
                                                                   gpt-4o         ◆ v8 behind 1
                                                                   gemini-pro     ◆ v7 behind 1

    If claude-sonnet failed now, gpt-4o would answer support-triage:
      schema holds 100 % → 41 % → 100 %
      claude-sonnet v12  the primary                                         100 %  146 of 146 replies
      gpt-4o             given the primary's prompt, as naive failover does  41 %   60 of 146 replies
      gpt-4o v8          with its own variant                                100 %  146 of 146 replies

    ◆ 2 errors  ▲ 3 warnings  understudy check names them
    [exit 0]
    ");
}

#[test]
fn the_findings() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("check").settled(), @r#"
    workspace.understudy  [sample]

    support-triage
      ◆ unmatched-change  v12 "refund window" never reached gemini-pro, which is at v7
        → carry it over: understudy variant save support-triage gemini-pro --file FILE --answers 12 -m
          MESSAGE; or link: understudy change match support-triage 12 gemini-pro; or understudy change
          waive support-triage 12 gemini-pro --reason TEXT
      ◆ unmatched-change  v12 "refund window" never reached gpt-4o, which is at v8
        → carry it over: understudy variant save support-triage gpt-4o --file FILE --answers 12 -m
          MESSAGE; or link: understudy change match support-triage 12 gpt-4o; or understudy change waive
          support-triage 12 gpt-4o --reason TEXT
      ▲ schema-broken  gemini-pro: the output schema holds in 145 of 146 replies (99 %), on
        claude-sonnet in 146 of 146 (100 %); margin 10 points
        → look at them: understudy compare support-triage --fallback gemini-pro --mode fields

    onboarding-mail
      ▲ same-as-primary  gpt-4o has the text of claude-sonnet: nobody has tuned it
        → compare outputs, then write the variant in this model's own idiom

    release-notes
      ▲ primary-only  there is no fallback for claude-sonnet until yyyy-mm-dd; in an outage callers get:
        “Release notes are back within the hour.”
        → nothing to do now; the policy in understudy.toml says why and until when

    ◆ 2 errors  ▲ 3 warnings
    [exit 1]
    "#);
    let json = desk.run("check --format json").expect(1);
    assert_eq!(json.stdout, desk.run("check --json").stdout);
}

#[test]
fn the_changes() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("change list").settled(), @r"
    PROMPT          CHANGE  MESSAGE                 SAVED       MODEL       STATE
    doc-summary     v2      audience                yyyy-mm-dd  gpt-4o      ✓ matched by v2
    doc-summary     v3      the line to mind        yyyy-mm-dd  gpt-4o      ✓ matched by v3
    support-triage  v3      two questions           yyyy-mm-dd  gpt-4o      ✓ matched by v2
    support-triage  v4      reply language          yyyy-mm-dd  gpt-4o      ✓ matched by v2
    support-triage  v5      tools                   yyyy-mm-dd  gpt-4o      ✓ matched by v3
    support-triage  v6      phishing                yyyy-mm-dd  gpt-4o      ✓ matched by v4
    support-triage  v6      phishing                yyyy-mm-dd  gemini-pro  ✓ matched by v2
    support-triage  v7      top_p, not temperature  yyyy-mm-dd  gpt-4o      ✓ matched by v5
    support-triage  v7      top_p, not temperature  yyyy-mm-dd  gemini-pro  ✓ matched by v2
    support-triage  v8      pricing refusal         yyyy-mm-dd  gpt-4o      ✓ matched by v6
    support-triage  v8      pricing refusal         yyyy-mm-dd  gemini-pro  ✓ matched by v3
    support-triage  v9      JSON schema             yyyy-mm-dd  gpt-4o      ✓ matched by v7
    support-triage  v9      JSON schema             yyyy-mm-dd  gemini-pro  ✓ matched by v4
    support-triage  v10     tone                    yyyy-mm-dd  gpt-4o      ✓ matched by v8
    support-triage  v10     tone                    yyyy-mm-dd  gemini-pro  ✓ matched by v5
    support-triage  v11     XML wrapper             yyyy-mm-dd  gpt-4o      ▲ waived until yyyy-mm-dd, 8
                                                                            days left: The headings
                                                                            already do what the tags do
                                                                            for Claude, and the rule
                                                                            about customer text has
                                                                            stood in this variant since
                                                                            v1. Look again before the
                                                                            next model change.
    support-triage  v11     XML wrapper             yyyy-mm-dd  gemini-pro  ✓ matched by v6
    support-triage  v12     refund window           yyyy-mm-dd  gpt-4o      ◆ unmatched
    support-triage  v12     refund window           yyyy-mm-dd  gemini-pro  ◆ unmatched
    [exit 0]
    ");
    desk.run("change match support-triage 12 gpt-4o").expect(0);
    insta::assert_snapshot!(
        desk.run("change waive support-triage 12 gemini-pro --reason \"ten characters or more\" --until 2099-01-31").settled(),
        @r#"
    support-triage v12 "refund window" on gemini-pro: ▲ waived until yyyy-mm-dd, N days left: ten
      characters or more
    support-triage: ✓ nothing stands in the way  ▲ 1 warning
    [exit 0]
    "#
    );
    insta::assert_snapshot!(desk.run("change list --unmatched"), @r"
    ✓ every primary change is matched or waived on every fallback
    [exit 0]
    ");
}

#[test]
fn a_pair() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("compare support-triage refund-day-20 --fallback gpt-4o"), @r#"
    support-triage · refund-day-20  [sample]
    asked  refund
      product   Fernhill Goods
      plan      Free
      today     Tuesday 20 October 2026
      user      I'd like my money back for A-28533 please. Delivered 30 September, never really used it,
                still in the original box.

    claude-sonnet v12  tool_calls · 139 tokens · 2.… │ gpt-4o v8  tool_calls · 137 tokens · 2.4 s
    ─────────────────────────────────────────────────┼─────────────────────────────────────────────────
    {"queue": "billing", "urgency": 2, "order_id":   ┃ {"queue": "billing", "urgency": 2, "order_id":
    "A-28533", "reply": "{<Thank you for the         ┃ "A-28533", "reply": "{>Refunds are>} possible
    delivery date. A refund is<} possible {<within   ┃ {>up to 30>} days {>after>} delivery, and
    14<} days {<of<} delivery, and {<for<} A-28533   ┃ A-28533 {>came on 30 September, so you are in
    {<that time ended on 14 October. So<} I have     ┃ time.>} I have opened a return{>, and the label
    {<not<} opened a return{<. If something about    ┃ reaches you in your mailbox. Send the item in
    the item is faulty, tell us what it is: the      ┃ its original box. When it is back,>} our billing
    two-year warranty covers that at any time.       ┃ team {>checks it and writes to you>} within one
    Otherwise<} our billing team {<reads your        ┃ working day. {>Please keep the receipt of
    message and confirms this<} within one working   ┃ posting until then.>}"}
    day."}                                           ┃
    35 % alike  {<only claude-sonnet<}  {>only gpt-4o>}
    claude-sonnet calls [{"name":"lookup_order","arguments":{"order_id":"A-28533"}}]
    claude-sonnet: 2 repeats, 2 different
    gpt-4o calls
      [{"name":"lookup_order","arguments":{"order_id":"A-28533"}},{"name":"start_return","arguments":{"o
      rder_id":"A-28533","reason":"changed_mind"}}]
    gpt-4o: 2 repeats, 2 different

    passthrough: gpt-4o given the prompt of claude-sonnet v12, as naive failover does
      {"queue": "billing", "urgency": 2, "order_id": "A-28533", "reply": "Unfortunately, refunds are
      only possible within 14 days of delivery, and your order was delivered 20 days ago, so we can't
      process this request. Sorry for the inconvenience! Please let us know if the item is defective."}
    [exit 0]
    "#);
    insta::assert_snapshot!(desk.run("compare support-triage refund-day-20 --fallback gpt-4o --mode fields"), @r#"
    support-triage · refund-day-20  [sample]
    asked  refund
      product   Fernhill Goods
      plan      Free
      today     Tuesday 20 October 2026
      user      I'd like my money back for A-28533 please. Delivered 30 September, never really used it,
                still in the original box.

              claude-sonnet v12  tool_calls · 139 tokens… │ gpt-4o v8  tool_calls · 137 tokens · 2.4 s
    ──────────────────────────────────────────────────────┼────────────────────────────────────────────
    form      raw JSON                                    │ raw JSON
    queue     billing                                     │ billing
    urgency   2                                           │ 2
    order_id  A-28533                                     │ A-28533
    reply     {<Thank you for the delivery date. A refund ┃ {>Refunds are>} possible {>up to 30>} days
              is<} possible {<within 14<} days {<of<}     ┃ {>after>} delivery, and A-28533 {>came on
              delivery, and {<for<} A-28533 {<that time   ┃ 30 September, so you are in time.>} I have
              ended on 14 October. So<} I have {<not<}    ┃ opened a return{>, and the label reaches
              opened a return{<. If something about the   ┃ you in your mailbox. Send the item in its
              item is faulty, tell us what it is: the     ┃ original box. When it is back,>} our
              two-year warranty covers that at any time.  ┃ billing team {>checks it and writes to
              Otherwise<} our billing team {<reads your   ┃ you>} within one working day. {>Please keep
              message and confirms this<} within one      ┃ the receipt of posting until then.>}
              working day.                                ┃
    35 % alike  {<only claude-sonnet<}  {>only gpt-4o>}
    claude-sonnet calls [{"name":"lookup_order","arguments":{"order_id":"A-28533"}}]
    claude-sonnet: 2 repeats, 2 different
    gpt-4o calls
      [{"name":"lookup_order","arguments":{"order_id":"A-28533"}},{"name":"start_return","arguments":{"o
      rder_id":"A-28533","reason":"changed_mind"}}]
    gpt-4o: 2 repeats, 2 different

    passthrough: gpt-4o given the prompt of claude-sonnet v12, as naive failover does
           claude-sonnet                                 │ passthrough
    ─────────────────────────────────────────────────────┼──────────────────────────────────────────────
    reply  {<Thank you for the delivery date. A refund   ┃ {>Unfortunately, refunds are only>} possible
           is<} possible within 14 days of delivery, and ┃ within 14 days of delivery, and {>your order
           {<for A-28533 that time ended on 14 October.  ┃ was delivered 20 days ago, so we can't
           So I have not opened a return. If something   ┃ process this request. Sorry for the
           about<} the item is {<faulty, tell us what it ┃ inconvenience! Please let us know if>} the
           is: the two-year warranty covers that at any  ┃ item is {>defective.>}
           time. Otherwise our billing team reads your   ┃
           message and confirms this within one working  ┃
           day.<}                                        ┃
    [exit 0]
    "#);
}

#[test]
fn a_pair_in_colours_has_no_brackets_and_the_same_words() {
    let desk = Desk::with_sample();
    let command = "compare support-triage refund-day-20 --fallback gpt-4o";
    let coloured = desk
        .run(&format!("{command} --color always"))
        .expect(0)
        .stdout;
    for ink in ["\u{1b}[4;34m", "\u{1b}[4;33m"] {
        assert!(coloured.contains(ink));
    }
    assert!(!coloured.contains("{<") && !coloured.contains("{>"));
    assert!(
        !coloured.contains("\u{1b}[31m"),
        "neither output is the edit of the other"
    );
}

#[test]
fn the_list_of_pairs_for_programs() {
    let desk = Desk::with_sample();
    let list = desk.json("compare doc-summary");
    let entries = list["comparisons"].as_array().unwrap();
    assert_eq!(entries.len(), 16);
    for entry in entries {
        assert!(
            entry["case"].is_string() && entry["ratio"].is_number() && entry["chips"].is_array(),
            "{entry}"
        );
    }
}

#[test]
fn the_documents_that_tools_bind_to() {
    let desk = Desk::with_sample();
    let keys = |value: &Value, wanted: &[&str]| {
        for key in wanted {
            assert!(value.get(*key).is_some(), "{key} of {value}");
        }
    };
    keys(
        &desk.json("check")["findings"][0],
        &[
            "code", "level", "prompt", "model", "version", "message", "help",
        ],
    );
    keys(
        &desk.json("change list")["changes"][0],
        &[
            "prompt", "version", "message", "model", "state", "with", "reason",
        ],
    );
    keys(
        &desk.json("prompt list")["prompts"][0],
        &["name", "owner", "policy", "primary", "fallbacks"],
    );
    for mode in ["words", "lines", "fields"] {
        let pair = desk.json(&format!(
            "compare support-triage refund-day-20 --mode {mode}"
        ));
        keys(&pair, &["rows", "ratio", "coarse"]);
        assert_eq!(
            pair["rows"][0]["label"],
            if mode == "fields" {
                json!("form")
            } else {
                Value::Null
            }
        );
        // The law: the pieces of a side concatenate to its text.
        if mode != "fields" {
            for (side, output) in [("left", "primary"), ("right", "fallback")] {
                let rows = pair["rows"].as_array().unwrap().iter();
                let pieces = rows
                    .filter_map(|row| row[side]["pieces"].as_array())
                    .flatten();
                let text: String = pieces
                    .map(|piece| piece["text"].as_str().unwrap())
                    .collect();
                assert_eq!(text, pair[output]["text"].as_str().unwrap());
            }
        }
    }
    keys(
        &desk.json("variant render support-triage gpt-4o --case refund-day-20"),
        &["method", "path", "headers", "body"],
    );
}

#[test]
fn a_version_goes_into_a_pipe_as_exactly_its_file() {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    let shown = desk
        .run("variant show support-triage gpt-4o")
        .expect(0)
        .stdout;
    let view = desk.json("variant show support-triage gpt-4o");
    assert_eq!(shown, view["file"].as_str().unwrap());
    desk.write("again.prompt", shown);
    let saved = desk.json("variant save support-triage gpt-4o --file again.prompt -m why");
    assert_eq!(
        (&saved["created"], &saved["version"]),
        (&json!(false), &json!(8))
    );
    let restored = desk.json("variant restore support-triage gpt-4o 7");
    assert_eq!(
        (&restored["created"], &restored["version"]),
        (&json!(true), &json!(9))
    );
}

#[test]
fn a_stale_parent_is_refused_and_nothing_is_lost() {
    let desk = Desk::with_sample();
    let prompt = desk.run("variant show support-triage gpt-4o").stdout;
    desk.write("mine", prompt.replace("short plain", "plain"));
    desk.write("theirs", prompt.replace("short plain", "short"));
    desk.run("variant save support-triage gpt-4o --file theirs -m theirs --parent 8")
        .expect(0);
    insta::assert_snapshot!(desk.run("variant save support-triage gpt-4o --file mine -m mine --parent 8"), @r"
    [stderr]
    error: support-triage on gpt-4o has moved: its head is now v9, not v8. Nothing was saved; look at v9 and save again
    [exit 2]
    ");
    assert!(
        desk.run("variant show support-triage gpt-4o")
            .stdout
            .contains("short sentences")
    );
}

#[test]
fn versions_of_one_variant() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("variant diff support-triage claude-sonnet 11 12"), @r"
    support-triage on claude-sonnet: v11 → v12
      … 110 lines alike
      Reports of phishing, or of an account that someone else used, go to abuse with urgency 5.
      </queues>
      <policy>
    - Refunds are possible within 30 days of delivery.
    + Refunds are possible within 14 days of delivery.
      If someone reports phishing, ask them not to click, pay or reply.
      Never promise a refund; say what happens next.
      Faulty items are repaired or replaced under the two-year warranty.
      … 38 lines alike
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("variant diff support-triage claude-sonnet 12 12"), @r"
    support-triage on claude-sonnet: v12 → v12
    no difference
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("variant log onboarding-mail").settled(), @r"
    onboarding-mail  [sample]

    claude-sonnet  primary
      v2  yyyy-mm-dd 14:24  Pim Arendt  head  (hex)
          one question
      v1  yyyy-mm-dd 16:48  Pim Arendt  (hex)
          first cut

    gpt-4o  fallback 1
      v1  yyyy-mm-dd 19:12  Pim Arendt  head  (hex)
          copied from claude-sonnet v2
    [exit 0]
    ");
}

#[test]
fn lists() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(desk.run("prompt list"), @r"
    PROMPT           POLICY        OWNER    PRIMARY        FALLBACKS
    doc-summary      relaxed       docs     claude-sonnet  gpt-4o
    onboarding-mail  relaxed       growth   claude-sonnet  gpt-4o
    release-notes    primary-only  docs     claude-sonnet  none
    support-triage   strict        support  claude-sonnet  gpt-4o, gemini-pro
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("model list"), @r"
    MODEL          WIRE         ID                          KEY                           PRICE
    claude-sonnet  anthropic    claude-sonnet-4-5-20250929  ANTHROPIC_API_KEY  ▲ not set  3 / 15
    gemini-pro     gemini       gemini-2.5-pro              GEMINI_API_KEY     ▲ not set  1.25 / 10
    gpt-4o         openai-chat  gpt-4o-2024-11-20           OPENAI_API_KEY     ▲ not set  2.5 / 10
    Prices in US dollars a million tokens, in / out, from the shipped table of 2026-11-20.
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("case list release-notes"), @r"
    CASE               TURNS  TAGS       INPUT
    hub-4-3            1      hub        Write the notes for this release.
    cloud-web-october  1      cloud      Notes please, customers read them.
    app-7-12           1      app        Notes for the app stores, short.
    vacuum-2-0         1      vacuum     Please write the notes.
    camera-5-1         1      camera     Write these up. Security first.
    empty-release      1      hub, edge  Release notes for the patch.
    6 cases
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("prompt show release-notes").settled(), @r"
    release-notes  [sample]
    primary-only · owner docs · chain no-stand-in · 6 cases · margins 20 points, length 1.20
    Why: Nobody waits for release notes at night; a late note beats one in another voice.
    Until: yyyy-mm-dd
    In an outage callers get: Release notes are back within the hour.

    MODEL          ROLE     HEAD  VERSIONS  LAST SAVED  STANDING
    claude-sonnet  primary  v2    2         yyyy-mm-dd
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("key list"), @r"
    There are no keys in $DESK/keys. `understudy key new NAME` makes one.
    [exit 0]
    ");
}

#[test]
fn ratings_are_kept_and_taken_back() {
    let desk = Desk::with_sample();
    let review = "review support-triage refund-day-20 --fallback gpt-4o";
    insta::assert_snapshot!(desk.run(&format!("{review} --rating primary --note \"wrong window\"")), @r"
    ✓ refund-day-20: primary
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run(&format!("{review} --rating neither")), @r"
    ✓ refund-day-20: neither
    [exit 0]
    ");
    let rated = |desk: &Desk| desk.json("compare support-triage refund-day-20")["rating"].clone();
    assert_eq!(rated(&desk), "neither");
    insta::assert_snapshot!(desk.run(&format!("{review} --undo")), @r"
    ✓ refund-day-20: primary
    [exit 0]
    ");
    assert_eq!(rated(&desk), "primary");
    desk.run(&format!("{review} --undo")).expect(0);
    assert_eq!(rated(&desk), Value::Null);
}

#[test]
fn two_plain_files() {
    let desk = Desk::new();
    desk.write("a", "You can send it back within 30 days.\n");
    desk.write("b", "You can return it within 14 days.\n");
    desk.write("c", "{\"b\": 2, \"a\": 1}");
    desk.write("d", "{\"a\": 1, \"b\": 2}");
    insta::assert_snapshot!(desk.run("diff a b"), @r"
    a                                                │ b
    ─────────────────────────────────────────────────┼─────────────────────────────────────────────────
    You can {<send it back<} within {<30<} days.     ┃ You can {>return it>} within {>14>} days.
    53 % alike  {<only left<}  {>only right>}
    [exit 1]
    ");
    insta::assert_snapshot!(desk.run("diff a a"), @r"
    ✓ no difference
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("diff c d --mode fields"), @r"
    ✓ no difference
    [exit 0]
    ");
    let differ = desk.json("diff a b --mode lines");
    assert_eq!(differ["differ"], true);
    assert!(differ["ratio"].as_f64().unwrap() < 1.0);
    desk.run("diff c d --mode lines").expect(1);
}

#[test]
fn foreign_text_is_visible_on_screen_and_whole_for_programs() {
    let desk = Desk::with_sample();
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2Jhi\u{202e}";
    let line = json!({"case": "refund-day-20", "model": "gpt-4o", "output": hostile, "repeat": 1});
    desk.write("outputs.jsonl", line.to_string());
    desk.run("output import outputs.jsonl --prompt support-triage")
        .expect(0);
    let command = "compare support-triage refund-day-20 --fallback gpt-4o";
    let json = desk.json(command);
    assert_eq!(json["fallback"]["text"], hostile);
    let shown = desk.run(&format!("{command} --color never")).stdout;
    assert!(shown.contains("␛]0;owned␇␛[2Jhi\\u{202e}"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn files_can_come_from_standard_input() {
    let desk = Desk::with_sample();
    let prompt = desk.run("variant show support-triage gpt-4o").stdout;
    let saved = desk.feed(
        "variant save support-triage gpt-4o --file - -m why --json",
        &prompt.replace("short plain", "plain"),
    );
    let saved: Value = serde_json::from_str(&saved.expect(0).stdout).unwrap();
    assert_eq!(saved["version"], 9);
    let broken = desk.feed("case import - --prompt doc-summary", "{}\n");
    assert_eq!(broken.code, 2);
    assert!(
        broken.stderr.starts_with("error: standard input, line 1: "),
        "{broken}"
    );
}

#[test]
fn logs_are_asked_for_and_stay_out_of_the_answer() {
    let mut desk = Desk::with_sample();
    let quiet = desk.run("prompt list --json").expect(0);
    assert_eq!(quiet.stderr, "");
    desk.env
        .push(("UNDERSTUDY_LOG".to_owned(), "trace".to_owned()));
    let loud = desk.run("prompt list --json").expect(0);
    assert!(!loud.stderr.is_empty());
    assert_eq!(loud.stdout, quiet.stdout);
}

#[test]
fn a_narrow_terminal_loses_nothing() {
    let mut desk = Desk::with_sample();
    desk.env.push(("COLUMNS".to_owned(), "50".to_owned()));
    for command in [
        "overview",
        "check",
        "change list",
        "compare support-triage refund-day-20",
        "prompt show support-triage",
    ] {
        let ended = desk.run(command);
        assert!(ended.code <= 1, "{ended}");
        assert!(ended.stdout.contains("support-triage"), "{ended}");
    }
    let pair = desk.run("compare support-triage refund-day-20").stdout;
    assert!(pair.contains("claude-sonnet v12  tool_calls"), "{pair}");
}

#[test]
fn completions_know_the_commands() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&format!("completions {shell}")).expect(0).stdout;
        assert!(
            script.contains("unmatched") && script.contains("passthrough"),
            "{shell}"
        );
    }
}

#[test]
fn an_empty_workspace_says_what_to_do() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.run("init"), @r"
    Made workspace.understudy.
    Next: understudy sync DIR --pull takes a directory of prompt files in.
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("overview"), @r"
    workspace.understudy

    There are no prompts yet. `understudy sync DIR --pull` takes a directory of prompt files in.
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("check"), @r"
    workspace.understudy

    ✓ nothing stands in the way
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("prompt list"), @r"
    There are no prompts.
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("model list"), @r"
    understudy.toml names no models.
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("change list --unmatched"), @r"
    ✓ every primary change is matched or waived on every fallback
    [exit 0]
    ");
}
