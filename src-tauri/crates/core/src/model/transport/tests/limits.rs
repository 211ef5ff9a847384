//! Servers that are silent, or never done. Clocks are stopped where a limit is long, and limits short where not.

use super::*;

fn error_of(attempt: &Attempt) -> String {
    attempt.outcome.as_ref().unwrap_err().to_string()
}

#[tokio::test]
async fn a_status_line_that_does_not_come_ends_the_call() {
    let server = Server::always([Step::StopClock, Step::Hang]);
    let attempt = attempt_openai(&server).await;
    assert_eq!(
        error_of(&attempt),
        "no complete answer in time: no answer began within 300 s"
    );
    assert!(!attempt.trace.answered);
    assert_eq!(attempt.trace.first_byte_seconds, None);
    assert!((300.0..310.0).contains(&attempt.trace.seconds));
    server.hung_up().await;
}

#[tokio::test]
async fn a_silent_body_ends_the_call() {
    for (settings, says) in [
        (
            Settings {
                deadline: Duration::from_millis(50),
                ..Settings::default()
            },
            "the deadline is 0.05 s",
        ),
        (
            Settings {
                idle_timeout: Duration::from_millis(50),
                ..Settings::default()
            },
            "nothing arrived for 0.05 s",
        ),
    ] {
        let start = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
        let server = Server::always([Step::say(start), Step::Hang]);
        let call = call(Wire::OpenaiChat, &server.url, &[]);
        let attempt = attempt(&server, settings, &call, &Nobody).await;
        assert_eq!(
            error_of(&attempt),
            format!("no complete answer in time (HTTP 200): {says}")
        );
        assert!(attempt.trace.answered);
        assert_eq!(raw(&attempt.trace), Some("{"));
        server.hung_up().await;
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let settings = || Settings {
        max_body_bytes: 4096,
        max_raw_bytes: 1000,
        ..Settings::default()
    };
    let endless = vec![
        Step::say("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
        Step::Flood(vec![b' '; 1000]),
    ];
    let announced = vec![Step::http("200 OK", "", " ".repeat(5000))];
    for (steps, kept) in [(endless, Some(1000)), (announced, None)] {
        let server = Server::always(steps);
        let call = call(Wire::OpenaiChat, &server.url, &[]);
        let attempt = attempt(&server, settings(), &call, &Nobody).await;
        assert_eq!(
            error_of(&attempt),
            "the answer is too large (HTTP 200): the cap is 4096 bytes"
        );
        assert_eq!(attempt.trace.raw.map(|raw| raw.len()), kept);
        assert_eq!(attempt.partial, None);
    }
}
