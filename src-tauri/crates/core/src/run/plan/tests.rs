use super::*;
use crate::model::ErrorKind;
use crate::prompt::Wire;
use serde_json::json;

fn case(id: &str) -> Case {
    serde_json::from_value(json!({"id": id, "variables": {"who": id},
        "turns": [{"role": "user", "text": "hi"}]}))
    .unwrap()
}

fn name(model: &str) -> ModelName {
    ModelName::parse(model).unwrap()
}

fn settings(wire: Wire) -> Arc<Model> {
    Arc::new(Model {
        wire,
        id: "id-1".into(),
        key_env: None,
        base_url: None,
        headers: Default::default(),
        ..Model::new(Wire::Anthropic, "")
    })
}

fn content(system: &str) -> Arc<Content> {
    Arc::new(Content {
        system: system.into(),
        ..Content::default()
    })
}

fn own(model: &str, system: &str) -> Target {
    Target::own(name(model), settings(Wire::OpenaiChat), content(system))
}

fn order(plan: &Plan) -> Vec<String> {
    plan.cells()
        .map(|cell| {
            let key = cell.key();
            let mark = if key.passthrough { "!" } else { "" };
            format!("{}{mark}/{}/{}", key.model, key.case, key.repeat)
        })
        .collect()
}

#[test]
fn models_take_turns_and_every_case_is_asked_before_any_is_repeated() {
    let targets = || vec![own("a", "x"), own("b", "y")];
    let plan = Plan::new(vec![case("1"), case("2")], targets(), 2).unwrap();
    assert_eq!(
        order(&plan),
        [
            "a/1/1", "b/1/1", "a/2/1", "b/2/1", "a/1/2", "b/1/2", "a/2/2", "b/2/2"
        ]
    );
    let again = Plan::new(vec![case("1"), case("2")], targets(), 2).unwrap();
    assert_eq!(order(&plan), order(&again));
    assert_eq!(plan.len(), 8);
}

#[test]
fn passthrough_gives_the_fallback_the_primarys_content_under_its_id() {
    let primary = content("primary {{who}}");
    let targets = vec![
        Target::own(name("p"), settings(Wire::Anthropic), primary.clone()),
        own("f", "fallback {{who}}"),
        Target::passthrough(name("f"), settings(Wire::OpenaiChat), primary.clone()),
    ];
    let plan = Plan::new(vec![case("1")], targets, 1).unwrap();
    assert_eq!(order(&plan), ["p/1/1", "f/1/1", "f!/1/1"]);
    let last = plan.cell(2).unwrap();
    assert_eq!(last.key().content_id, primary.id());
    assert_eq!(last.key().input_digest, case("1").input_digest());
    let call = last.call().unwrap();
    assert!(call.passthrough);
    assert_eq!(call.request.path, "/v1/chat/completions");
    insta::assert_snapshot!(call.request.body.to_string(), @r#"{"model":"id-1","messages":[{"role":"system","content":"primary 1"},{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#);
}

#[test]
fn what_is_given_twice_is_asked_once() {
    let cases = [case("1"), case("1"), case("2")];
    let targets = vec![own("a", "x"), own("a", "x"), own("a", "y")];
    let plan = Plan::new(cases.to_vec(), targets, 0).unwrap();
    assert_eq!(order(&plan), ["a/1/1", "a/1/1", "a/2/1", "a/2/1"]);
    let ids: HashSet<_> = plan.cells().map(|cell| cell.key()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn cells_that_cannot_be_called_say_why() {
    let missing = Plan::new(vec![case("1")], vec![own("a", "{{nobody}}")], 1).unwrap();
    let error = missing.cell(0).unwrap().call().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Render);
    assert_eq!(
        error.message,
        "system text: the variable `nobody` has no value"
    );
    let lost = Arc::new(Model {
        base_url: Some("/v1".into()),
        ..Model::new(Wire::Gemini, "id-1")
    });
    let target = Target::own(name("g"), lost, content("x"));
    let plan = Plan::new(vec![case("1")], vec![target], 1).unwrap();
    assert_eq!(
        plan.cell(0).unwrap().call().unwrap_err().to_string(),
        "the model's settings make no valid request: \
         base_url: this is not a URL: relative URL without a base"
    );
}

#[test]
fn absurd_plans_are_refused_and_empty_ones_are_not() {
    let error = Plan::new(vec![case("1")], vec![own("a", "x")], u32::MAX).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 cases × 1 versions × 4294967295 repeats are more than 10000000 calls"
    );
    assert!(
        Plan::new(Vec::new(), vec![own("a", "x")], 3)
            .unwrap()
            .is_empty()
    );
}
