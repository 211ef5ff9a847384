//! Nothing about the sample is wired in: changing it changes what is found.

use serde_json::{Value, json};

use crate::desk::Desk;

/// The sample as a directory that can be edited and pulled again.
fn desk() -> Desk {
    let desk = Desk::with_sample();
    desk.run("sync set --push").expect(0);
    desk
}

/// Findings as code, prompt, model, in the order of `check`.
fn found(desk: &Desk) -> Vec<Value> {
    let report = desk.json("check");
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            json!([
                finding["level"],
                finding["code"],
                finding["prompt"],
                finding["model"]
            ])
        })
        .collect()
}

/// What a change brings and what it takes away.
fn difference(desk: &Desk, change: impl FnOnce(&Desk)) -> (Vec<Value>, Vec<Value>) {
    let before = found(desk);
    change(desk);
    let after = found(desk);
    let less = |a: &[Value], b: &[Value]| {
        a.iter()
            .filter(|finding| !b.contains(finding))
            .cloned()
            .collect()
    };
    (less(&after, &before), less(&before, &after))
}

fn pull(desk: &Desk) {
    desk.run("sync set --pull").expect(0);
}

#[test]
fn a_policy() {
    let desk = desk();
    let (more, less) = difference(&desk, |desk| {
        let toml = desk.read("set/understudy.toml");
        let start = toml.find("policy = { kind = \"primary-only\"").unwrap();
        let end = start + toml[start..].find('\n').unwrap();
        desk.write(
            "set/understudy.toml",
            toml.replace(&toml[start..end], "policy = \"strict\""),
        );
        pull(desk);
    });
    assert_eq!(
        more,
        [json!(["error", "fallback-missing", "release-notes", null])]
    );
    assert_eq!(
        less,
        [json!(["warning", "primary-only", "release-notes", null])]
    );
}

#[test]
fn a_level() {
    let desk = desk();
    let (more, less) = difference(&desk, |desk| {
        desk.edit(
            "set/understudy.toml",
            "[prompts.onboarding-mail.levels]\n",
            "[prompts.onboarding-mail.levels]\nsame-as-primary = { level = \"error\", reason = \"tuned by May\" }\n",
        );
        pull(desk);
    });
    assert_eq!(
        more,
        [json!([
            "error",
            "same-as-primary",
            "onboarding-mail",
            "gpt-4o"
        ])]
    );
    assert_eq!(
        less,
        [json!([
            "warning",
            "same-as-primary",
            "onboarding-mail",
            "gpt-4o"
        ])]
    );
}

#[test]
fn a_third_fallback() {
    let desk = desk();
    let (more, _) = difference(&desk, |desk| {
        desk.edit(
            "set/understudy.toml",
            "models = [\"claude-sonnet\", \"gpt-4o\"]",
            "models = [\"claude-sonnet\", \"gpt-4o\", \"gemini-pro\"]",
        );
        pull(desk);
    });
    assert_eq!(
        more,
        [
            json!(["error", "fallback-missing", "doc-summary", "gemini-pro"]),
            json!(["error", "fallback-missing", "onboarding-mail", "gemini-pro"]),
        ]
    );
    // Its first version starts the sync point: it owes nothing from before, and has yet to be run.
    let (more, less) = difference(&desk, |desk| {
        let prompt = desk
            .run("variant show doc-summary gpt-4o")
            .stdout
            .replace("gpt-4o", "gemini-pro");
        desk.write("third.prompt", prompt);
        desk.run(
            "variant save doc-summary gemini-pro --file third.prompt -m \"a third\" --parent 0",
        )
        .expect(0);
    });
    assert_eq!(
        more,
        [json!(["warning", "never-run", "doc-summary", "gemini-pro"])]
    );
    assert_eq!(
        less,
        [json!([
            "error",
            "fallback-missing",
            "doc-summary",
            "gemini-pro"
        ])]
    );
}

#[test]
fn a_case() {
    let desk = desk();
    let (more, _) = difference(&desk, |desk| {
        let cases = desk.read("set/doc-summary.cases.jsonl");
        let mut case: Value = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
        case["variables"]["title"] = json!("Another title");
        desk.write("case.jsonl", case.to_string());
        let imported = desk.json("case import case.jsonl --prompt doc-summary");
        assert_eq!(
            (&imported["imported"], &imported["unchanged"]),
            (&json!(1), &json!(0))
        );
    });
    assert_eq!(
        more,
        [
            json!(["warning", "stale-run", "doc-summary", "claude-sonnet"]),
            json!(["warning", "stale-run", "doc-summary", "gpt-4o"]),
        ]
    );
}

#[test]
fn a_case_that_lacks_a_variable() {
    let desk = desk();
    let (more, _) = difference(&desk, |desk| {
        desk.write(
            "case.jsonl",
            "{\"id\":\"bare\",\"variables\":{\"product\":\"Fernhill Goods\"}}\n",
        );
        desk.run("case import case.jsonl --prompt support-triage")
            .expect(0);
    });
    for model in ["claude-sonnet", "gpt-4o", "gemini-pro"] {
        assert!(
            more.contains(&json!([
                "error",
                "unknown-variable",
                "support-triage",
                model
            ])),
            "{more:?}"
        );
        assert!(
            more.contains(&json!(["error", "stale-run", "support-triage", model])),
            "{more:?}"
        );
    }
}

#[test]
fn an_output() {
    let desk = desk();
    let cases = desk.json("case list support-triage");
    let ids: Vec<&str> = cases["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["id"].as_str().unwrap())
        .collect();
    let (more, _) = difference(&desk, |desk| {
        let lines: Vec<String> = ids
            .iter()
            .map(|id| {
                json!({"case": id, "model": "gpt-4o", "repeat": 3, "output": "```json\n{}\n```"})
                    .to_string()
            })
            .collect();
        desk.write("outputs.jsonl", lines.join("\n"));
        let imported = desk.json("output import outputs.jsonl --prompt support-triage");
        assert_eq!(imported["imported"], ids.len());
        let again = desk.json("output import outputs.jsonl --prompt support-triage");
        assert_eq!(
            (&again["imported"], &again["unchanged"]),
            (&json!(0), &json!(ids.len()))
        );
    });
    assert_eq!(
        more,
        [json!([
            "error",
            "schema-broken",
            "support-triage",
            "gpt-4o"
        ])]
    );
    // An error that can be lived with for a time is accepted, which the bundle then carries.
    let accept =
        "accept schema-broken support-triage gpt-4o --reason \"rerun on Monday with the fix\"";
    desk.run(accept).expect(0);
    assert!(found(&desk).contains(&json!([
        "warning",
        "schema-broken",
        "support-triage",
        "gpt-4o"
    ])));
    assert!(
        desk.run("check support-triage")
            .stdout
            .contains("accepted until")
    );
}

#[test]
fn foreign_outputs_are_taken_in_by_naming_their_fields() {
    let desk = desk();
    desk.write(
        "theirs.jsonl",
        "{\"n\": 7, \"question\": \"Where is it?\", \"ours\": \"Here.\", \"theirs\": \"There.\", \"more\": 1}\n",
    );
    let imported = desk.json(
        "output import theirs.jsonl --prompt onboarding-mail \
         --map case=n input.question=question primary=ours fallback=theirs",
    );
    assert_eq!(
        (&imported["imported"], &imported["cases_created"]),
        (&json!(2), &json!(1))
    );
    let pair = desk.json("compare onboarding-mail 7");
    assert_eq!(
        (&pair["primary"]["text"], &pair["fallback"]["text"]),
        (&json!("Here."), &json!("There."))
    );
}

#[test]
fn a_model_whose_api_refuses_what_it_is_sent() {
    let desk = desk();
    let (more, less) = difference(&desk, |desk| {
        desk.edit(
            "set/understudy.toml",
            "id = \"gpt-4o-2024-11-20\"",
            "id = \"gpt-5.5\"",
        );
        pull(desk);
    });
    assert_eq!(
        more,
        ["doc-summary", "onboarding-mail", "support-triage"].map(|prompt| json!([
            "error",
            "parameter-refused",
            prompt,
            "gpt-4o"
        ]))
    );
    assert_eq!(less, Vec::<Value>::new());
    let directory = desk.run("check --dir set --json").stdout;
    assert!(directory.contains("gpt-5.5 refuses `temperature` 0 unless `reasoning_effort` none"));
}

#[test]
fn a_table_of_models_of_one_s_own() {
    let mut desk = desk();
    let table = desk.path("mine.toml").display().to_string();
    desk.write(
        "mine.toml",
        "[models.gpt-4o]\nrefuses = [{ fields = [\"temperature\"], except = [0] }]\n",
    );
    desk.env.push(("UNDERSTUDY_MODELS".to_owned(), table));
    let refused: Vec<_> = found(&desk)
        .into_iter()
        .filter(|finding| finding[1] == "parameter-refused")
        .map(|finding| finding[2].clone())
        .collect();
    // The third sends 0.
    assert_eq!(refused, ["doc-summary", "onboarding-mail"]);
    desk.write("mine.toml", "[models.gpt-4o]\nprice = { input = 3 }\n");
    let ended = desk.run("check");
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("mine.toml, line 2:"),
        "{}",
        ended.stderr
    );
}
