use super::*;
use crate::prompt::Params;
use serde_json::json;

pub(in crate::model) fn model(wire: Wire, base_url: Option<&str>) -> Model {
    Model {
        wire,
        id: "model-1".into(),
        key_env: Some("A_KEY".into()),
        base_url: base_url.map(str::to_owned),
        headers: BTreeMap::new(),
        ..Model::new(Wire::Anthropic, "")
    }
}

fn rendered() -> Rendered {
    Rendered {
        system: Some("Be brief.".into()),
        turns: vec![],
    }
}

fn url(wire: Wire, base: Option<&str>) -> String {
    match build(&model(wire, base), &Content::default(), &rendered()) {
        Ok(request) => request.url().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn base_urls_join_without_doubling() {
    let chat = |base: &str| url(Wire::OpenaiChat, Some(base));
    for (base, full) in [
        ("http://h:8000", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/v1", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/v1/", "http://h:8000/v1/chat/completions"),
        (
            "https://openrouter.ai/api/v1",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            "https://g.example/v1beta/openai/",
            "https://g.example/v1beta/openai/chat/completions",
        ),
        (
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://odd.example/llm/chat/completions/#x",
            "https://odd.example/llm/chat/completions",
        ),
    ] {
        assert_eq!(chat(base), full, "{base}");
    }
    assert_eq!(
        url(Wire::OpenaiChat, None),
        "https://api.openai.com/v1/chat/completions"
    );
    assert_eq!(
        url(Wire::Anthropic, None),
        "https://api.anthropic.com/v1/messages"
    );
    // The prefix of a gateway is not the API's version.
    assert_eq!(
        url(Wire::Anthropic, Some("https://g.example/v1/acct/anthropic")),
        "https://g.example/v1/acct/anthropic/v1/messages"
    );
    assert_eq!(
        url(Wire::Anthropic, Some("https://g.example/v1")),
        "https://g.example/v1/messages"
    );
}

#[test]
fn unusable_settings_are_named_without_their_secrets() {
    for (base, says) in [
        (
            "localhost:8000",
            "base_url: it must start with http:// or https:// and name a host",
        ),
        (
            "/v1",
            "base_url: this is not a URL: relative URL without a base",
        ),
        (
            "https://user:planted@h/v1",
            "base_url: it holds a user name or password; put the key's variable into key_env",
        ),
    ] {
        assert_eq!(url(Wire::OpenaiChat, Some(base)), says, "{base}");
    }
    for (name, value) in [
        ("bad name", "x"),
        ("x-a", "line\nbreak"),
        ("Host", "elsewhere"),
        ("content-type", "text/plain"),
    ] {
        let mut model = model(Wire::OpenaiChat, None);
        model.headers.insert(name.into(), value.into());
        let error = build(&model, &Content::default(), &rendered()).unwrap_err();
        assert!(
            matches!(&error, BuildError::Header { name: named, .. } if named == name),
            "{error}"
        );
        assert_eq!(CallError::from(error).kind, ErrorKind::BadSettings);
    }
}

#[test]
fn a_wire_without_adapter_is_named() {
    for wire in [
        Wire::OpenaiResponses,
        Wire::Gemini,
        Wire::Cohere,
        Wire::Mistral,
    ] {
        let error = build(&model(wire, None), &Content::default(), &rendered()).unwrap_err();
        assert_eq!(error, BuildError::UnsupportedWire { wire });
        let error = CallError::from(error);
        let wire = wire.as_str().to_owned();
        assert_eq!(
            error.to_string(),
            format!("the wire `{wire}` cannot be called yet")
        );
        assert_eq!(error.kind, ErrorKind::UnsupportedWire { wire });
    }
}

#[test]
fn headers_of_the_model_are_merged_and_secrets_left_out() {
    let mut model = model(
        Wire::Anthropic,
        Some("https://h/v1?region=eu&api_key=planted"),
    );
    for (name, value) in [
        ("Anthropic-Version", "2026-10-21"),
        ("X-Title", "triage"),
        ("X-Portkey-Api-Key", "planted"),
        ("Authorization", "Bearer planted"),
        ("cookie", "planted"),
    ] {
        model.headers.insert(name.into(), value.into());
    }
    let request = build(&model, &Content::default(), &rendered()).unwrap();
    insta::assert_json_snapshot!(request, @r#"
    {
      "method": "POST",
      "path": "/v1/messages?region=eu&api_key=[secret]",
      "headers": {
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
        "x-title": "triage"
      },
      "body": {
        "model": "model-1",
        "max_tokens": 4096,
        "system": "Be brief.",
        "messages": []
      }
    }
    "#);
    assert!(!format!("{request:?}").contains("planted"));
    let secret: Vec<_> = secret_headers(&model).map(|(name, _)| name).collect();
    assert_eq!(secret, ["authorization", "x-portkey-api-key", "cookie"]);
}

#[test]
fn provider_options_come_last_and_merge_in_depth() {
    let content = Content {
        params: Params {
            set: [("temperature".to_owned(), json!(0.2))].into(),
            ..Params::default()
        },
        output_schema: Some(json!({"type": "object"})),
        provider_options: json!({
            "temperature": 1,
            "output_config": {"effort": "low"},
            "metadata": {"user_id": "u"}
        })
        .as_object()
        .unwrap()
        .clone(),
        ..Content::default()
    };
    let request = build(&model(Wire::Anthropic, None), &content, &rendered()).unwrap();
    insta::assert_snapshot!(request.body.to_string(), @r#"{"model":"model-1","max_tokens":4096,"system":"Be brief.","messages":[],"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},"effort":"low"},"temperature":1,"metadata":{"user_id":"u"}}"#);
}

#[test]
fn removed_and_null_parameters_are_absent() {
    let content = Content {
        params: Params {
            set: [
                ("temperature".to_owned(), json!(0.2)),
                ("top_p".to_owned(), json!(0.9)),
                ("seed".to_owned(), Value::Null),
            ]
            .into(),
            remove: ["top_p".to_owned()].into(),
        },
        ..Content::default()
    };
    let sent: Vec<_> = crate::model::wire::params(&content).collect();
    assert_eq!(sent, [("temperature", &json!(0.2))]);
}
