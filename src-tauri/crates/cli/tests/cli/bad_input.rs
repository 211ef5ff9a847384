//! Bad input: one clear sentence, exit 2, nothing on standard output, nothing changed.

use std::fs;
use std::process::Stdio;

use crate::desk::Desk;

/// Runs commands that must all be refused, and lists what they say.
fn refused(desk: &Desk, commands: &[&str]) -> String {
    let mut said = String::new();
    for command in commands {
        let ended = desk.run(command);
        assert_eq!(ended.code, 2, "{command}\n{ended}");
        assert_eq!(ended.stdout, "", "{command}");
        assert!(ended.stderr.starts_with("error: "), "{command}\n{ended}");
        assert_eq!(ended.stderr.lines().count(), 1, "{command}\n{ended}");
        said += &format!("$ {command}\n{}", ended.stderr);
        let json = desk.run(&format!("{command} --json"));
        assert_eq!((json.code, json.stdout.as_str()), (2, ""), "{command}");
        assert_eq!(json.stderr, ended.stderr, "{command}");
    }
    said
}

#[test]
fn names_that_do_not_exist() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(refused(&desk, &[
        "check nope",
        "prompt show nope",
        "change list nope",
        "case list nope",
        "compare nope",
        "run support-triage nope",
        "compare support-triage nope",
        "compare support-triage --fallback claude-sonnet",
        "compare support-triage --fallback nope",
        "compare support-triage refund-day-20 --run nope",
        "variant show support-triage nope",
        "variant log support-triage nope",
        "variant render support-triage gpt-4o --case nope",
        "run support-triage --model nope",
        "run support-triage --case nope*",
        "run support-triage --tag nope",
        "accept nope support-triage --reason \"long enough to say something\"",
        "key export nope",
        "bundle export --name s --out out --sign nope --hold nope",
    ]), @r#"
    $ check nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ prompt show nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ change list nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ case list nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ compare nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ run support-triage nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    $ compare support-triage nope
    error: support-triage has no case `nope`; `understudy case list support-triage` shows them
    $ compare support-triage --fallback claude-sonnet
    error: claude-sonnet is the primary of support-triage; name one of its fallbacks: gpt-4o and gemini-pro
    $ compare support-triage --fallback nope
    error: support-triage has no variant for `nope`; it has: claude-sonnet, gpt-4o and gemini-pro
    $ compare support-triage refund-day-20 --run nope
    error: support-triage has no run `nope`
    $ variant show support-triage nope
    error: support-triage has no variant for `nope`; it has: claude-sonnet, gpt-4o and gemini-pro
    $ variant log support-triage nope
    error: support-triage has no variant for `nope`; it has: claude-sonnet, gpt-4o and gemini-pro
    $ variant render support-triage gpt-4o --case nope
    error: support-triage has no case `nope`; `understudy case list support-triage` shows them
    $ run support-triage --model nope
    error: support-triage has no variant for `nope`; it has: claude-sonnet, gpt-4o and gemini-pro
    $ run support-triage --case nope*
    error: support-triage has no case `nope*`; `understudy case list support-triage` shows them
    $ run support-triage --tag nope
    error: there is nothing to run: no case of support-triage has the tag `nope`
    $ accept nope support-triage --reason "long enough to say something"
    error: nope cannot be accepted: there is no such finding; there are: unmatched-change, waiver-expired, fallback-missing, unknown-variable, schema-broken, never-run, stale-run, same-as-primary, max-output-tokens, primary-only, schema-lost, tools-lost, tool-choice-lost, parameter-refused, parameter-lost and model-retired
    $ key export nope
    error: there is no key nope in $DESK/keys; there is none yet
    $ bundle export --name s --out out --sign nope --hold nope
    error: there is no prompt `nope`; there are: doc-summary, onboarding-mail, release-notes and support-triage
    "#);
}

#[test]
fn versions_that_do_not_exist() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(refused(&desk, &[
        "variant show support-triage gpt-4o --version 99",
        "variant diff support-triage claude-sonnet 1 99",
        "variant restore support-triage gpt-4o 99",
        "change match support-triage 99 gpt-4o",
        "change match support-triage 12 gpt-4o --with 99",
        "change match support-triage 1 gpt-4o",
        "change match support-triage 12 claude-sonnet",
        "run support-triage --version 99 --model gpt-4o",
        "run support-triage --version 1",
    ]), @r"
    $ variant show support-triage gpt-4o --version 99
    error: support-triage on gpt-4o has no v99; its versions go from v1 to v8
    $ variant diff support-triage claude-sonnet 1 99
    error: support-triage on claude-sonnet has no v99; its versions go from v1 to v12
    $ variant restore support-triage gpt-4o 99
    error: support-triage on gpt-4o has no v99; its versions go from v1 to v8
    $ change match support-triage 99 gpt-4o
    error: support-triage on claude-sonnet has no v99; its versions go from v1 to v12
    $ change match support-triage 12 gpt-4o --with 99
    error: support-triage on gpt-4o has no v99; its versions go from v1 to v8
    $ change match support-triage 1 gpt-4o
    error: v1 of support-triage is no change gpt-4o has to answer: it is older than the fallback, or not among the ancestors of the primary's head
    $ change match support-triage 12 claude-sonnet
    error: claude-sonnet is the primary of support-triage; name one of its fallbacks: gpt-4o and gemini-pro
    $ run support-triage --version 99 --model gpt-4o
    error: support-triage on gpt-4o has no v99; its versions go from v1 to v8
    $ run support-triage --version 1
    error: there is nothing to run: a version belongs to one model: name exactly one
    ");
}

#[test]
fn a_message_that_says_nothing_and_a_prompt_without_a_fallback() {
    let desk = Desk::with_sample();
    let text = desk.run("variant show support-triage gpt-4o").stdout;
    desk.write("g.prompt", text.replace("30 days", "14 days"));
    insta::assert_snapshot!(refused(&desk, &[
        "variant save support-triage gpt-4o --file g.prompt -m \" \"",
        "compare release-notes",
    ]), @r#"
    $ variant save support-triage gpt-4o --file g.prompt -m " "
    error: the message is empty: the next person has only this to go by
    $ compare release-notes
    error: release-notes has no fallback to lay beside its primary claude-sonnet
    "#);
}

#[test]
fn reasons_and_dates_that_say_nothing() {
    let desk = Desk::with_sample();
    insta::assert_snapshot!(refused(&desk, &[
        "change waive support-triage 12 gpt-4o --reason short",
        "change waive support-triage 12 gpt-4o --reason \"long enough to count\" --until soon",
        "change waive support-triage 12 gpt-4o --reason \"long enough to count\" --until 2020-01-01",
        "accept unmatched-change support-triage gpt-4o --reason \"long enough to count\"",
        "accept never-run support-triage gpt-4o --reason \"long enough to count\"",
        "review support-triage refund-day-20 --fallback gpt-4o --undo",
    ]), @r#"
    $ change waive support-triage 12 gpt-4o --reason short
    error: the reason must have at least 10 characters: the next person has only this to go by
    $ change waive support-triage 12 gpt-4o --reason "long enough to count" --until soon
    error: `soon` is not a date in the future; write 2027-01-31 or 2027-01-31T12:00:00Z
    $ change waive support-triage 12 gpt-4o --reason "long enough to count" --until 2020-01-01
    error: `2020-01-01` is not a date in the future; write 2027-01-31 or 2027-01-31T12:00:00Z
    $ accept unmatched-change support-triage gpt-4o --reason "long enough to count"
    error: unmatched-change cannot be accepted: a change is matched or waived: understudy change waive names which
    $ accept never-run support-triage gpt-4o --reason "long enough to count"
    error: never-run cannot be accepted: support-triage has no such finding on gpt-4o now
    $ review support-triage refund-day-20 --fallback gpt-4o --undo
    error: there is nothing to rate: refund-day-20 has no rating to take back
    "#);
    assert_eq!(
        desk.json("change list --unmatched")["changes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn files_that_are_missing_or_no_text() {
    let desk = Desk::with_sample();
    desk.write("latin1", b"caf\xe9");
    insta::assert_snapshot!(refused(&desk, &[
        "case import none.jsonl --prompt support-triage",
        "output import none.jsonl --prompt support-triage",
        "variant save support-triage gpt-4o --file none.prompt -m why",
        "variant save support-triage gpt-4o --file latin1 -m why",
        "diff none latin1",
        "sync none --pull",
        "check --dir none",
        "key new release --passphrase-file none",
        "bundle show none",
        "bundle sign none --sign release --passphrase-file latin1",
        "bundle verify --bundle none --envelope none --key none",
        "bundle export --name s --out out --sign release --reviewer ada=none",
        "bundle export --name s --out out --sign release --reviewer ada",
    ]), @r#"
    $ case import none.jsonl --prompt support-triage
    error: cannot read none.jsonl: No such file or directory
    $ output import none.jsonl --prompt support-triage
    error: cannot read none.jsonl: No such file or directory
    $ variant save support-triage gpt-4o --file none.prompt -m why
    error: cannot read none.prompt: No such file or directory
    $ variant save support-triage gpt-4o --file latin1 -m why
    error: latin1 is not UTF-8 text
    $ diff none latin1
    error: cannot read none: No such file or directory
    $ sync none --pull
    error: cannot read none: No such file or directory
    $ check --dir none
    error: cannot read none: No such file or directory
    $ key new release --passphrase-file none
    error: cannot read none: No such file or directory
    $ bundle show none
    error: E_IO: "none" cannot be read: No such file or directory
    $ bundle sign none --sign release --passphrase-file latin1
    error: there is no key release in $DESK/keys; there is none yet
    $ bundle verify --bundle none --envelope none --key none
    error: cannot read none: No such file or directory
    $ bundle export --name s --out out --sign release --reviewer ada=none
    error: cannot read none: No such file or directory
    $ bundle export --name s --out out --sign release --reviewer ada
    error: `ada` is not in the form NAME=PUB.pem
    "#);
}

#[test]
fn files_with_a_broken_line() {
    let desk = Desk::with_sample();
    desk.write(
        "cases.jsonl",
        "{\"id\":\"new-one\",\"variables\":{\"product\":\"x\"}}\n{\"id\":\"Bad Id\"}\n",
    );
    desk.write(
        "twice.jsonl",
        "{\"id\":\"a\",\"variables\":{\"b\":1}}\n{\"id\":\"a\",\"variables\":{\"b\":1}}\n",
    );
    desk.write(
        "outputs.jsonl",
        "{\"case\":\"refund-day-20\",\"model\":\"gpt-4o\",\"output\":\"hi\",\"version\":99}\n",
    );
    let prompt = desk.run("variant show support-triage gpt-4o").stdout;
    desk.write("bom.prompt", format!("\u{feff}{prompt}"));
    desk.write("crlf.prompt", prompt.replace('\n', "\r\n"));
    desk.write(
        "twice.prompt",
        prompt.replacen("config:", "config:\n  temperature: 1\nconfig:", 1),
    );
    desk.write(
        "helper.prompt",
        prompt.replacen("# Policy", "{{shout product}}\n# Policy", 1),
    );
    desk.write("none.prompt", "no front matter\n");
    insta::assert_snapshot!(refused(&desk, &[
        "case import cases.jsonl --prompt support-triage",
        "case import twice.jsonl --prompt support-triage",
        "output import outputs.jsonl --prompt support-triage",
        "output import outputs.jsonl --prompt support-triage --map output=answer",
        "output import outputs.jsonl --prompt support-triage --map output",
        "variant save support-triage gpt-4o --file bom.prompt -m why",
        "variant save support-triage gpt-4o --file crlf.prompt -m why",
        "variant save support-triage gpt-4o --file twice.prompt -m why",
        "variant save support-triage gpt-4o --file helper.prompt -m why",
        "variant save support-triage gpt-4o --file none.prompt -m why",
        "variant save support-triage gpt-4o --file bom.prompt -m why --parent 3",
    ]), @r"
    $ case import cases.jsonl --prompt support-triage
    error: cases.jsonl, line 2: `Bad Id` is not a case id: lower-case letters, digits, dashes, dots and underscores, at most 120, starting with a letter or digit. Nothing was imported
    $ case import twice.jsonl --prompt support-triage
    error: twice.jsonl, line 2: the case `a` appears twice. Nothing was imported
    $ output import outputs.jsonl --prompt support-triage
    error: outputs.jsonl, line 1: support-triage on gpt-4o has no v99; its versions go from v1 to v8. Nothing was imported
    $ output import outputs.jsonl --prompt support-triage --map output=answer
    error: outputs.jsonl, line 1: there is no field `answer`. Nothing was imported
    $ output import outputs.jsonl --prompt support-triage --map output
    error: `output` is not in the form FIELD=NAME
    $ variant save support-triage gpt-4o --file bom.prompt -m why
    error: bom.prompt, line 1: the file starts with a byte order mark; save it as UTF-8 without one. Nothing was saved
    $ variant save support-triage gpt-4o --file crlf.prompt -m why
    error: crlf.prompt, line 1: this line holds a carriage return; lines end with a line feed only. Nothing was saved
    $ variant save support-triage gpt-4o --file twice.prompt -m why
    error: twice.prompt, line 5: the key `config` stands here twice. Nothing was saved
    $ variant save support-triage gpt-4o --file helper.prompt -m why
    error: helper.prompt, line 113: unknown helper `shout`. Nothing was saved
    $ variant save support-triage gpt-4o --file none.prompt -m why
    error: none.prompt, line 1: there is no front matter; the first line must be `---`. Nothing was saved
    $ variant save support-triage gpt-4o --file bom.prompt -m why --parent 3
    error: support-triage on gpt-4o has moved: its head is now v8, not v3. Nothing was saved; look at v8 and save again
    ");
    let log = desk.json("variant log support-triage gpt-4o");
    assert_eq!(log["tracks"][0]["head"], 8);
    assert_eq!(
        desk.json("case list support-triage")["cases"]
            .as_array()
            .unwrap()
            .len(),
        73
    );
}

#[test]
fn files_that_are_no_workspace() {
    let desk = Desk::with_sample();
    desk.write("text", "hello");
    desk.write("long", "hello ".repeat(1000));
    desk.write("empty", "");
    fs::create_dir(desk.path("folder")).unwrap();
    insta::assert_snapshot!(refused(&desk, &[
        "-w none check",
        "-w text check",
        "-w long overview",
        "-w empty prompt list",
        "-w folder check",
        "-w text/x check",
        "init",
        "init --sample",
        "-w text init",
    ]), @r"
    $ -w none check
    error: there is no workspace at none; make one with `understudy init`
    $ -w text check
    error: text is not an Understudy workspace
    $ -w long overview
    error: long is not an Understudy workspace
    $ -w empty prompt list
    error: empty is not an Understudy workspace
    $ -w folder check
    error: folder is not an Understudy workspace
    $ -w text/x check
    error: cannot open text/x: Not a directory
    $ init
    error: workspace.understudy exists already; nothing was changed
    $ init --sample
    error: workspace.understudy exists already; nothing was changed
    $ -w text init
    error: text exists already; nothing was changed
    ");
    assert_eq!(desk.read("text"), "hello");
}

#[test]
fn a_truncated_database() {
    let desk = Desk::with_sample();
    let whole = fs::read(desk.path("workspace.understudy")).unwrap();
    for length in [50, 100, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(desk.path("cut"), &whole[..length]).unwrap();
        let ended = desk.run("-w cut check");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{length} bytes\n{ended}"
        );
        assert!(
            ended.stderr.starts_with("error: cut is "),
            "{length} bytes\n{ended}"
        );
        assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
        assert_eq!(
            fs::read(desk.path("cut")).unwrap(),
            &whole[..length],
            "nothing was changed"
        );
    }
}

#[test]
fn targets_that_cannot_be_written() {
    let mut desk = Desk::with_sample();
    desk.write("file", "in the way");
    desk.write("pp", "secret\n");
    desk.run("key new release --passphrase-file pp").expect(0);
    desk.run("change match support-triage 12 gpt-4o").expect(0);
    let waive = "change waive support-triage 12 gemini-pro --reason \"long enough to count\"";
    desk.run(waive).expect(0);
    insta::assert_snapshot!(refused(&desk, &[
        "-w file/x init",
        "-w file/x init --sample",
        "sync file --push",
        "sync file/x --push",
        "bundle export --name s --out file/x --sign release --passphrase-file pp",
        "bundle export --name S --out out --sign release --passphrase-file pp",
        "bundle export --name s --out out --sign release --passphrase-file pp --expires-days 401",
        "bundle export --name s --out out --sign release --passphrase-file pp --passphrase-file pp --passphrase-file pp",
    ]), @r#"
    $ -w file/x init
    error: cannot open file/x: Not a directory
    $ -w file/x init --sample
    error: cannot open file/x: Not a directory
    $ sync file --push
    error: cannot read file: Not a directory
    $ sync file/x --push
    error: cannot make file/x: Not a directory
    $ bundle export --name s --out file/x --sign release --passphrase-file pp
    error: cannot make the folder file/x: Not a directory
    $ bundle export --name S --out out --sign release --passphrase-file pp
    error: no gateway would accept this bundle: E_NAME: "S" is no name for a bundle
    $ bundle export --name s --out out --sign release --passphrase-file pp --expires-days 401
    error: a bundle lives from 1 to 400 days, not 401
    $ bundle export --name s --out out --sign release --passphrase-file pp --passphrase-file pp --passphrase-file pp
    error: 3 passphrase files for 1 --sign: give one for all keys, or one for each
    "#);
    assert_eq!(desk.read("file"), "in the way");
    assert_eq!(desk.list("out"), [""; 0]);
    desk.env
        .push(("UNDERSTUDY_KEYS".to_owned(), "file/keys".to_owned()));
    insta::assert_snapshot!(refused(&desk, &["key new other --passphrase-file pp"]), @r"
    $ key new other --passphrase-file pp
    error: file/keys cannot be written: Not a directory
    ");
}

#[test]
fn a_passphrase_without_a_terminal_or_a_file() {
    let desk = Desk::with_sample();
    desk.write("pp", "secret\n");
    desk.write("empty", "\nsecond line\n");
    desk.write("wrong", "guess\n");
    desk.run("key new release --passphrase-file pp").expect(0);
    desk.run("change match support-triage 12 gpt-4o").expect(0);
    let waive = "change waive support-triage 12 gemini-pro --reason \"long enough to count\"";
    desk.run(waive).expect(0);
    insta::assert_snapshot!(refused(&desk, &[
        "key new other",
        "key new other --passphrase-file empty",
        "key new release --passphrase-file pp",
        "bundle sign out/s --sign release",
        "bundle export --name s --out out --sign release",
        "bundle export --name s --out out --sign release --passphrase-file wrong",
    ]), @r"
    $ key new other
    error: a passphrase is needed and there is no terminal to ask on: name a file with --passphrase-file FILE
    $ key new other --passphrase-file empty
    error: an empty passphrase protects nothing; nothing was done
    $ key new release --passphrase-file pp
    error: the key release exists already: $DESK/keys/release.pem
    $ bundle sign out/s --sign release
    error: a passphrase is needed and there is no terminal to ask on: name a file with --passphrase-file FILE
    $ bundle export --name s --out out --sign release
    error: a passphrase is needed and there is no terminal to ask on: name a file with --passphrase-file FILE
    $ bundle export --name s --out out --sign release --passphrase-file wrong
    error: the passphrase does not open the key release
    ");
    assert_eq!(desk.list("keys"), ["release.pem", "release.pub.pem"]);
    assert_eq!(desk.list("out"), [""; 0]);
}

#[test]
fn no_home_for_keys() {
    let mut desk = Desk::with_sample();
    desk.write("pp", "secret\n");
    for name in ["UNDERSTUDY_KEYS", "HOME"] {
        desk.env.push((name.to_owned(), String::new()));
    }
    insta::assert_snapshot!(refused(&desk, &["key list", "key new release --passphrase-file pp"]), @r"
    $ key list
    error: there is no home folder to keep keys in: set UNDERSTUDY_KEYS to a folder
    $ key new release --passphrase-file pp
    error: there is no home folder to keep keys in: set UNDERSTUDY_KEYS to a folder
    ");
    // Only what needs keys needs a folder for them.
    desk.run("check support-triage").expect(1);
}

#[test]
fn usage_is_exit_2() {
    let desk = Desk::new();
    for command in [
        "",
        "nope",
        "check --nope",
        "sync",
        "sync dir --push --pull",
        "sync dir --check --take directory",
        "review support-triage a --fallback b",
        "review support-triage a --rating best",
        "run",
        "run a --repeat 0",
        "run a --concurrency 0",
        "bundle verify --bundle a --envelope b",
        "check --format xml",
        "demo --json",
        "parity support-triage",
    ] {
        let ended = desk.run(command);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{command}\n{ended}"
        );
        assert!(!ended.stderr.is_empty(), "{command}");
    }
    desk.run("--help").expect(0);
    desk.run("--version").expect(0);
}

#[test]
fn a_closed_pipe_is_the_end_and_no_noise() {
    let desk = Desk::with_sample();
    for (words, code) in [
        (vec!["check"], 1),
        (vec!["check", "--json"], 1),
        (vec!["overview"], 0),
        (vec!["compare", "support-triage"], 0),
        (vec!["case", "list", "support-triage", "--json"], 0),
        (vec!["completions", "bash"], 0),
        (vec!["demo"], 0),
        (vec!["--help"], 0),
    ] {
        // Nobody reads from the very beginning.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = desk
            .command(&words)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let ended = desk.ended(output);
        assert_eq!((ended.code, ended.stderr.as_str()), (code, ""), "{words:?}");
    }
    // Nobody reads what goes wrong, either.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = desk
        .command(&["check", "nope"])
        .stderr(writer)
        .output()
        .unwrap();
    assert_eq!(desk.ended(output).code, 2);
}

#[cfg(unix)]
#[test]
fn the_first_line_can_be_taken_from_a_pipe() {
    let desk = Desk::with_sample();
    let binary = assert_cmd::cargo::cargo_bin!("understudy");
    let script = format!("{} check | head -1", binary.display());
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let ended = desk.ended(output);
    assert_eq!(
        ended.to_string(),
        "workspace.understudy  [sample]\n[exit 0]"
    );
}

#[test]
fn what_is_quoted_cannot_steer_the_terminal() {
    let desk = Desk::with_sample();
    let output = desk
        .command(&["check", "a\u{1b}[2Jb\u{7}"])
        .output()
        .unwrap();
    let ended = desk.ended(output);
    assert!(ended.stderr.contains("a␛[2Jb␇"), "{ended}");
}
