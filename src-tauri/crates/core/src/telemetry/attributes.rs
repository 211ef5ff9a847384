//! What a try is called by: the attributes of its span and of its measurements. Pure, and free of texts: what was said
//! is in `messages.rs`.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use serde_json::Value as Json;

use super::names;
use crate::model::{Answer, Finish};
use crate::prompt::Wire;
use crate::run::{Part, Tried};

/// The operation, as the conventions name it: Gemini's has a name of its own.
pub(super) fn operation(wire: Wire) -> &'static str {
    match wire {
        Wire::Gemini => "generate_content",
        _ => "chat",
    }
}

/// Who is asked, by the host, else by the wire. A server that merely speaks a wire is given the wire's name, which says
/// what form its telemetry has.
pub(super) fn provider(wire: Wire, host: &str) -> &'static str {
    let under = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let known = [
        ("openai.azure.com", "azure.ai.openai"),
        ("cognitiveservices.azure.com", "azure.ai.openai"),
        ("services.ai.azure.com", "azure.ai.inference"),
        ("models.ai.azure.com", "azure.ai.inference"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("ml.cloud.ibm.com", "ibm.watsonx.ai"),
        ("deepseek.com", "deepseek"),
        ("groq.com", "groq"),
        ("perplexity.ai", "perplexity"),
        ("x.ai", "x_ai"),
        ("mistral.ai", "mistral_ai"),
        ("openrouter.ai", "openrouter"),
    ];
    if let Some((_, name)) = known.iter().find(|(domain, _)| under(domain)) {
        return name;
    }
    // One of its regions, such as `us-east5-aiplatform.googleapis.com`.
    if host.ends_with("-aiplatform.googleapis.com") {
        return "gcp.vertex_ai";
    }
    if under("amazonaws.com") && host.starts_with("bedrock") {
        return "aws.bedrock";
    }
    match wire {
        Wire::OpenaiChat | Wire::OpenaiResponses => "openai",
        Wire::Anthropic => "anthropic",
        Wire::Gemini => "gcp.gen_ai",
        Wire::Cohere => "cohere",
        Wire::Mistral => "mistral_ai",
    }
}

/// Host and port of `scheme://host:port`.
pub(super) fn server(origin: &str) -> (String, Option<u16>) {
    let (scheme, rest) = origin.split_once("://").unwrap_or(("", origin));
    let usual = match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    };
    // An IPv6 address stands in brackets and holds colons itself.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (rest, usual),
    };
    (host.trim_matches(['[', ']']).to_owned(), port)
}

/// What span and measurements have in common.
pub(super) fn common(tried: &Tried<'_>) -> Vec<KeyValue> {
    let settings = &tried.call.settings;
    let (host, port) = server(&tried.call.request.origin());
    let mut attributes = vec![
        KeyValue::new(names::OPERATION, operation(settings.wire)),
        KeyValue::new(names::PROVIDER, provider(settings.wire, &host)),
        KeyValue::new(names::REQUEST_MODEL, settings.id.clone()),
        KeyValue::new(names::PROMPT_NAME, tried.prompt.to_owned()),
        KeyValue::new(names::ROLE, role(tried.part)),
        KeyValue::new(names::SERVER_ADDRESS, host),
    ];
    if let Some(port) = port {
        attributes.push(KeyValue::new(names::SERVER_PORT, i64::from(port)));
    }
    if let Some(model) = answer(tried).and_then(|answer| answer.model.clone()) {
        attributes.push(KeyValue::new(names::RESPONSE_MODEL, model));
    }
    attributes
}

/// What only the span has. A fallback's reason is not known here.
pub(super) fn of_span(tried: &Tried<'_>) -> Vec<KeyValue> {
    let (call, attempt) = (tried.call, tried.attempt);
    let trace = &attempt.trace;
    let conversation = format!("{}/{}/{}", tried.run, call.case, call.repeat);
    let mut attributes = vec![
        KeyValue::new(names::RUN, tried.run.to_owned()),
        KeyValue::new(names::CASE, call.case.as_str().to_owned()),
        KeyValue::new(names::REPEAT, i64::from(call.repeat)),
        KeyValue::new(names::MODEL, call.model.as_str().to_owned()),
        KeyValue::new(names::ORDER, i64::from(tried.order)),
        KeyValue::new(names::CONTENT_ID, tried.content_id.to_string()),
        KeyValue::new(names::ATTEMPT, i64::from(tried.number)),
        // All models that answer one case in one run answer the same conversation.
        KeyValue::new(names::CONVERSATION, conversation),
    ];
    let mut add = |name, value: Option<Value>| {
        attributes.extend(value.map(|value| KeyValue::new(name, value)));
    };
    add(
        names::PROMPT_VERSION,
        tried.version.map(|v| v.to_string().into()),
    );
    add(
        names::ATTEMPT_REASON,
        tried.reason.map(|r| r.to_owned().into()),
    );
    add(names::REQUEST_ID, trace.request_id.clone().map(Into::into));
    let status = trace
        .status
        .or_else(|| attempt.outcome.as_ref().err()?.status);
    add(
        names::STATUS_CODE,
        status.map(|status| i64::from(status).into()),
    );
    add(
        names::RESPONSE_FIRST_CHUNK,
        trace.first_token_seconds.map(Into::into),
    );
    if let Err(error) = &attempt.outcome {
        add(names::ERROR_TYPE, Some(error.kind.code().into()));
    }
    if let Ok(answer) = &attempt.outcome {
        add(names::RESPONSE_FINISH, finish(&answer.finish));
    }
    // What a broken stream had counted was billed all the same.
    if let Some(usage) = answer(tried).and_then(|answer| answer.usage) {
        let count = |count: u32| Some(i64::from(count).into());
        add(names::USAGE_INPUT, count(usage.input_tokens));
        add(names::USAGE_OUTPUT, count(usage.output_tokens));
        add(
            names::USAGE_CACHE_READ,
            usage.cached_input_tokens.and_then(count),
        );
        add(
            names::USAGE_CACHE_WRITE,
            usage.cache_write_tokens.and_then(count),
        );
        add(
            names::USAGE_REASONING,
            usage.reasoning_tokens.and_then(count),
        );
    }
    let (host, _) = server(&call.request.origin());
    attributes.extend(of_request(
        call.settings.wire,
        &host,
        &call.request.path,
        &call.request.body,
    ));
    attributes
}

/// What came, be it in part.
pub(super) fn answer<'a>(tried: &Tried<'a>) -> Option<&'a Answer> {
    let attempt = tried.attempt;
    attempt.outcome.as_ref().ok().or(attempt.partial.as_ref())
}

pub(super) fn role(part: Part) -> &'static str {
    match part {
        Part::Primary => "primary",
        Part::Fallback => "fallback",
        Part::Passthrough => "passthrough",
    }
}

fn finish(finish: &Finish) -> Option<Value> {
    Some(strings([finish.as_str()].into_iter()))
}

fn strings<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    let words = words
        .map(|word| StringValue::from(word.to_owned()))
        .collect();
    Value::Array(Array::String(words))
}

/// Where a wire keeps a parameter: a JSON pointer for each name.
struct Places {
    temperature: &'static str,
    top_p: &'static str,
    top_k: &'static str,
    /// In the order in which they count.
    max_tokens: [&'static str; 2],
    stop: &'static str,
    seed: &'static str,
    frequency_penalty: &'static str,
    presence_penalty: &'static str,
    choices: &'static str,
}

const COMMON: Places = Places {
    temperature: "/temperature",
    top_p: "/top_p",
    top_k: "/top_k",
    max_tokens: ["/max_completion_tokens", "/max_tokens"],
    stop: "/stop",
    seed: "/seed",
    frequency_penalty: "/frequency_penalty",
    presence_penalty: "/presence_penalty",
    choices: "/n",
};

fn places(wire: Wire) -> Places {
    match wire {
        Wire::OpenaiChat => COMMON,
        Wire::OpenaiResponses => Places {
            max_tokens: ["/max_output_tokens"; 2],
            ..COMMON
        },
        Wire::Anthropic => Places {
            stop: "/stop_sequences",
            ..COMMON
        },
        Wire::Cohere => Places {
            top_p: "/p",
            top_k: "/k",
            stop: "/stop_sequences",
            ..COMMON
        },
        Wire::Mistral => Places {
            seed: "/random_seed",
            ..COMMON
        },
        Wire::Gemini => Places {
            temperature: "/generationConfig/temperature",
            top_p: "/generationConfig/topP",
            top_k: "/generationConfig/topK",
            max_tokens: ["/generationConfig/maxOutputTokens"; 2],
            stop: "/generationConfig/stopSequences",
            seed: "/generationConfig/seed",
            frequency_penalty: "/generationConfig/frequencyPenalty",
            presence_penalty: "/generationConfig/presencePenalty",
            choices: "/generationConfig/candidateCount",
        },
    }
}

/// What the request asks for. Absent is what it does not say.
fn of_request(wire: Wire, host: &str, path: &str, body: &Json) -> Vec<KeyValue> {
    let at = places(wire);
    let float = |place| body.pointer(place).and_then(Json::as_f64).map(Value::F64);
    let whole = |place| body.pointer(place).and_then(Json::as_i64).map(Value::I64);
    let [first, second] = at.max_tokens;
    let choices = whole(at.choices).filter(|count| *count != Value::I64(1));
    let found = [
        (names::REQUEST_TEMPERATURE, float(at.temperature)),
        (names::REQUEST_TOP_P, float(at.top_p)),
        (names::REQUEST_TOP_K, float(at.top_k)),
        (names::REQUEST_MAX_TOKENS, whole(first).or(whole(second))),
        (names::REQUEST_STOP, body.pointer(at.stop).and_then(stops)),
        (names::REQUEST_SEED, whole(at.seed)),
        (
            names::REQUEST_FREQUENCY_PENALTY,
            float(at.frequency_penalty),
        ),
        (names::REQUEST_PRESENCE_PENALTY, float(at.presence_penalty)),
        (names::REQUEST_CHOICES, choices),
        (
            names::REQUEST_STREAM,
            is_stream(path, body).then_some(Value::Bool(true)),
        ),
        (names::OUTPUT_TYPE, output_type(wire, body).map(Value::from)),
        (names::OPENAI_API, openai_api(wire, host).map(Value::from)),
    ];
    found
        .into_iter()
        .filter_map(|(name, value)| Some(KeyValue::new(name, value?)))
        .collect()
}

fn stops(value: &Json) -> Option<Value> {
    match value {
        Json::String(one) => Some(strings([one.as_str()].into_iter())),
        Json::Array(many) => Some(strings(many.iter().filter_map(Json::as_str))),
        _ => None,
    }
}

/// Gemini says it in the path, the others in the body.
fn is_stream(path: &str, body: &Json) -> bool {
    body.get("stream").and_then(Json::as_bool) == Some(true)
        || path.contains(":streamGenerateContent")
}

fn output_type(wire: Wire, body: &Json) -> Option<&'static str> {
    let place = match wire {
        Wire::OpenaiChat | Wire::Cohere | Wire::Mistral => "/response_format/type",
        Wire::OpenaiResponses => "/text/format/type",
        Wire::Anthropic => "/output_config/format/type",
        Wire::Gemini => "/generationConfig/responseMimeType",
    };
    match body.pointer(place)?.as_str()? {
        "text" | "text/plain" => Some("text"),
        "json_object" | "json_schema" | "application/json" => Some("json"),
        _ => None,
    }
}

/// Only of OpenAI itself: attributes of one provider are not expected of another.
fn openai_api(wire: Wire, host: &str) -> Option<&'static str> {
    let api = match wire {
        Wire::OpenaiChat => "chat_completions",
        Wire::OpenaiResponses => "responses",
        _ => return None,
    };
    ["openai", "azure.ai.openai"]
        .contains(&provider(wire, host))
        .then_some(api)
}

#[cfg(test)]
mod tests;
