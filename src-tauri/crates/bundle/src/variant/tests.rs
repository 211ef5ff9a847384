use super::*;

/// The example of the format, with its digests filled in.
fn example() -> String {
    let system = Sha256::of(b"You triage messages for {{product}}.\n");
    let content = Sha256::of(b"content");
    format!(
        r#"{{"schemaVersion":1,"prompt":"triage","variant":"gpt-4o","role":"fallback","order":1,"contentId":"{content}","model":{{"name":"gpt-4o","wire":"openai-chat","id":"gpt-4o-2024-11-20"}},"system":[{{"text":"You triage messages for "}},{{"var":"product"}},{{"text":".\n"}}],"systemSha256":"{system}","callerSystem":"drop","turns":[{{"role":"user","text":"a"}},{{"role":"assistant","text":"b"}}],"params":{{"set":{{"temperature_milli":0}},"remove":["top_p"]}},"maxOutputTokens":{{"value":512,"mode":"cap"}},"tools":{{"mode":"describe","items":[{{"name":"lookup_order","description":"…","parameters":{{"z":1,"a":2}}}}]}},"outputSchema":null,"failover":{{"timeoutMs":12000,"retries":1,"breaker":{{"failures":3,"windowSeconds":30,"probeSeconds":60}},"message":null}}}}
"#
    )
}

#[test]
fn the_example_of_the_format_goes_both_ways_with_its_property_order() {
    let form = MachineForm::parse(&example()).unwrap();
    assert_eq!(form.path(), "variants/triage.gpt-4o.json");
    assert_eq!(
        String::from_utf8(form.to_json().unwrap()).unwrap(),
        example()
    );
}

#[test]
fn each_inner_rule_is_kept() {
    for (from, to, said) in [
        (
            "\"schemaVersion\":1",
            "\"schemaVersion\":2",
            "schemaVersion is 2",
        ),
        ("\"order\":1", "\"order\":0", "order 0"),
        ("\"role\":\"fallback\"", "\"role\":\"primary\"", "order 0"),
        (
            "\"role\":\"fallback\"",
            "\"role\":\"spare\"",
            "unknown variant",
        ),
        (
            "\"temperature_milli\":0",
            "\"temperature\":0.5",
            "not written as an integer",
        ),
        ("\"value\":512", "\"value\":-1", "invalid value"),
        (
            "\"value\":512",
            "\"value\":9007199254740992",
            "out of range",
        ),
        ("\"order\":1", "\"order\":1,\"order\":1", "stands twice"),
        ("\"order\":1", "\"order\":1,\"extra\":1", "unknown field"),
        ("\"outputSchema\":null,", "", "even when it is null"),
        (
            "\"system\":[",
            "\"template\":\"x\",\"system\":[",
            "exactly one of system and template",
        ),
        (
            "{\"var\":\"product\"}",
            "{\"var\":\"product\",\"text\":\"x\"}",
            "expected",
        ),
        (
            "{\"var\":\"product\"}",
            "{\"var\":\"#if x\"}",
            "no plain variable",
        ),
        (
            "{\"var\":\"product\"}",
            "{\"var\":\"\"}",
            "no plain variable",
        ),
        (
            "{\"var\":\"product\"}",
            "{\"var\":\"brand\"}",
            "not the digest",
        ),
    ] {
        let changed = example().replacen(from, to, 1);
        assert_ne!(changed, example(), "{from}");
        let problem = MachineForm::parse(&changed).unwrap_err();
        assert!(problem.contains(said), "{to}: {problem}");
    }
}

#[test]
fn a_template_stands_in_for_segments() {
    let mut form = MachineForm::parse(&example()).unwrap();
    form.system = None;
    form.template = Some("{{#if vip}}Be quick.{{/if}}".to_owned());
    assert!(
        matches!(form.to_json(), Err(Error::MachineForm { problem, .. }) if problem.contains("digest"))
    );
    form.system_sha256 = Sha256::of(form.system_text().as_bytes());
    let json = String::from_utf8(form.to_json().unwrap()).unwrap();
    assert!(json.contains(r#""system":null,"template":"{{#if vip}}"#));
    assert_eq!(MachineForm::parse(&json), Ok(form));
}

#[test]
fn fractions_cannot_be_written() {
    let mut form = MachineForm::parse(&example()).unwrap();
    form.params
        .set
        .insert("top_p".to_owned(), serde_json::json!(0.9));
    assert!(
        matches!(form.to_json(), Err(Error::MachineForm { path, .. }) if path == "variants/triage.gpt-4o.json")
    );
}
