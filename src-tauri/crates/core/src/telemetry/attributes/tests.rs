use serde_json::json;

use super::*;

fn asked(wire: Wire, path: &str, body: &Json) -> String {
    let host = "api.openai.com";
    let found = of_request(wire, host, path, body);
    let lines: Vec<String> = found
        .iter()
        .map(|attribute| {
            let kind = match &attribute.value {
                Value::Bool(_) => "bool",
                Value::I64(_) => "int",
                Value::F64(_) => "double",
                Value::String(_) => "string",
                _ => "array",
            };
            format!("{} = {kind} {}", attribute.key, attribute.value)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn openai_chat() {
    let body = json!({
        "model": "m", "temperature": 1, "top_p": 0.5, "max_completion_tokens": 9, "stop": "END",
        "seed": 42, "frequency_penalty": -0.5, "presence_penalty": 0.25, "n": 2, "stream": true,
        "response_format": {"type": "json_schema", "json_schema": {}},
    });
    insta::assert_snapshot!(asked(Wire::OpenaiChat, "/v1/chat/completions", &body), @r#"
    gen_ai.request.temperature = double 1
    gen_ai.request.top_p = double 0.5
    gen_ai.request.max_tokens = int 9
    gen_ai.request.stop_sequences = array ["END"]
    gen_ai.request.seed = int 42
    gen_ai.request.frequency_penalty = double -0.5
    gen_ai.request.presence_penalty = double 0.25
    gen_ai.request.choice.count = int 2
    gen_ai.request.stream = bool true
    gen_ai.output.type = string json
    openai.api.type = string chat_completions
    "#);
    let old = json!({"max_tokens": 7, "stop": ["a", "b"], "n": 1, "stream": false});
    insta::assert_snapshot!(asked(Wire::OpenaiChat, "/v1/chat/completions", &old), @r#"
    gen_ai.request.max_tokens = int 7
    gen_ai.request.stop_sequences = array ["a","b"]
    openai.api.type = string chat_completions
    "#);
}

#[test]
fn openai_responses() {
    let body = json!({
        "temperature": 0.1, "top_p": 0.2, "max_output_tokens": 3, "stream": true,
        "text": {"format": {"type": "json_schema"}},
    });
    insta::assert_snapshot!(asked(Wire::OpenaiResponses, "/v1/responses", &body), @"
    gen_ai.request.temperature = double 0.1
    gen_ai.request.top_p = double 0.2
    gen_ai.request.max_tokens = int 3
    gen_ai.request.stream = bool true
    gen_ai.output.type = string json
    openai.api.type = string responses
    ");
}

#[test]
fn anthropic() {
    let body = json!({
        "temperature": 0.1, "top_p": 0.2, "top_k": 40, "max_tokens": 3, "stop_sequences": ["x"],
        "output_config": {"format": {"type": "json_schema"}},
    });
    insta::assert_snapshot!(asked(Wire::Anthropic, "/v1/messages", &body), @r#"
    gen_ai.request.temperature = double 0.1
    gen_ai.request.top_p = double 0.2
    gen_ai.request.top_k = double 40
    gen_ai.request.max_tokens = int 3
    gen_ai.request.stop_sequences = array ["x"]
    gen_ai.output.type = string json
    "#);
}

#[test]
fn gemini() {
    let body = json!({"generationConfig": {
        "temperature": 0.1, "topP": 0.2, "topK": 40, "maxOutputTokens": 3, "stopSequences": ["x"],
        "seed": 1, "frequencyPenalty": 0.3, "presencePenalty": 0.4, "candidateCount": 2,
        "responseMimeType": "application/json",
    }});
    let path = "/v1beta/models/g:streamGenerateContent?alt=sse";
    insta::assert_snapshot!(asked(Wire::Gemini, path, &body), @r#"
    gen_ai.request.temperature = double 0.1
    gen_ai.request.top_p = double 0.2
    gen_ai.request.top_k = double 40
    gen_ai.request.max_tokens = int 3
    gen_ai.request.stop_sequences = array ["x"]
    gen_ai.request.seed = int 1
    gen_ai.request.frequency_penalty = double 0.3
    gen_ai.request.presence_penalty = double 0.4
    gen_ai.request.choice.count = int 2
    gen_ai.request.stream = bool true
    gen_ai.output.type = string json
    "#);
    let plain = "/v1beta/models/g:generateContent";
    assert_eq!(asked(Wire::Gemini, plain, &json!({"contents": []})), "");
}

#[test]
fn cohere() {
    let body = json!({
        "temperature": 0.1, "p": 0.2, "k": 40, "max_tokens": 3, "stop_sequences": ["x"], "seed": 1,
        "frequency_penalty": 0.3, "presence_penalty": 0.4, "stream": true,
        "response_format": {"type": "json_object"},
    });
    insta::assert_snapshot!(asked(Wire::Cohere, "/v2/chat", &body), @r#"
    gen_ai.request.temperature = double 0.1
    gen_ai.request.top_p = double 0.2
    gen_ai.request.top_k = double 40
    gen_ai.request.max_tokens = int 3
    gen_ai.request.stop_sequences = array ["x"]
    gen_ai.request.seed = int 1
    gen_ai.request.frequency_penalty = double 0.3
    gen_ai.request.presence_penalty = double 0.4
    gen_ai.request.stream = bool true
    gen_ai.output.type = string json
    "#);
}

#[test]
fn mistral() {
    let body = json!({
        "temperature": 0.1, "top_p": 0.2, "max_tokens": 3, "stop": ["x"], "random_seed": 1,
        "frequency_penalty": 0.3, "presence_penalty": 0.4, "n": 3,
        "response_format": {"type": "text"},
    });
    insta::assert_snapshot!(asked(Wire::Mistral, "/v1/chat/completions", &body), @r#"
    gen_ai.request.temperature = double 0.1
    gen_ai.request.top_p = double 0.2
    gen_ai.request.max_tokens = int 3
    gen_ai.request.stop_sequences = array ["x"]
    gen_ai.request.seed = int 1
    gen_ai.request.frequency_penalty = double 0.3
    gen_ai.request.presence_penalty = double 0.4
    gen_ai.request.choice.count = int 3
    gen_ai.output.type = string text
    "#);
}

#[test]
fn what_is_not_asked_for_is_not_told() {
    for wire in [Wire::Anthropic, Wire::Gemini, Wire::Cohere, Wire::Mistral] {
        assert_eq!(
            asked(wire, "/", &json!({"temperature": null, "stop": 3})),
            ""
        );
    }
}

#[test]
fn providers_go_by_host_then_by_wire() {
    let chat = |host| provider(Wire::OpenaiChat, host);
    for (host, name) in [
        ("api.openai.com", "openai"),
        ("127.0.0.1", "openai"),
        ("ours.openai.azure.com", "azure.ai.openai"),
        ("ours.services.ai.azure.com", "azure.ai.inference"),
        ("api.deepseek.com", "deepseek"),
        ("api.groq.com", "groq"),
        ("api.perplexity.ai", "perplexity"),
        ("api.x.ai", "x_ai"),
        ("max.ai", "openai"),
        ("api.mistral.ai", "mistral_ai"),
        ("openrouter.ai", "openrouter"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock"),
        ("s3.amazonaws.com", "openai"),
    ] {
        assert_eq!(chat(host), name, "{host}");
    }
    assert_eq!(provider(Wire::Anthropic, "api.anthropic.com"), "anthropic");
    let vertex = "us-east5-aiplatform.googleapis.com";
    assert_eq!(provider(Wire::Anthropic, vertex), "gcp.vertex_ai");
    assert_eq!(
        provider(Wire::Gemini, "aiplatform.googleapis.com"),
        "gcp.vertex_ai"
    );
    let studio = "generativelanguage.googleapis.com";
    assert_eq!(provider(Wire::Gemini, studio), "gcp.gemini");
    assert_eq!(provider(Wire::Gemini, "proxy.example"), "gcp.gen_ai");
    assert_eq!(provider(Wire::Cohere, "api.cohere.com"), "cohere");
    assert_eq!(provider(Wire::Mistral, "localhost"), "mistral_ai");
}

#[test]
fn a_server_is_a_host_and_a_port() {
    let of = |origin| {
        let (host, port) = server(origin);
        (host, port.unwrap())
    };
    assert_eq!(of("https://api.openai.com"), ("api.openai.com".into(), 443));
    assert_eq!(of("http://localhost"), ("localhost".into(), 80));
    assert_eq!(of("http://127.0.0.1:8080"), ("127.0.0.1".into(), 8080));
    assert_eq!(of("http://[::1]:8080"), ("::1".into(), 8080));
    assert_eq!(of("https://[::1]"), ("::1".into(), 443));
}
