//! What is sent, and which way.

use super::*;
use crate::model::Finish;

#[tokio::test]
async fn an_openai_call_sends_exactly_the_request_and_the_key_in_its_header() {
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[("X-Title", "t")]);
    let answer = http.call(&call, &Nobody).await.outcome.unwrap();
    assert_eq!(answer.text, "hello");
    assert_eq!(answer.model.as_deref(), Some("m-1-dated"));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0]
            .head
            .starts_with("POST /v1/chat/completions HTTP/1.1")
    );
    assert_eq!(
        requests[0].header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(requests[0].header("x-title"), Some("t"));
    assert_eq!(
        requests[0].header("user-agent"),
        Some(concat!("understudy/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(requests[0].body, call.request.body.to_string());
    // A machine without CA certificates can still do this: nothing for https was built.
    assert!(http.secure.get().is_none());
    assert!(!format!("{http:?} {call:?}").contains("planted"));
}

#[tokio::test]
async fn an_anthropic_call_uses_its_own_headers() {
    let body = json!({"content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn"});
    let server = Server::answering("200 OK", "", &body.to_string());
    let call = call(Wire::Anthropic, &server.url, &[]);
    let attempt = attempt(&server, Settings::default(), &call, &Nobody).await;
    let answer = attempt.outcome.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.finish),
        ("hello", Finish::Stop)
    );
    let seen = &server.requests()[0];
    assert!(seen.head.starts_with("POST /v1/messages HTTP/1.1"));
    assert_eq!(seen.header("x-api-key"), Some(KEY));
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
async fn a_header_set_by_hand_beats_the_key() {
    let body = r#"{"message": "hand-made-7 is wrong"}"#;
    let server = Server::answering("401 Unauthorized", "", body);
    let headers = [("Authorization", "Basic hand-made-7")];
    let call = call(Wire::OpenaiChat, &server.url, &headers);
    let attempt = attempt(&server, Settings::default(), &call, &Nobody).await;
    assert_eq!(attempt.outcome.unwrap_err().message, "[secret] is wrong");
    assert_eq!(attempt.trace.sent_headers["authorization"], "[secret]");
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Basic hand-made-7")
    );
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let http = Http::from_env(Arc::new(World(BTreeMap::new())));
    let mut call = call(Wire::OpenaiChat, &server.url, &[]);
    let error = http.call(&call, &Nobody).await.outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the environment variable A_KEY holds no API key"
    );
    assert_eq!(server.requests().len(), 0);
    // A model that needs none is asked without.
    let settings = Model {
        key_env: None,
        ..(*call.settings).clone()
    };
    call.settings = Arc::new(settings);
    assert!(http.call(&call, &Nobody).await.outcome.is_ok());
    assert_eq!(server.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_key_with_a_line_end_is_trimmed_and_one_with_a_line_break_refused() {
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let http = Http::from_env(Arc::new(World([("A_KEY", "planted-1\n")].into())));
    assert!(http.call(&call, &Nobody).await.outcome.is_ok());
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("Bearer planted-1")
    );
    let http = Http::from_env(Arc::new(World([("A_KEY", "planted\n2")].into())));
    let error = http.call(&call, &Nobody).await.outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadSettings);
    assert!(!format!("{error:?}").contains("planted"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_proxy_is_used_for_others_and_never_for_loopback() {
    let proxy = Server::always([Step::json("200 OK", &good_body())]);
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let settings = Settings {
        proxies: Proxies {
            http: Some(proxy.url.clone()),
            ..Proxies::default()
        },
        ..Settings::default()
    };
    let http = transport(settings);
    let local = call(Wire::OpenaiChat, &server.url, &[]);
    assert!(http.call(&local, &Nobody).await.outcome.is_ok());
    assert_eq!((proxy.requests().len(), server.requests().len()), (0, 1));
    let far = call(Wire::OpenaiChat, "http://models.invalid", &[]);
    assert!(http.call(&far, &Nobody).await.outcome.is_ok());
    assert!(
        proxy.requests()[0]
            .head
            .starts_with("POST http://models.invalid/v1/chat/completions")
    );
}

#[test]
fn proxies_come_from_the_environment_that_was_passed() {
    let host = World(
        [
            ("HTTPS_PROXY", "http://user:planted@p:1"),
            ("all_proxy", "http://q:2"),
            ("no_proxy", "intern.example"),
        ]
        .into(),
    );
    let proxies = Proxies::from_env(&host);
    assert_eq!(proxies.https.as_deref(), Some("http://user:planted@p:1"));
    assert_eq!(proxies.http.as_deref(), Some("http://q:2"));
    assert_eq!(proxies.except.as_deref(), Some("intern.example"));
    assert_eq!(proxies.passwords(), ["planted"]);
    assert!(!format!("{proxies:?}").contains("planted"));
}
