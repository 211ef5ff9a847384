//! The record of a try.

use super::*;

#[tokio::test]
async fn a_good_call_is_recorded_without_its_bytes() {
    let headers = "content-type: application/json\r\nx-request-id: req-1\r\nset-cookie: a=b\r\n\
                   X-RateLimit-Remaining-Tokens: 7\r\nx-api-key: echo\r\n";
    let server = Server::answering("200 OK", headers, &good_body().to_string());
    let url = format!("{}/v1?api-version=1&sig=planted-2", server.url);
    let sent = [("X-Team", "t"), ("X-Extra-Token", "planted-3")];
    let call = call(Wire::OpenaiChat, &url, &sent);
    let attempt = attempt(&server, Settings::default(), &call, &Nobody).await;
    let trace = attempt.trace;
    assert_eq!(
        trace.url,
        format!(
            "{}/v1/chat/completions?api-version=1&sig=[secret]",
            server.url
        )
    );
    let pairs = |map: &BTreeMap<String, String>| -> Vec<String> {
        map.iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect()
    };
    assert_eq!(
        pairs(&trace.sent_headers),
        [
            "authorization: [secret]",
            "content-type: application/json",
            concat!("user-agent: understudy/", env!("CARGO_PKG_VERSION")),
            "x-extra-token: [secret]",
            "x-team: t",
        ]
    );
    let length = good_body().to_string().len();
    assert_eq!(
        pairs(&trace.headers),
        [
            format!("content-length: {length}").as_str(),
            "content-type: application/json",
            "x-api-key: [secret]",
            "x-ratelimit-remaining-tokens: 7",
            "x-request-id: req-1",
        ]
    );
    assert_eq!(trace.status, Some(200));
    assert_eq!(trace.request_id.as_deref(), Some("req-1"));
    assert!(trace.first_byte_seconds.unwrap() <= trace.seconds);
    assert_eq!(trace.first_token_seconds, None);
    assert!(trace.answered);
    assert_eq!(trace.retry_after_seconds, None);
    assert_eq!(trace.raw, None);
}

#[tokio::test]
async fn the_bytes_of_a_failure_are_capped() {
    let server = Server::answering("200 OK", "", &"no JSON ".repeat(100));
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let settings = Settings {
        max_raw_bytes: 7,
        ..Settings::default()
    };
    let attempt = attempt(&server, settings, &call, &Nobody).await;
    assert_eq!(raw(&attempt.trace), Some("no JSON"));
}

#[tokio::test]
async fn the_bytes_of_a_good_answer_are_kept_when_asked_for() {
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let call = Call {
        keep_raw: true,
        ..call(Wire::OpenaiChat, &server.url, &[])
    };
    // More than the cap for failures.
    let settings = Settings {
        max_raw_bytes: 10,
        ..Settings::default()
    };
    let attempt = attempt(&server, settings, &call, &Nobody).await;
    assert!(attempt.outcome.is_ok());
    assert_eq!(raw(&attempt.trace), Some(good_body().to_string().as_str()));
}
