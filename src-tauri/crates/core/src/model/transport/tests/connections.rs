//! Connections that break, that are kept, and that are let go.

use super::*;

#[tokio::test]
async fn a_reset_before_any_answer_is_one() {
    for steps in [
        vec![Step::Reset],
        // Reads, then closes.
        vec![],
        vec![Step::say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")],
        vec![Step::stream_head(), Step::Reset],
    ] {
        let server = Server::always(steps);
        let (error, trace) = fails(&server).await;
        assert_eq!(error.kind, ErrorKind::Reset, "{error}");
        assert!(!trace.answered);
        assert_eq!(trace.raw, None);
    }
}

#[tokio::test]
async fn a_whole_body_that_breaks_off_is_cut() {
    let start = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\"";
    for steps in [
        vec![Step::say(start)],
        vec![Step::say(start), Step::Wait, Step::Reset],
    ] {
        let server = Server::always(steps);
        server.go_on();
        let (error, trace) = fails(&server).await;
        assert_eq!((error.kind, error.status), (ErrorKind::Cut, Some(200)));
        assert!(trace.answered, "a repeat would bill again");
        assert_eq!(raw(&trace), Some("{\"choices\""));
    }
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    // Bound and closed again, so that nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let attempt = transport(Settings::default())
        .call(&call(Wire::OpenaiChat, &url, &[]), &Nobody)
        .await;
    let error = attempt.outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.message.contains("refused"), "{error}");
    assert_eq!(attempt.trace.url, format!("{url}/v1/chat/completions"));
    assert_eq!(attempt.trace.status, None);
    assert_eq!(attempt.trace.first_byte_seconds, None);
}

#[tokio::test]
async fn a_connection_serves_the_next_call() {
    let server = Server::always([Step::json("200 OK", &good_body()), Step::Stay]);
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    for _ in 0..3 {
        assert!(http.call(&call, &Nobody).await.outcome.is_ok());
    }
    assert_eq!((server.requests().len(), server.connections()), (3, 1));
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let server = Server::always([Step::Hang]);
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    tokio::select! {
        _ = http.call(&call, &Nobody) => panic!("nobody answered"),
        () = server.asked(1) => {}
    }
    // Without a closed socket this would not end before the test runner gives up.
    server.hung_up().await;
    assert_eq!(server.requests().len(), 1);
}
