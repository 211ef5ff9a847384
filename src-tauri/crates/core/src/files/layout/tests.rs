use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::case::Case;
use crate::files::{Tree, config, disk};
use crate::ledger::{Decision, Verdict};
use crate::prompt::{Content, ModelName, PromptName, Variant, Version};
use crate::set::{Prompt, PromptSet};

const TOML: &str = r#"# kept, byte for byte
[models.a]
wire = "anthropic"
id = "a-1"
[models."b.1"]
wire = "openai-chat"
id = "b-1"
[chains.c]
models = ["a", "b.1"]
[prompts.p]
chain = "c"
owner = "o"
policy = "strict"
"#;

fn name() -> PromptName {
    PromptName::parse("p").unwrap()
}

fn model(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn content(text: &str) -> Content {
    Content {
        system: format!("{text}\n"),
        max_output_tokens: Some(9),
        ..Content::default()
    }
}

fn version(id: &str, number: u32, parent: Option<&str>, at: &str, text: &str) -> Version {
    Version {
        id: id.into(),
        number,
        content_id: content(text).id(),
        parent: parent.map(str::to_owned),
        author: "ada".into(),
        at: at.into(),
        message: format!("m {id}"),
        content: content(text),
    }
}

/// A primary with a restored content, a fallback, cases and decisions.
fn set() -> PromptSet {
    let long = json!({"type": "object", "properties": {"z": {"type": "string", "description": "x".repeat(300)}, "a": {}}});
    let mut tuned = content("fallback");
    tuned.output_schema = Some(long.clone());
    let mut first = content("one");
    first.output_schema = Some(long);
    let of = |id: &str, number, parent: Option<&str>, content: &Content| Version {
        content_id: content.id(),
        content: content.clone(),
        ..version(id, number, parent, "2026-01-01T00:00:00Z", "")
    };
    let primary = vec![
        of("v1", 1, None, &first),
        version("v2", 2, Some("v1"), "2026-01-02T00:00:00Z", "two"),
        of("v3", 3, Some("v2"), &first),
    ];
    let decision = |id: &str, at: &str| Decision {
        id: id.into(),
        prompt: name(),
        author: "ada".into(),
        at: at.into(),
        verdict: Verdict::Match {
            variant: model("b.1"),
            from: primary[0].content_id.clone(),
            to: primary[1].content_id.clone(),
            with: tuned.id(),
        },
    };
    let ledger = vec![
        decision("d2", "2026-01-01T00:00:00Z"),
        decision("d1", "2026-01-02T00:00:00Z"),
    ];
    let case: Case =
        serde_json::from_value(json!({"id": "one", "variables": {"z": 1, "a": "é"}, "turns": [{"role": "user", "text": "hi\n"}]}))
            .unwrap();
    let prompt = Prompt {
        name: name(),
        variants: vec![
            Variant {
                model: model("a"),
                head: "v3".into(),
                versions: primary,
            },
            Variant {
                model: model("b.1"),
                head: "w1".into(),
                versions: vec![of("w1", 1, None, &tuned)],
            },
        ],
        cases: vec![case],
        ledger,
    };
    PromptSet {
        config: config::parse(TOML).unwrap(),
        config_text: TOML.into(),
        prompts: [(name(), prompt)].into(),
    }
}

fn problems(tree: &Tree) -> Vec<String> {
    read_set(tree)
        .unwrap_err()
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_is_written_is_read_back_equal_and_written_the_same() {
    let tree = write_set(&set()).unwrap();
    let names: Vec<_> = tree.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "_history/p.a/v1.json",
            "_history/p.a/v2.json",
            "_history/p.a/v3.json",
            "_history/p.b.1/w1.json",
            "_ledger/p/d1.json",
            "_ledger/p/d2.json",
            "p.b.1.prompt",
            "p.cases.jsonl",
            "p.prompt",
            "p.schema.json",
            "understudy.toml",
        ]
    );
    let read = read_set(&tree).unwrap();
    assert_eq!(read.set, set());
    assert_eq!(
        (read.notes, read.loose, read.forks),
        (vec![], vec![], vec![])
    );
    assert_eq!(write_set(&read.set).unwrap(), tree);
}

#[test]
fn an_edited_file_is_a_loose_head_and_nothing_else_changes() {
    let mut tree = write_set(&set()).unwrap();
    let file = String::from_utf8(tree["p.b.1.prompt"].clone()).unwrap();
    tree.insert(
        "p.b.1.prompt".into(),
        file.replace("fallback", "by hand").into_bytes(),
    );
    let read = read_set(&tree).unwrap();
    assert_eq!(read.set, set());
    assert_eq!(read.loose.len(), 1);
    assert_eq!(
        (
            read.loose[0].model.as_str(),
            read.loose[0].content.system.as_str()
        ),
        ("b.1", "by hand\n")
    );
}

#[test]
fn a_set_without_history_is_all_loose_primaries_first() {
    let mut tree = write_set(&set()).unwrap();
    tree.retain(|path, _| !path.starts_with('_'));
    let loose = read_set(&tree).unwrap().loose;
    assert_eq!(
        loose
            .iter()
            .map(|head| head.model.as_str())
            .collect::<Vec<_>>(),
        ["a", "b.1"]
    );
}

#[test]
fn two_branches_with_the_same_number_are_both_kept() {
    let mut set = set();
    let prompt = set.prompts.get_mut(&name()).unwrap();
    prompt.variants[1]
        .versions
        .push(version("x", 2, Some("w1"), "2026-02-02T00:00:00Z", "later"));
    let mut tree = write_set(&set).unwrap();
    let other = version("y", 2, Some("w1"), "2026-02-01T00:00:00Z", "earlier");
    tree.insert("_history/p.b.1/y.json".into(), write::pretty(&other));
    let read = read_set(&tree).unwrap();
    let variant = &read.set.prompts[&name()].variants[1];
    let numbers: Vec<_> = variant
        .versions
        .iter()
        .map(|version| (version.id.as_str(), version.number))
        .collect();
    assert_eq!(numbers, [("w1", 1), ("y", 2), ("x", 3)]);
    assert_eq!(read.forks.len(), 1);
    let said = read.forks[0].to_string();
    assert!(
        said.contains("v2 \"m y\" by ada and v3 \"m x\" by ada"),
        "{said}"
    );
}

#[test]
fn everything_that_does_not_fit_is_named_at_once() {
    let mut tree = write_set(&set()).unwrap();
    tree.insert("q.prompt".into(), b"---\n".to_vec());
    tree.insert("p.a.prompt".into(), tree["p.prompt"].clone());
    tree.insert(
        "_history/p.a/v2.json".into(),
        tree["_history/p.a/v1.json"].clone(),
    );
    tree.insert("_history/loose.json".into(), b"{}".to_vec());
    tree.insert("_ledger/p/d1.json".into(), b"{\n\"id\": 1}".to_vec());
    let cases = String::from_utf8(tree["p.cases.jsonl"].clone()).unwrap();
    tree.insert(
        "p.cases.jsonl".into(),
        format!("{cases}{cases}nonsense\n").into_bytes(),
    );
    insta::assert_snapshot!(problems(&tree).join("\n"), @r"
    _history/loose.json: this file has no place here: _history/PROMPT.MODEL/ID.json, _ledger/PROMPT/ID.json
    _history/p.a/v2.json: it holds the version v1; the file's name is its id
    _history/p.a/v3.json: its parent v2 is not there
    _ledger/p/d1.json:2: invalid type: integer `1`, expected a string
    p.a.prompt: a is the primary of p: its file is p.prompt
    p.cases.jsonl:2: the case `one` appears twice
    p.cases.jsonl:3: expected ident
    q.prompt: understudy.toml names no prompt `q`
    ");
}

#[test]
fn history_is_never_edited() {
    let mut tree = write_set(&set()).unwrap();
    let file = String::from_utf8(tree["_history/p.a/v2.json"].clone()).unwrap();
    tree.insert(
        "_history/p.a/v2.json".into(),
        file.replace("two", "three").into_bytes(),
    );
    assert!(
        problems(&tree)[0].contains("history is never edited"),
        "{:?}",
        problems(&tree)
    );
}

#[test]
fn a_version_that_hangs_in_the_air_is_refused() {
    let mut tree = write_set(&set()).unwrap();
    tree.remove("_history/p.a/v1.json");
    assert_eq!(
        problems(&tree),
        ["_history/p.a/v2.json: its parent v1 is not there"]
    );
}

#[test]
fn other_forms_of_the_same_are_read_with_a_note() {
    let mut tree = write_set(&set()).unwrap();
    let cases = String::from_utf8(tree["p.cases.jsonl"].clone()).unwrap();
    tree.insert(
        "p.cases.jsonl".into(),
        cases.replace("\":", "\": ").into_bytes(),
    );
    let read = read_set(&tree).unwrap();
    assert_eq!(read.set, set());
    assert_eq!(read.notes.len(), 1);
    assert_eq!(
        (read.notes[0].file.as_str(), read.notes[0].line),
        ("p.cases.jsonl", Some(1))
    );
}

fn git(dir: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=ada",
            "-c",
            "user.email=ada@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn two_branches_that_each_add_a_version_merge_in_git_and_come_back_as_a_choice() {
    let dir = tempfile::tempdir().unwrap();
    let lines =
        |first: &str, last: &str| format!("{first}\n{}{last}", "a rule that stays\n".repeat(8));
    let mut base = set();
    let add = |set: &mut PromptSet, id: &str, number, parent: &str, text: &str| {
        let variant = &mut set.prompts.get_mut(&name()).unwrap().variants[1];
        variant.versions.push(version(
            id,
            number,
            Some(parent),
            &format!("2026-03-0{number}T00:00:00Z"),
            text,
        ));
        variant.head = id.to_owned();
    };
    add(&mut base, "w2", 2, "w1", &lines("first", "last"));
    let save = |set: &PromptSet| disk::write_tree(dir.path(), &write_set(set).unwrap()).unwrap();
    git(dir.path(), &["init", "-q"]);
    save(&base);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-qm", "base"]);
    for (branch, id, text) in [
        ("left", "l3", lines("FIRST", "last")),
        ("right", "r3", lines("first", "LAST")),
    ] {
        git(dir.path(), &["checkout", "-q", "-b", branch, "main"]);
        let mut set = base.clone();
        add(&mut set, id, 3, "w2", &text);
        save(&set);
        git(dir.path(), &["add", "-A"]);
        git(dir.path(), &["commit", "-qm", branch]);
    }
    git(dir.path(), &["merge", "-q", "--no-edit", "left"]);

    let read = read_set(&disk::read_tree(dir.path()).unwrap()).unwrap();
    let versions = &read.set.prompts[&name()].variants[1].versions;
    assert_eq!(versions.len(), 4, "nothing is lost");
    assert_eq!(read.forks.len(), 1);
    // git merged the two edits into a text nobody saved: it is offered, not taken for either of them.
    assert_eq!(read.loose.len(), 1);
    assert_eq!(
        read.loose[0].content.system,
        format!("{}\n", lines("FIRST", "LAST"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_read_panic(path in 0usize..11, at in 0usize..2000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut tree = write_set(&set()).unwrap();
        let path = tree.keys().nth(path).cloned().unwrap();
        let bytes = tree.get_mut(&path).unwrap();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = read_set(&tree);
    }
}
