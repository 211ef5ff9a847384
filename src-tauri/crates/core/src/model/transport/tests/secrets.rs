//! A server that sends back what it was sent, everywhere it can.

use super::*;

fn percent() -> String {
    KEY.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn an_echo_of_the_key_goes_nowhere() {
    let echo = format!("your key {KEY}, that is {}", percent());
    let headers = format!("x-echo: {KEY}\r\nx-{KEY}: a\r\nx-request-id: {KEY}\r\n");
    let answer = json!({"model": KEY, "choices": [{"finish_reason": KEY, "message": {"content": echo,
        "tool_calls": [{"id": KEY, "function": {"name": KEY, "arguments": json!({"a": KEY}).to_string()}}]}}]});
    for (status, kind, body) in [
        ("200 OK", "application/json", answer.to_string()),
        ("200 OK", "application/json", echo.clone()),
        (
            "200 OK",
            "text/html",
            format!("<html><title>{echo}</title>"),
        ),
        (
            "401 No",
            "application/json",
            json!({"error": {"message": echo}}).to_string(),
        ),
        ("401 No", "application/json", json!({KEY: echo}).to_string()),
        ("500 No", "text/plain", echo.clone()),
        ("302 No", "text/plain", echo.clone()),
    ] {
        let headers = format!(
            "content-type: {kind}\r\nlocation: http://{KEY}.invalid/{KEY}?a={KEY}\r\n{headers}"
        );
        let server = Server::answering(status, &headers, &body);
        let attempt = attempt_openai(&server).await;
        let shown = format!("{attempt:?}");
        assert!(shown.contains("[secret]"), "{shown}");
        assert!(!shown.contains(&percent()), "{shown}");
        let raw = String::from_utf8(attempt.trace.raw.unwrap_or_default()).unwrap();
        assert!(!raw.contains(&percent()), "{raw}");
    }
}

#[tokio::test]
async fn a_key_at_the_end_of_what_is_kept_shows_no_part_of_itself() {
    let message = format!("{}{KEY}", "x".repeat(2048 - 18));
    let body = json!({"error": {"message": message}}).to_string();
    let server = Server::answering("400 Bad", "", &body);
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let settings = Settings {
        max_raw_bytes: body.len() - 8,
        ..Settings::default()
    };
    let attempt = attempt(&server, settings, &call, &Nobody).await;
    let error = attempt.outcome.unwrap_err();
    assert!(error.message.ends_with("x[secret]"), "{error}");
}

#[tokio::test]
async fn the_password_of_a_proxy_is_a_secret_too() {
    let proxy = Server::answering("407 No", "", "who is user:planted-pass-9?");
    let url = proxy.url.replace("http://", "http://user:planted-pass-9@");
    let settings = Settings {
        proxies: Proxies {
            http: Some(url),
            ..Proxies::default()
        },
        ..Settings::default()
    };
    let call = call(Wire::OpenaiChat, "http://models.invalid", &[]);
    let attempt = attempt(&proxy, settings, &call, &Nobody).await;
    let error = attempt.outcome.unwrap_err();
    assert_eq!(error.message, "no JSON: who is user:[secret]?");
}
