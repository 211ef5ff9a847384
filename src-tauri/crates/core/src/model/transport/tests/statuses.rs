//! Statuses other than 200, and what else is no answer.

use super::*;
use crate::model::Finish;

fn openai(message: &str, code: &str) -> String {
    json!({"error": {"message": message, "type": "t", "param": null, "code": code}}).to_string()
}

#[tokio::test]
async fn statuses_become_typed_errors_with_the_providers_words() {
    let anthropic =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let parameter = json!({"error": {"message": "Unsupported value.", "param": "temperature",
        "code": "unsupported_value"}});
    let limit = openai("slow down", "rate_limit_exceeded");
    for (status, headers, body, sentence, wait) in [
        (
            "400 Bad Request",
            "x-request-id: req-7\r\n",
            parameter.to_string(),
            "the provider refused the request (HTTP 400): Unsupported value. (`temperature`)",
            None,
        ),
        (
            "401 Unauthorized",
            "",
            openai(
                &format!("Incorrect API key provided: {KEY}."),
                "invalid_api_key",
            ),
            "the provider did not accept the API key (HTTP 401): Incorrect API key provided: [secret].",
            None,
        ),
        (
            "404 Not Found",
            "",
            openai("no model `m-1`", "model_not_found"),
            "the provider knows no such model or path (HTTP 404): no model `m-1`",
            None,
        ),
        (
            "429 Too Many Requests",
            "retry-after: 2\r\n",
            limit.clone(),
            "rate limited, to be tried again after 2 s (HTTP 429): slow down",
            Some(2.0),
        ),
        (
            "429 Too Many Requests",
            "retry-after: 86400\r\n",
            limit.clone(),
            "rate limited, to be tried again after 86400 s (HTTP 429): slow down",
            Some(86400.0),
        ),
        (
            "429 Too Many Requests",
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            limit.clone(),
            "rate limited, to be tried again after 10 s (HTTP 429): slow down",
            Some(10.0),
        ),
        (
            "429 Too Many Requests",
            "retry-after: -1\r\n",
            limit,
            "rate limited (HTTP 429): slow down",
            None,
        ),
        (
            "429 Too Many Requests",
            "",
            openai("no money", "insufficient_quota"),
            "the account is out of credit or quota (HTTP 429): no money",
            None,
        ),
        (
            "500 Internal Server Error",
            "",
            String::new(),
            "the provider failed (HTTP 500): an empty body",
            None,
        ),
        (
            "503 Service Unavailable",
            "content-type: text/html\r\nretry-after-ms: 1500\r\n",
            "<html><title>Down</title></html>".to_owned(),
            "the provider is overloaded (HTTP 503): an HTML page instead of JSON, titled \"Down\"",
            Some(1.5),
        ),
        (
            "529 Site Overloaded",
            "",
            anthropic.to_string(),
            "the provider is overloaded (HTTP 529): Overloaded",
            None,
        ),
    ] {
        let server = Server::answering(status, headers, &body);
        let (error, trace) = fails(&server).await;
        assert_eq!(error.to_string(), sentence);
        let id = headers.starts_with("x-request-id").then_some("req-7");
        assert_eq!(error.request_id.as_deref(), id);
        assert_eq!(trace.request_id.as_deref(), id);
        assert_eq!(trace.status, error.status);
        assert_eq!(trace.retry_after_seconds, wait, "{status} {headers}");
        assert!(!trace.answered);
        assert!(trace.first_byte_seconds.is_some());
        assert_eq!(trace.first_token_seconds, None);
        let expected = body.replace(KEY, "[secret]");
        assert_eq!(
            raw(&trace),
            (!body.is_empty()).then_some(expected.as_str()),
            "{status}"
        );
    }
}

#[tokio::test]
async fn gemini_says_in_its_body_how_long_to_wait() {
    let body = json!({"error": {"code": 429, "message": "later", "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]}});
    let server = Server::answering("429 Too Many Requests", "", &body.to_string());
    let (error, trace) = fails(&server).await;
    let retry_after_seconds = Some(34.0);
    assert_eq!(
        error.kind,
        ErrorKind::RateLimited {
            retry_after_seconds
        }
    );
    assert_eq!(trace.retry_after_seconds, retry_after_seconds);
}

#[tokio::test]
async fn a_server_may_say_itself_whether_to_repeat() {
    for (header, says) in [
        ("x-should-retry: true\r\n", Some(true)),
        ("x-should-retry: false\r\n", Some(false)),
        ("", None),
    ] {
        let server = Server::answering("409 Conflict", header, "{}");
        let (_, trace) = fails(&server).await;
        assert_eq!(trace.should_retry, says);
    }
}

#[tokio::test]
async fn a_prompt_that_azure_filters_is_an_outcome() {
    let body = json!({"error": {"message": "filtered", "code": "content_filter"}}).to_string();
    let server = Server::answering("400 Bad Request", "", &body);
    let attempt = attempt_openai(&server).await;
    assert_eq!(attempt.outcome.unwrap().finish, Finish::ContentFilter);
    assert_eq!(attempt.trace.status, Some(400));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_does_not_travel() {
    let other = Server::always([Step::json("200 OK", &good_body())]);
    let headers = format!("location: {}/elsewhere?key=planted\r\n", other.url);
    for status in ["301 Moved", "307 Temporary Redirect", "308 Permanent"] {
        let server = Server::answering(status, &headers, "");
        let call = call(Wire::OpenaiChat, &server.url, &[]);
        let attempt = transport(Settings::default()).call(&call, &Nobody).await;
        let error = attempt.outcome.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Redirect);
        assert_eq!(error.message, format!("to {}/elsewhere", other.url));
        assert_eq!(server.requests().len(), 1);
        assert!(other.requests().is_empty());
        assert!(!attempt.trace.answered);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_bad_body() {
    let page = "<html><title>Sign in</title></html>";
    for (headers, body, says, answered) in [
        (
            "content-type: text/html\r\n",
            page,
            "an HTML page instead of JSON, titled \"Sign in\"",
            false,
        ),
        ("", "", "an empty body", false),
        ("", "{}", "it has no `choices`", true),
        ("", "ok", "no JSON: ok", true),
        (
            "content-type: text/plain\r\n",
            "data: {}\n\n",
            "an event stream without its content type",
            true,
        ),
    ] {
        let server = Server::answering("200 OK", headers, body);
        let (error, trace) = fails(&server).await;
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::BadBody, says)
        );
        assert_eq!(error.status, Some(200));
        assert_eq!(raw(&trace), (!body.is_empty()).then_some(body));
        assert_eq!(trace.answered, answered, "{says}");
    }
}

#[tokio::test]
async fn the_status_of_an_error_counts_even_when_its_body_never_ends() {
    let head = b"HTTP/1.1 429 Slow\r\nretry-after: 2\r\ncontent-length: 100\r\n\r\n{\"error\"";
    let server = Server::always([Step::say(head), Step::Hang]);
    let settings = Settings {
        idle_timeout: Duration::from_millis(20),
        ..Settings::default()
    };
    let asked = call(Wire::OpenaiChat, &server.url, &[]);
    let attempt = attempt(&server, settings, &asked, &Nobody).await;
    let error = attempt.outcome.unwrap_err();
    assert_eq!(error.kind.code(), "rate_limited");
    assert_eq!(attempt.trace.retry_after_seconds, Some(2.0));
    assert_eq!(raw(&attempt.trace), Some("{\"error\""));
    // Neither does a flood of it fill the memory.
    let server = Server::always([
        Step::say("HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n"),
        Step::Flood(vec![b' '; 1024]),
    ]);
    let (error, trace) = fails(&server).await;
    assert_eq!(error.kind, ErrorKind::Server);
    assert_eq!(trace.raw.unwrap().len(), 64 * 1024);
    server.hung_up().await;
}
