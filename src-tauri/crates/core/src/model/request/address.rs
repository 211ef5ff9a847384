//! Where a request goes: a base URL as teams write it, and the wire's endpoint.

use reqwest::Url;

use super::BuildError;
use crate::model::wire::Shape;
use crate::prompt::{Model, Wire};

/// Joins the model's base URL and the wire's endpoint without doubling.
///
/// A base may end in `/` or not, and may or may not hold the version segment: `http://host:8000`,
/// `http://host:8000/v1/` and `https://openrouter.ai/api/v1` all lead to `…/v1/chat/completions`. A base that already
/// ends in the endpoint is used as it stands, which is the way out for servers that fit no rule. A query is kept.
/// Azure, OpenRouter and Vertex have paths of their own, which are filled in where only the host is given.
pub(super) fn join(model: &Model, shape: &Shape) -> Result<Url, BuildError> {
    let refuse = |reason: &str| {
        Err(BuildError::BaseUrl {
            reason: reason.to_owned(),
        })
    };
    let base = model.base_url.as_deref().unwrap_or(shape.origin);
    let mut url = match Url::parse(base.trim()) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("this is not a URL: {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return refuse("it must start with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user name or password; put the key's variable into key_env");
    }
    url.set_fragment(None);
    let path = path(&url, model, shape);
    url.set_path(&path);
    if shape.endpoint.ends_with(":streamGenerateContent") {
        // Without it the stream is a JSON array.
        if !url.query_pairs().any(|(name, _)| name == "alt") {
            url.query_pairs_mut().append_pair("alt", "sse");
        }
    }
    Ok(url)
}

fn path(url: &Url, model: &Model, shape: &Shape) -> String {
    let base = url.path().trim_end_matches('/');
    let endpoint = endpoint(model, shape);
    if base.ends_with(&endpoint) {
        return base.to_owned();
    }
    let host = url.host_str().unwrap_or_default();
    if is_azure(host) && matches!(model.wire, Wire::OpenaiChat | Wire::OpenaiResponses) {
        return azure(url, model, base, &endpoint);
    }
    let base = match (host, base) {
        ("openrouter.ai", "") => "/api",
        (_, base) => base,
    };
    if model.wire == Wire::Gemini {
        return gemini(host, base, shape, &endpoint);
    }
    // There is no other version of this API that has the same bodies.
    let base = match model.wire {
        Wire::Cohere => base.strip_suffix("/v1").unwrap_or(base),
        _ => base,
    };
    let mut segments = base.split('/');
    let versioned = if shape.version_anywhere {
        segments.any(|segment| is_version(segment) || segment == "deployments")
    } else {
        segments.next_back().is_some_and(is_version)
    };
    if versioned {
        format!("{base}{endpoint}")
    } else {
        format!("{base}/{}{endpoint}", shape.version)
    }
}

fn endpoint(model: &Model, shape: &Shape) -> String {
    if !shape.endpoint.contains("{model}") {
        return shape.endpoint.to_owned();
    }
    let id = model.id.trim_matches('/');
    // The API itself lists models under these names.
    let id = id.strip_prefix("models/").unwrap_or(id);
    // A tuned model or an endpoint of Vertex has a path of its own.
    let place = match id.split_once('/') {
        Some(_) => format!("/{}", escaped(id)),
        None => format!("/models/{}", escaped(id)),
    };
    shape.endpoint.replace("/models/{model}", &place)
}

/// A `?` or `#` in an id must not end the path, nor a `%` be taken for an escape.
fn escaped(id: &str) -> String {
    id.replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
}

/// Gemini's own API and Vertex, whose paths name project and place.
fn gemini(host: &str, base: &str, shape: &Shape, endpoint: &str) -> String {
    // The other method of the same model, and the list of models, are taken for the base they stand on.
    let base = match base.rsplit_once("/models/") {
        Some((before, rest)) if rest.contains(':') => before,
        _ => base.strip_suffix("/models").unwrap_or(base),
    };
    if !is_vertex(host) {
        return if base.split('/').any(is_version) {
            format!("{base}{endpoint}")
        } else {
            format!("{base}/{}{endpoint}", shape.version)
        };
    }
    let base = match base {
        "" => "/v1",
        base => base,
    };
    if base.contains("/publishers/") || !endpoint.starts_with("/models/") {
        let base = match endpoint.starts_with("/publishers/") {
            true => base.split("/publishers/").next().unwrap_or(base),
            false => base,
        };
        return format!("{base}{endpoint}");
    }
    format!("{base}/publishers/google{endpoint}")
}

/// Azure has two forms: the newer under `/openai/v1`, and the older one with a version in the query, where Chat names
/// the deployment in the path.
fn azure(url: &Url, model: &Model, base: &str, endpoint: &str) -> String {
    if !base.is_empty() && !base.starts_with("/openai") {
        return format!("{base}{endpoint}");
    }
    let dated = url.query_pairs().any(|(name, value)| {
        name == "api-version" && value.starts_with(|c: char| c.is_ascii_digit())
    });
    let has_deployment = base.contains("/deployments/");
    match model.wire {
        Wire::OpenaiResponses if has_deployment || dated => format!("/openai{endpoint}"),
        _ if has_deployment => format!("{base}{endpoint}"),
        _ if dated => {
            let deployment = escaped(&model.id);
            format!("/openai/deployments/{deployment}{endpoint}")
        }
        _ if base.split('/').any(is_version) => format!("{base}{endpoint}"),
        _ => format!("/openai/v1{endpoint}"),
    }
}

/// Whether Azure serves OpenAI's models at this host.
pub(super) fn is_azure(host: &str) -> bool {
    let domains = [
        ".openai.azure.com",
        ".cognitiveservices.azure.com",
        ".services.ai.azure.com",
    ];
    domains.iter().any(|domain| host.ends_with(domain))
}

/// Whether this host is Vertex, which takes an access token instead of a key.
pub(super) fn is_vertex(host: &str) -> bool {
    host == "aiplatform.googleapis.com"
        || host.ends_with("-aiplatform.googleapis.com")
        || host.starts_with("aiplatform.") && host.ends_with(".rep.googleapis.com")
}

/// `v1`, `v2`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else {
        return false;
    };
    rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
