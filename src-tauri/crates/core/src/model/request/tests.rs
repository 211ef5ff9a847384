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
        stream: false,
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
