use super::super::tests::model;
use super::*;
use crate::model::{anthropic, cohere, gemini, mistral, openai_chat, openai_responses};

fn url(model: &Model, streamed: bool) -> String {
    let shape = match model.wire {
        Wire::OpenaiChat => &openai_chat::SHAPE,
        Wire::OpenaiResponses => &openai_responses::SHAPE,
        Wire::Anthropic => &anthropic::SHAPE,
        Wire::Gemini if streamed => &gemini::STREAM,
        Wire::Gemini => &gemini::SHAPE,
        Wire::Cohere => &cohere::SHAPE,
        Wire::Mistral => &mistral::SHAPE,
    };
    match join(model, shape) {
        Ok(url) => url.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Where this base leads on this wire; without one, the provider's own.
fn leads(wire: Wire, base: &str) -> String {
    let base = Some(base).filter(|base| !base.is_empty());
    url(&model(wire, base), false)
}

#[test]
fn every_provider_has_an_address_of_its_own() {
    for (wire, full) in [
        (
            Wire::OpenaiChat,
            "https://api.openai.com/v1/chat/completions",
        ),
        (Wire::OpenaiResponses, "https://api.openai.com/v1/responses"),
        (Wire::Anthropic, "https://api.anthropic.com/v1/messages"),
        (
            Wire::Gemini,
            "https://generativelanguage.googleapis.com/v1beta/models/model-1:generateContent",
        ),
        (Wire::Cohere, "https://api.cohere.com/v2/chat"),
        (Wire::Mistral, "https://api.mistral.ai/v1/chat/completions"),
    ] {
        assert_eq!(leads(wire, ""), full);
    }
}

#[test]
fn base_urls_join_without_doubling() {
    for (base, full) in [
        ("http://h:8000", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/v1", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/v1/", "http://h:8000/v1/chat/completions"),
        (
            "http://localhost:11434",
            "http://localhost:11434/v1/chat/completions",
        ),
        (
            "http://localhost:1234/v1",
            "http://localhost:1234/v1/chat/completions",
        ),
        (
            "https://openrouter.ai",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            "https://openrouter.ai/api",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            "https://openrouter.ai/api/v1",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        (
            "https://api.portkey.ai/v1",
            "https://api.portkey.ai/v1/chat/completions",
        ),
        (
            "https://g.example/v1beta/openai/",
            "https://g.example/v1beta/openai/chat/completions",
        ),
        (
            "https://odd.example/llm/chat/completions/#x",
            "https://odd.example/llm/chat/completions",
        ),
    ] {
        assert_eq!(leads(Wire::OpenaiChat, base), full, "{base}");
        let mistral = leads(Wire::Mistral, base);
        assert_eq!(
            mistral.replace("openrouter.ai/v1", "openrouter.ai/api/v1"),
            full
        );
    }
    for (base, full) in [
        ("http://h:4000", "http://h:4000/v1/responses"),
        ("http://h:4000/v1/", "http://h:4000/v1/responses"),
        ("http://h:4000/v1/responses", "http://h:4000/v1/responses"),
    ] {
        assert_eq!(leads(Wire::OpenaiResponses, base), full, "{base}");
    }
    for (base, full) in [
        // The prefix of a gateway is not the API's version.
        (
            "https://g.example/v1/acct/anthropic",
            "https://g.example/v1/acct/anthropic/v1/messages",
        ),
        ("https://g.example/v1", "https://g.example/v1/messages"),
        ("http://h:4000", "http://h:4000/v1/messages"),
        (
            "https://r.services.ai.azure.com/anthropic",
            "https://r.services.ai.azure.com/anthropic/v1/messages",
        ),
    ] {
        assert_eq!(leads(Wire::Anthropic, base), full, "{base}");
    }
    for (base, full) in [
        ("https://api.cohere.com/", "https://api.cohere.com/v2/chat"),
        (
            "https://api.cohere.com/v2",
            "https://api.cohere.com/v2/chat",
        ),
        (
            "https://api.cohere.com/v2/chat",
            "https://api.cohere.com/v2/chat",
        ),
        ("http://h:4010/v1", "http://h:4010/v2/chat"),
        ("http://h:4010/cohere", "http://h:4010/cohere/v2/chat"),
    ] {
        assert_eq!(leads(Wire::Cohere, base), full, "{base}");
    }
}

#[test]
fn azure_has_two_forms() {
    let azure = "https://r.openai.azure.com";
    for (rest, chat, responses) in [
        ("", "/openai/v1/chat/completions", "/openai/v1/responses"),
        (
            "/openai",
            "/openai/v1/chat/completions",
            "/openai/v1/responses",
        ),
        (
            "/openai/v1/",
            "/openai/v1/chat/completions",
            "/openai/v1/responses",
        ),
        (
            "?api-version=2024-10-21",
            "/openai/deployments/model-1/chat/completions?api-version=2024-10-21",
            "/openai/responses?api-version=2024-10-21",
        ),
        (
            "/openai/deployments/d?api-version=2024-10-21",
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "/openai/responses?api-version=2024-10-21",
        ),
        (
            "?api-version=preview",
            "/openai/v1/chat/completions?api-version=preview",
            "/openai/v1/responses?api-version=preview",
        ),
        (
            "/models?api-version=2024-05-01-preview",
            "/models/chat/completions?api-version=2024-05-01-preview",
            "/models/responses?api-version=2024-05-01-preview",
        ),
    ] {
        let base = format!("{azure}{rest}");
        assert_eq!(
            leads(Wire::OpenaiChat, &base),
            format!("{azure}{chat}"),
            "{rest}"
        );
        assert_eq!(
            leads(Wire::OpenaiResponses, &base),
            format!("{azure}{responses}"),
            "{rest}"
        );
    }
    // A gateway of one's own before it.
    assert_eq!(
        leads(
            Wire::OpenaiChat,
            "https://g.example/x/deployments/d?api-version=2024-10-21"
        ),
        "https://g.example/x/deployments/d/chat/completions?api-version=2024-10-21"
    );
}

#[test]
fn gemini_has_the_model_in_its_path() {
    let place = "/v1/projects/p/locations/l/publishers/google/models/model-1:generateContent";
    for (base, full) in [
        ("http://h", "http://h/v1beta/models/model-1:generateContent"),
        (
            "http://h/v1beta/",
            "http://h/v1beta/models/model-1:generateContent",
        ),
        ("http://h/v1", "http://h/v1/models/model-1:generateContent"),
        (
            "http://h/v1/models",
            "http://h/v1/models/model-1:generateContent",
        ),
        (
            "http://h/v1beta/models/model-1:streamGenerateContent",
            "http://h/v1beta/models/model-1:generateContent",
        ),
        (
            "http://h/gemini?key=k",
            "http://h/gemini/v1beta/models/model-1:generateContent?key=k",
        ),
    ] {
        assert_eq!(leads(Wire::Gemini, base), full, "{base}");
    }
    for base in [
        "https://l-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google",
        "https://l-aiplatform.googleapis.com/v1/projects/p/locations/l/",
    ] {
        let full = format!("https://l-aiplatform.googleapis.com{place}");
        assert_eq!(leads(Wire::Gemini, base), full, "{base}");
    }
    assert_eq!(
        leads(Wire::Gemini, "https://aiplatform.googleapis.com"),
        "https://aiplatform.googleapis.com/v1/publishers/google/models/model-1:generateContent"
    );
    for (id, place) in [
        ("models/m", "models/m"),
        ("tunedModels/m", "tunedModels/m"),
        ("m?x#y", "models/m%3Fx%23y"),
    ] {
        let model = Model {
            id: id.into(),
            ..model(Wire::Gemini, Some("http://h"))
        };
        assert_eq!(
            url(&model, false),
            format!("http://h/v1beta/{place}:generateContent")
        );
    }
}

#[test]
fn streams_of_gemini_are_asked_for_as_events() {
    let streamed = |base: &str| url(&model(Wire::Gemini, Some(base)), true);
    let full = "http://h/v1beta/models/model-1:streamGenerateContent?alt=sse";
    assert_eq!(streamed("http://h"), full);
    assert_eq!(
        streamed("http://h/v1beta/models/model-1:generateContent"),
        full
    );
    assert_eq!(streamed(full), full);
    assert_eq!(
        streamed("http://h?key=k"),
        "http://h/v1beta/models/model-1:streamGenerateContent?key=k&alt=sse"
    );
}
