use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::case::Case;
use crate::files::dotprompt::strategies;
use crate::files::{FilesError, Tree, config, disk, dotprompt};
use crate::ledger::{Decision, Verdict};
use crate::prompt::{CaseId, Variant, Version};
use crate::set::Prompt;

const CONFIG: &str = r#"# the team's words stay
[models.claude-sonnet]
wire = "anthropic"
id = "claude-sonnet-4-5"
[models.gpt-4o]
wire = "openai-chat"
id = "gpt-4o-2024-11-20"
[models.gemini-pro]
wire = "gemini"
id = "gemini-pro"
[chains.main]
models = ["claude-sonnet", "gpt-4o"]
[prompts.triage]
chain = "main"
owner = "support"
policy = "strict"
[prompts.notes]
chain = "main"
owner = "docs"
policy = "relaxed"
"#;

fn prompt_name(name: &str) -> PromptName {
    PromptName::parse(name).unwrap()
}

fn model(name: &str) -> ModelName {
    ModelName::parse(name).unwrap()
}

fn content(text: &str) -> Content {
    Content {
        system: text.to_owned(),
        ..Content::default()
    }
}

fn version(id: &str, number: u32, parent: Option<&str>, content: Content) -> Version {
    Version {
        id: id.to_owned(),
        number,
        content_id: content.id(),
        parent: parent.map(str::to_owned),
        author: "ada".to_owned(),
        at: format!("2026-11-{:02}T10:00:00Z", number.min(28)),
        message: format!("step {number}\nand why"),
        content,
    }
}

fn variant(name: &str, versions: Vec<Version>) -> Variant {
    let head = versions.last().unwrap().id.clone();
    Variant {
        model: model(name),
        versions,
        head,
    }
}

/// Three steps of each variant, a long schema, two cases and two decisions.
fn sample() -> PromptSet {
    let properties: serde_json::Map<String, Value> = (0..12)
        .map(|index| (format!("field_{}", 11 - index), json!({"type": "string"})))
        .collect();
    let with_schema = |text: &str| Content {
        output_schema: Some(json!({"type": "object", "properties": properties})),
        ..content(text)
    };
    let lines = |id: &str| {
        vec![
            version(
                &format!("{id}1"),
                1,
                None,
                content("One.\nTwo.\nThree.\nFour.\nFive.\n"),
            ),
            version(
                &format!("{id}2"),
                2,
                Some(&format!("{id}1")),
                content("1.\nTwo.\n"),
            ),
            version(
                &format!("{id}3"),
                3,
                Some(&format!("{id}2")),
                with_schema("One.\nTwo.\nThree.\nFour.\nFive.\n"),
            ),
        ]
    };
    let primary = lines("p");
    let case = |id: &str| Case {
        id: CaseId::parse(id).unwrap(),
        variables: json!({"z": 1, "a": "é"}).as_object().cloned().unwrap(),
        turns: Vec::new(),
        tags: vec!["t".into()],
        expect: Vec::new(),
        origin: None,
        change: Some(primary[2].content_id.clone()),
    };
    let decision = |id: &str, at: &str| Decision {
        id: id.to_owned(),
        prompt: prompt_name("triage"),
        author: "bo".to_owned(),
        at: at.to_owned(),
        verdict: Verdict::Waive {
            variant: model("gpt-4o"),
            from: primary[1].content_id.clone(),
            to: primary[2].content_id.clone(),
            reason: "not asked of the fallback".to_owned(),
            until: "2027-01-31T00:00:00Z".to_owned(),
        },
    };
    let triage = Prompt {
        name: prompt_name("triage"),
        variants: vec![
            variant("claude-sonnet", primary.clone()),
            variant("gpt-4o", lines("f")),
            variant(
                "gemini-pro",
                vec![version("g1", 1, None, content("Short."))],
            ),
        ],
        cases: vec![case("b"), case("a")],
        ledger: vec![
            decision("d2", "2026-11-01T00:00:00Z"),
            decision("d1", "2026-11-02T00:00:00Z"),
            decision("d3", "2026-11-02T00:00:00Z"),
        ],
    };
    let notes = Prompt {
        name: prompt_name("notes"),
        variants: Vec::new(),
        cases: Vec::new(),
        ledger: Vec::new(),
    };
    PromptSet {
        config: config::parse(CONFIG).unwrap(),
        config_text: CONFIG.to_owned(),
        prompts: [notes, triage]
            .into_iter()
            .map(|prompt| (prompt.name.clone(), prompt))
            .collect(),
    }
}

fn tree() -> Tree {
    write_set(&sample()).unwrap()
}

fn text<'t>(tree: &'t Tree, path: &str) -> &'t str {
    std::str::from_utf8(&tree[path]).unwrap()
}

fn edit(tree: &mut Tree, path: &str, from: &str, to: &str) {
    let before = text(tree, path).to_owned();
    assert!(before.contains(from), "{before}");
    tree.insert(path.to_owned(), before.replacen(from, to, 1).into_bytes());
}

#[test]
fn a_set_has_these_files() {
    let tree = tree();
    let names: Vec<_> = tree.keys().map(String::as_str).collect();
    insta::assert_snapshot!(names.join("\n"), @r#"
    _history/triage.claude-sonnet/p1.json
    _history/triage.claude-sonnet/p2.json
    _history/triage.claude-sonnet/p3.json
    _history/triage.gemini-pro/g1.json
    _history/triage.gpt-4o/f1.json
    _history/triage.gpt-4o/f2.json
    _history/triage.gpt-4o/f3.json
    _ledger/triage/d1.json
    _ledger/triage/d2.json
    _ledger/triage/d3.json
    triage.cases.jsonl
    triage.gemini-pro.prompt
    triage.gpt-4o.prompt
    triage.prompt
    triage.schema.json
    understudy.toml
    "#);
    insta::assert_snapshot!(text(&tree, "triage.gpt-4o.prompt"), @r#"
    ---
    model: "gpt-4o"
    output:
      format: "json"
      schema: "triage.schema.json"
    ---
    {{role "system"}}
    One.
    Two.
    Three.
    Four.
    Five.
    {{history}}
    "#);
    insta::assert_snapshot!(text(&tree, "_history/triage.gemini-pro/g1.json"), @r#"
    {
      "id": "g1",
      "number": 1,
      "content_id": "865577563cde74c24149c306a4128151ce75b1bfb1320e96c405f26c1424ad94",
      "parent": null,
      "author": "ada",
      "at": "2026-11-01T10:00:00Z",
      "message": "step 1\nand why",
      "content": {
        "engine": "handlebars",
        "system": "Short.",
        "turns": [],
        "user": null,
        "tools": [],
        "params": {
          "set": {},
          "remove": []
        },
        "max_output_tokens": null,
        "output_schema": null,
        "provider_options": {},
        "extra": {}
      }
    }
    "#);
    insta::assert_snapshot!(text(&tree, "_ledger/triage/d1.json"), @r#"
    {
      "id": "d1",
      "prompt": "triage",
      "author": "bo",
      "at": "2026-11-02T00:00:00Z",
      "kind": "waive",
      "variant": "gpt-4o",
      "from": "faac5884eb2093e47f6faeb926cb3ab9e6fa72c0361899b5a3dc6d84cb058fea",
      "to": "2925095cb999edd2e29f5ea5eeccbee7d7b24cb7675525187feedb4577917de0",
      "reason": "not asked of the fallback",
      "until": "2027-01-31T00:00:00Z"
    }
    "#);
    insta::assert_snapshot!(text(&tree, "triage.cases.jsonl"), @r#"
    {"id":"b","variables":{"z":1,"a":"é"},"turns":[],"tags":["t"],"expect":[],"change":"2925095cb999edd2e29f5ea5eeccbee7d7b24cb7675525187feedb4577917de0"}
    {"id":"a","variables":{"z":1,"a":"é"},"turns":[],"tags":["t"],"expect":[],"change":"2925095cb999edd2e29f5ea5eeccbee7d7b24cb7675525187feedb4577917de0"}
    "#);
    assert_eq!(text(&tree, "understudy.toml"), CONFIG);
    assert!(text(&tree, "triage.schema.json").starts_with("{\n  \"type\": \"object\",\n"));
}

#[test]
fn a_set_survives_its_files() {
    let read = read_set(&tree()).unwrap();
    assert_eq!(read.set, sample());
    assert_eq!(
        (read.notes, read.loose, read.forks),
        (vec![], vec![], vec![])
    );
}

#[test]
fn files_of_others_and_outputs_are_passed_over() {
    let mut tree = tree();
    for path in [
        "README.md",
        ".git/config",
        "_outputs/triage.jsonl",
        "_history/x.txt",
    ] {
        tree.insert(path.to_owned(), vec![0xff, 0]);
    }
    let read = read_set(&tree).unwrap();
    assert_eq!((read.set, read.notes), (sample(), vec![]));
}

#[test]
fn a_schema_is_shared_only_where_it_is_the_same_in_the_same_order() {
    let mut set = sample();
    let triage = set.prompts.get_mut(&prompt_name("triage")).unwrap();
    let mut other = triage.variants[1].versions[2].content.clone();
    let Some(Value::Object(schema)) = &mut other.output_schema else {
        panic!("an object")
    };
    let kind = schema.shift_remove("type").unwrap();
    schema.insert("type".into(), kind);
    triage.variants[1] = variant("gpt-4o", vec![version("f1", 1, None, other)]);
    let tree = write_set(&set).unwrap();
    assert!(text(&tree, "triage.prompt").contains("schema: \"triage.schema.json\""));
    assert!(text(&tree, "triage.gpt-4o.prompt").contains("    properties:\n"));
    let read = read_set(&tree).unwrap();
    let back = &read.set.prompts[&prompt_name("triage")].variants[1];
    assert_eq!(
        back.head().unwrap().content.id(),
        back.head().unwrap().content_id
    );
    assert_eq!(read.loose, []);
}

#[test]
fn an_edit_in_a_file_is_loose_and_lies_on_the_newest_version() {
    let mut tree = tree();
    edit(&mut tree, "triage.gpt-4o.prompt", "Two.", "2.");
    tree.insert(
        "notes.prompt".into(),
        b"---\nmodel: \"claude-sonnet\"\n---\nHi\n".to_vec(),
    );
    let read = read_set(&tree).unwrap();
    let found: Vec<_> = read
        .loose
        .iter()
        .map(|loose| (loose.prompt.as_str(), loose.model.as_str()))
        .collect();
    assert_eq!(found, [("notes", "claude-sonnet"), ("triage", "gpt-4o")]);
    assert_eq!(
        read.loose[1].content.system,
        "One.\n2.\nThree.\nFour.\nFive.\n"
    );
    let triage = &read.set.prompts[&prompt_name("triage")];
    assert_eq!(triage.variants[1].head, "f3");
    assert_eq!(read.set.prompts[&prompt_name("notes")].variants, []);
    // The other file was imported, and says what was normalised.
    assert!(
        read.notes.iter().all(|note| note.file == "notes.prompt"),
        "{:?}",
        read.notes
    );
    assert_eq!(read.notes.len(), 1);
}

#[test]
fn restored_content_is_the_newest_version_and_an_old_text_in_the_file_is_an_edit() {
    let mut set = sample();
    let triage = set.prompts.get_mut(&prompt_name("triage")).unwrap();
    let old = triage.variants[1].versions[0].content.clone();
    triage.variants[1]
        .versions
        .push(version("f4", 4, Some("f3"), old.clone()));
    triage.variants[1].head = "f4".to_owned();
    let mut tree = write_set(&set).unwrap();
    assert_eq!(read_set(&tree).unwrap().set, set);
    let second = set.prompts[&prompt_name("triage")].variants[1].versions[1]
        .content
        .clone();
    let file = dotprompt::write(&model("gpt-4o"), &second, None).unwrap();
    tree.insert("triage.gpt-4o.prompt".into(), file.into_bytes());
    let read = read_set(&tree).unwrap();
    assert_eq!(read.loose.len(), 1);
    assert_eq!(read.set, set);
}

#[test]
fn what_is_written_differently_has_a_note() {
    let mut tree = tree();
    edit(
        &mut tree,
        "_ledger/triage/d1.json",
        "  \"author\": \"bo\",\n",
        "",
    );
    edit(
        &mut tree,
        "_ledger/triage/d1.json",
        "{\n",
        "{\n  \"author\": \"bo\",\n",
    );
    edit(
        &mut tree,
        "triage.cases.jsonl",
        "{\"id\":\"b\",",
        "{ \"id\":\"b\",",
    );
    edit(&mut tree, "triage.cases.jsonl", "}\n", "}\n\n");
    edit(&mut tree, "triage.schema.json", "  ", "\t");
    tree.insert("notes.schema.json".into(), b"{}".to_vec());
    let read = read_set(&tree).unwrap();
    let notes: Vec<_> = read.notes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    _ledger/triage/d1.json:2: from here on the file is written with its keys in the fixed order and two spaces
    notes.schema.json:1: nothing needs this file; it is not written again
    triage.cases.jsonl:1: the case is written compact, its keys in the fixed order
    triage.cases.jsonl:2: an empty line is left out
    triage.schema.json:2: from here on the file is written in the fixed form
    "#);
    assert_eq!(read.set, sample());
}

type Change = Box<dyn Fn(&mut Tree)>;

fn refused(change: &Change) -> String {
    let mut tree = tree();
    change(&mut tree);
    match read_set(&tree) {
        Ok(_) => "was taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_does_not_fit_is_refused_with_file_and_reason() {
    let put = |path: &'static str, bytes: &'static [u8]| {
        move |tree: &mut Tree| {
            tree.insert(path.to_owned(), bytes.to_vec());
        }
    };
    let swap = |path: &'static str, from: &'static str, to: &'static str| {
        move |tree: &mut Tree| edit(tree, path, from, to)
    };
    let drop = |path: &'static str| move |tree: &mut Tree| drop(tree.remove(path));
    let history = "_history/triage.gpt-4o/f2.json";
    let ledger = "_ledger/triage/d1.json";
    let cases = "triage.cases.jsonl";
    let changes: Vec<Change> = vec![
        Box::new(drop("understudy.toml")),
        Box::new(swap(
            "understudy.toml",
            "chain = \"main\"",
            "chain = \"mian\"",
        )),
        Box::new(swap("understudy.toml", "\n", "\r\n")),
        Box::new(put("other.prompt", b"")),
        Box::new(put("Triage.prompt", b"")),
        Box::new(put(
            "triage.gpt-9.prompt",
            b"---\nmodel: \"gpt-9\"\n---\nHi",
        )),
        Box::new(put("triage.claude-sonnet.prompt", b"")),
        Box::new(swap("triage.prompt", "claude-sonnet", "gpt-4o")),
        Box::new(swap("triage.gpt-4o.prompt", "gpt-4o", "gemini-pro")),
        Box::new(swap(
            "triage.gpt-4o.prompt",
            "triage.schema.json",
            "other.schema.json",
        )),
        Box::new(swap("triage.gpt-4o.prompt", "Two.", "{{shout x}}")),
        Box::new(drop("triage.gpt-4o.prompt")),
        Box::new(drop("triage.schema.json")),
        Box::new(put("triage.schema.json", b"[]")),
        Box::new(put("triage.schema.json", b"{\"a\": 1,\n \"a\": 2}")),
        Box::new(drop("_history/triage.gpt-4o/f1.json")),
        Box::new(swap(history, "Two.", "Too.")),
        Box::new(swap(history, "\"f2\"", "\"f9\"")),
        Box::new(swap(history, "\"number\": 2", "\"number\": 0")),
        Box::new(swap(
            history,
            "\"number\": 2",
            "\"number\": 2, \"mood\": \"good\"",
        )),
        Box::new(swap(history, "2026-11-02T10:00:00Z", "yesterday")),
        Box::new(swap(
            "_history/triage.gpt-4o/f1.json",
            "\"parent\": null",
            "\"parent\": \"f3\"",
        )),
        Box::new(swap(history, "{", "")),
        Box::new(put("_history/triage/a.json", b"{}")),
        Box::new(swap(ledger, "\"triage\"", "\"notes\"")),
        Box::new(swap(ledger, "\"d1\"", "\"d9\"")),
        Box::new(swap(ledger, "2027-01-31T00:00:00Z", "later")),
        Box::new(swap(ledger, "\"waive\"", "\"forgive\"")),
        Box::new(swap(ledger, "\"reason\"", "\"why\": 1, \"reason\"")),
        Box::new(swap(cases, "\"id\":\"a\"", "\"id\":\"b\"")),
        Box::new(swap(cases, "\"tags\"", "\"tag\"")),
        Box::new(swap(cases, "}\n", "\n")),
        Box::new(|tree| {
            edit(tree, "triage.prompt", "---\n", "\u{feff}---\n");
            edit(tree, "triage.gpt-4o.prompt", "model:", "model: &a");
            edit(
                tree,
                "understudy.toml",
                "owner = \"docs\"",
                "onwer = \"docs\"",
            );
        }),
    ];
    let seen: Vec<_> = changes.iter().map(refused).collect();
    insta::assert_snapshot!(seen.join("\n--\n"), @r#"
    understudy.toml: the file is missing; this is no prompt set
    --
    understudy.toml:13: prompts.triage: there is no [chains.mian]
    --
    understudy.toml:1: this line holds a carriage return; lines end with a line feed only
    --
    other.prompt: there is no [prompts.other] in understudy.toml
    --
    Triage.prompt: `Triage` is not a prompt name: lower-case letters, digits and dashes, at most 64, starting with a letter or digit
    --
    triage.gpt-9.prompt: there is no [models.gpt-9] in understudy.toml
    --
    triage.claude-sonnet.prompt: claude-sonnet is the primary; its file is triage.prompt
    --
    triage.prompt:2: `model` is "gpt-4o", but this file is for claude-sonnet
    --
    triage.gpt-4o.prompt:2: `model` is "gemini-pro", but this file is for gpt-4o
    --
    triage.gpt-4o.prompt:5: there is no schema file `other.schema.json` for this prompt
    --
    triage.gpt-4o.prompt:9: unknown helper `shout`
    --
    triage.gpt-4o.prompt: the file is missing, but _history has versions of it; restore it
    --
    triage.gpt-4o.prompt:5: there is no schema file `triage.schema.json` for this prompt
    triage.prompt:5: there is no schema file `triage.schema.json` for this prompt
    --
    triage.schema.json:1: a schema is an object, true or false
    --
    triage.schema.json:2: the key `a` stands here twice
    --
    _history/triage.gpt-4o/f2.json: its parent `f1` is missing; restore that file
    --
    _history/triage.gpt-4o/f2.json:1: its content was changed: the content id is 07ca67c22425, not faac5884eb20; versions are never edited
    --
    _history/triage.gpt-4o/f2.json:1: its id is `f9`, which is not its name
    --
    _history/triage.gpt-4o/f2.json:1: its number is 0; numbers begin with 1
    --
    _history/triage.gpt-4o/f2.json:1: unknown field `mood`
    --
    _history/triage.gpt-4o/f2.json:1: `yesterday` is no date; write 2027-01-31T12:00:00Z
    --
    _history/triage.gpt-4o/f1.json: it is its own ancestor; one of the parents is wrong
    --
    _history/triage.gpt-4o/f2.json:2: trailing characters
    --
    _history/triage/a.json: `triage` is not a prompt and a model with a dot between them
    --
    _ledger/triage/d1.json:1: it is about `notes`, not about triage
    --
    _ledger/triage/d1.json:1: its id is `d9`, which is not its name
    --
    _ledger/triage/d1.json:1: `later` is no date; write 2027-01-31T12:00:00Z
    --
    _ledger/triage/d1.json:1: unknown variant `forgive`, expected one of `start`, `match`, `waive`, `accept`
    --
    _ledger/triage/d1.json:1: unknown field `why`
    --
    triage.cases.jsonl:2: the case `b` stands here twice
    --
    triage.cases.jsonl:1: unknown field `tag`, expected one of `id`, `variables`, `turns`, `tags`, `expect`, `origin`, `change`
    --
    triage.cases.jsonl:1: EOF while parsing an object
    --
    triage.gpt-4o.prompt:2: anchors (`&name`) are not supported; write the value out
    triage.prompt:1: the file starts with a byte order mark; save it as UTF-8 without one
    understudy.toml:19: unknown field `onwer`, expected one of `chain`, `owner`, `policy`, `margins`, `levels`
    "#);
}

#[test]
fn what_no_directory_can_hold_is_not_written() {
    let refuse = |change: &dyn Fn(&mut PromptSet, &mut Prompt)| {
        let mut set = sample();
        let mut triage = set.prompts.remove(&prompt_name("triage")).unwrap();
        change(&mut set, &mut triage);
        set.prompts.insert(prompt_name("triage"), triage);
        write_set(&set).unwrap_err().to_string()
    };
    let seen = [
        refuse(&|set, _| {
            set.config_text
                .push_str("[models.x]\nwire=\"cohere\"\nid=\"x\"\n")
        }),
        refuse(&|set, _| set.config_text.push('[')),
        refuse(&|_, triage| triage.variants[0].head = "none".into()),
        refuse(&|_, triage| triage.variants[2].model = model("unknown")),
        refuse(&|_, triage| triage.variants[2].versions[0].content.system = "a\r".into()),
        refuse(&|_, triage| triage.ledger[0].id = "../../etc".into()),
        refuse(&|_, triage| triage.ledger[0].id = "d1".into()),
        refuse(&|_, triage| triage.cases[0].id = triage.cases[1].id.clone()),
        refuse(&|set, _| drop(set.config.prompts.remove(&prompt_name("triage")))),
    ];
    insta::assert_snapshot!(seen.join("\n--\n"), @r#"
    understudy.toml: the configuration and its text differ
    --
    understudy.toml: line 21: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
    --
    triage.prompt: the variant has no head
    --
    triage.unknown.prompt: there is no [models.unknown]
    --
    triage.gemini-pro.prompt: the system text holds a carriage return or a NUL character
    --
    _ledger/triage/../../etc.json: the id `../../etc` is no file name
    --
    _ledger/triage/d1.json: this would be written twice
    --
    triage.cases.jsonl: the case `a` is there twice
    --
    understudy.toml: the configuration and its text differ
    understudy.toml: there is no [prompts.triage]
    "#);
}

fn numbers_of(fork: &Fork) -> Vec<u32> {
    fork.ends.iter().map(|end| end.0).collect()
}

fn git(dir: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", dir.join("none"))
        .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "core.autocrlf=false",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Commits what `change` does to the set on a branch of its own that starts at `main`.
fn branch(dir: &Path, name: &str, change: impl Fn(&mut Prompt)) {
    let done = git(dir, &["switch", "-c", name, "main"]);
    assert!(done.0, "{}", done.1);
    let mut set = read_set(&disk::read_tree(dir).unwrap()).unwrap().set;
    change(set.prompts.get_mut(&prompt_name("triage")).unwrap());
    disk::write_tree(dir, &write_set(&set).unwrap()).unwrap();
    for arguments in [&["add", "."][..], &["commit", "-m", name][..]] {
        let done = git(dir, arguments);
        assert!(done.0, "{}", done.1);
    }
}

fn save(triage: &mut Prompt, id: &str, at: &str, from: &str, to: &str) {
    let variant = &mut triage.variants[1];
    let head = variant.head().unwrap().clone();
    let mut content = head.content.clone();
    content.system = content.system.replace(from, to);
    let mut next = version(id, head.number + 1, Some(&head.id), content);
    next.at = at.to_owned();
    variant.versions.push(next);
    variant.head = id.to_owned();
    let mut decision = triage.ledger[0].clone();
    (decision.id, decision.at) = (format!("d-{id}"), at.to_owned());
    triage.ledger.push(decision);
}

#[test]
fn two_branches_merge_in_git_and_come_back_as_a_choice() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    disk::write_tree(dir, &tree()).unwrap();
    for arguments in [
        &["init"][..],
        &["add", "."][..],
        &["commit", "-m", "start"][..],
    ] {
        let done = git(dir, arguments);
        assert!(done.0, "{}", done.1);
    }
    // The later one in time has the earlier id, so that neither order is right by accident.
    branch(dir, "left", |triage| {
        save(triage, "y", "2026-11-20T10:00:00Z", "One.", "1.")
    });
    branch(dir, "right", |triage| {
        save(triage, "x", "2026-11-21T10:00:00Z", "Five.", "5.")
    });
    let merged = git(dir, &["merge", "left", "-m", "both"]);
    assert!(merged.0, "{}", merged.1);

    let tree = disk::read_tree(dir).unwrap();
    let read = read_set(&tree).unwrap();
    let triage = &read.set.prompts[&prompt_name("triage")];
    let numbers: Vec<_> = triage.variants[1]
        .versions
        .iter()
        .map(|version| (version.number, version.id.as_str()))
        .collect();
    assert_eq!(
        numbers,
        [(1, "f1"), (2, "f2"), (3, "f3"), (4, "y"), (5, "x")]
    );
    assert_eq!(triage.ledger.len(), 5);
    assert_eq!(read.forks.len(), 1);
    assert_eq!(numbers_of(&read.forks[0]), [4, 5]);
    assert_eq!(read.forks[0].head, 5);
    assert_eq!(
        read.forks[0].to_string(),
        "triage on gpt-4o: v4 \"step 4\nand why\" by ada and v5 \"step 4\nand why\" by ada stand beside each other; v5 is the head, `understudy variant restore triage gpt-4o N` chooses another"
    );
    // Git joined both edits in the file; no version holds that text yet.
    assert_eq!(read.loose.len(), 1);
    assert_eq!(
        read.loose[0].content.system,
        "1.\nTwo.\nThree.\nFour.\n5.\n"
    );
    let notes: Vec<_> = read.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        ["_history/triage.gpt-4o/x.json:3: two branches gave the number 4; this version is now 5"]
    );

    // Saved on top, written and read again: the choice is made.
    let mut set = read.set;
    let triage = set.prompts.get_mut(&prompt_name("triage")).unwrap();
    let next = version("z", 6, Some("x"), read.loose[0].content.clone());
    triage.variants[1].versions.push(next);
    triage.variants[1].head = "z".to_owned();
    let again = read_set(&write_set(&set).unwrap()).unwrap();
    assert_eq!((again.set, again.forks, again.loose), (set, vec![], vec![]));
}

#[test]
fn a_merge_that_took_one_side_is_still_a_choice() {
    let side = |id: &str, word: &str| {
        let mut set = sample();
        let triage = set.prompts.get_mut(&prompt_name("triage")).unwrap();
        save(triage, id, "2026-11-20T10:00:00Z", "One.", word);
        write_set(&set).unwrap()
    };
    let mut tree = side("y", "1.");
    for (path, bytes) in side("x", "I.") {
        tree.entry(path).or_insert(bytes);
    }
    let read = read_set(&tree).unwrap();
    assert_eq!(read.loose, []);
    assert_eq!(
        (numbers_of(&read.forks[0]).as_slice(), read.forks[0].head),
        (&[4, 5][..], 5)
    );
    assert_eq!(
        read.set.prompts[&prompt_name("triage")].variants[1].head,
        "y"
    );
    // The same edit on both sides leaves nothing to choose.
    let mut tree = side("y", "1.");
    for (path, bytes) in side("x", "1.") {
        tree.entry(path).or_insert(bytes);
    }
    assert_eq!(read_set(&tree).unwrap().forks, []);
}

#[test]
fn a_branch_with_two_steps_merges_with_a_branch_with_one() {
    let mut tree = tree();
    let triage = &sample().prompts[&prompt_name("triage")];
    let added = [("x", 4, "f3", 21), ("x2", 5, "x", 22), ("y", 4, "f3", 20)];
    for (id, number, parent, day) in added {
        let mut next = version(id, number, Some(parent), content(id));
        next.at = format!("2026-11-{day}T10:00:00Z");
        let text = crate::files::json::pretty(&next).unwrap();
        tree.insert(
            format!("_history/triage.gpt-4o/{id}.json"),
            text.into_bytes(),
        );
    }
    let file = dotprompt::write(&model("gpt-4o"), &content("x2"), None).unwrap();
    tree.insert("triage.gpt-4o.prompt".into(), file.into_bytes());
    let read = read_set(&tree).unwrap();
    let back = &read.set.prompts[&prompt_name("triage")].variants[1];
    let numbers: Vec<_> = back
        .versions
        .iter()
        .skip(3)
        .map(|v| (v.id.as_str(), v.number))
        .collect();
    assert_eq!(numbers, [("y", 4), ("x", 5), ("x2", 6)]);
    assert_eq!((back.head.as_str(), read.loose.len()), ("x2", 0));
    assert_eq!(numbers_of(&read.forks[0]), [4, 6]);
    assert_eq!(back.versions.len(), triage.variants[1].versions.len() + 3);
}

/// Sets with any contents and any history, side branches included.
fn sets() -> impl Strategy<Value = PromptSet> {
    let held = strategies::content().prop_filter_map("a file can hold it", |content| {
        dotprompt::check(&model("gpt-4o"), &content)
            .is_ok()
            .then_some(content)
    });
    let history =
        prop::collection::vec((held, any::<prop::sample::Index>(), any::<String>()), 0..5);
    prop::collection::vec(history, 3).prop_map(|histories| {
        let mut set = sample();
        let triage = set.prompts.get_mut(&prompt_name("triage")).unwrap();
        triage.variants.clear();
        for (name, history) in ["claude-sonnet", "gpt-4o", "gemini-pro"]
            .into_iter()
            .zip(histories)
        {
            let mut versions: Vec<Version> = Vec::new();
            for (index, (content, parent, message)) in history.into_iter().enumerate() {
                let parent = (index > 0).then(|| parent.get(&versions).id.clone());
                let number = u32::try_from(index).unwrap() + 1;
                let mut next = version(&format!("v{number}"), number, parent.as_deref(), content);
                next.message = message;
                versions.push(next);
            }
            if let Some(last) = super::history::newest(&versions) {
                let head = last.id.clone();
                triage.variants.push(Variant {
                    model: model(name),
                    versions,
                    head,
                });
            }
        }
        set
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_set_survives(set in sets()) {
        let tree = write_set(&set).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read = read_set(&tree).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&read.set, &set);
        prop_assert_eq!(&read.loose, &[]);
        prop_assert_eq!(write_set(&read.set).unwrap(), tree);
    }

    #[test]
    fn numbers_after_a_merge_do_not_depend_on_the_order(
        parents in prop::collection::vec((any::<prop::sample::Index>(), 1_u32..4, 1_u32..4), 1..8),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut versions: Vec<Version> = Vec::new();
        for (index, (parent, number, day)) in parents.iter().enumerate() {
            let parent = (index > 0).then(|| parent.get(&versions).id.clone());
            let mut next = version(&format!("v{index}"), *number, parent.as_deref(), content(&index.to_string()));
            next.at = format!("2026-11-0{day}T00:00:00Z");
            versions.push(next);
        }
        let mut turned = versions.clone();
        turned.rotate_left(seed.index(versions.len()));
        let order = |versions: Vec<Version>| history::order(versions).map(|(ordered, _)| ordered).map_err(|broken| broken.reason);
        let ordered = order(versions.clone()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&ordered, &order(turned).map_err(TestCaseError::fail)?);
        // Again, nothing moves; and every number is one version's.
        prop_assert_eq!(&ordered, &order(ordered.clone()).map_err(TestCaseError::fail)?);
        prop_assert!(ordered.windows(2).all(|pair| pair[0].number < pair[1].number));
        prop_assert_eq!(ordered.len(), versions.len());
    }

    #[test]
    fn no_tree_makes_it_panic(
        which in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..6),
        strange in prop::collection::btree_map("(_history/|_ledger/|_outputs/)?[a-z.]{0,8}/?[a-z.]{0,6}(.prompt|.json|.jsonl|.toml)", prop::collection::vec(any::<u8>(), 0..40), 0..3),
    ) {
        let mut tree = tree();
        let paths: Vec<_> = tree.keys().cloned().collect();
        for (path, at, byte) in which {
            if let Some(bytes) = tree.get_mut(path.get(&paths)) {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        tree.extend(strange);
        if let Err(FilesError { problems }) = read_set(&tree) {
            prop_assert!(!problems.is_empty());
        }
        let mut only = BTreeMap::new();
        only.extend(tree.into_iter().filter(|(path, _)| path != "understudy.toml"));
        prop_assert!(read_set(&only).is_err());
    }
}
