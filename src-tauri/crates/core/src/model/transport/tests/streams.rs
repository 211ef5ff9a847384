//! Replies in events: from the content type to the last one, or not.

use super::*;
use crate::model::{Finish, Usage};

fn stream(steps: &[Step]) -> Server {
    Server::always([&[Step::stream_head()], steps].concat())
}

#[tokio::test]
async fn a_stream_is_told_as_it_arrives_and_answers_in_the_end() {
    let server = stream(&[
        Step::Say((": hi\n\n".to_owned() + &text_event("hel")).into_bytes()),
        Step::Wait,
        Step::Say((text_event("lo") + &last_events()).into_bytes()),
    ]);
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let heard = Heard::default();
    let (attempt, ()) = tokio::join!(
        attempt(&server, Settings::default(), &call, &heard),
        async {
            heard.hears("hel").await;
            assert_eq!(heard.text(), "hel");
            server.go_on();
        }
    );
    let answer = attempt.outcome.unwrap();
    assert_eq!(
        (answer.text.as_str(), &answer.finish),
        ("hello", &Finish::Stop)
    );
    assert_eq!(answer.usage, Some(Usage::new(1, 2)));
    assert_eq!(answer.model.as_deref(), Some("m-1-dated"));
    assert_eq!(heard.text(), "hello");
    assert_eq!(attempt.partial, None);
    let trace = attempt.trace;
    assert!(trace.answered);
    let first_byte = trace.first_byte_seconds.unwrap();
    let first_token = trace.first_token_seconds.unwrap();
    assert!(0.0 < first_byte && first_byte <= first_token && first_token <= trace.seconds);
    assert_eq!(trace.raw, None);
    assert_eq!(server.requests()[0].json()["stream"], true);
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_cut_and_kept() {
    let start = Step::Say(text_event("hello").into_bytes());
    for ending in [vec![], vec![Step::Wait, Step::Reset]] {
        let server = stream(&[std::slice::from_ref(&start), &ending].concat());
        let asked = call(Wire::OpenaiChat, &server.url, &[]);
        let heard = Heard::default();
        let (attempt, ()) = tokio::join!(
            attempt(&server, Settings::default(), &asked, &heard),
            async {
                heard.hears("hello").await;
                server.go_on();
            }
        );
        let error = attempt.outcome.unwrap_err();
        assert_eq!((&error.kind, error.status), (&ErrorKind::Cut, Some(200)));
        assert_eq!(attempt.partial.unwrap().text, "hello");
        assert!(attempt.trace.answered);
        assert_eq!(raw(&attempt.trace), Some(text_event("hello").as_str()));
    }
}

#[tokio::test]
async fn a_stream_that_ends_before_it_began_has_answered_nothing() {
    let server = stream(&[Step::say(": ping\n\n")]);
    let (error, trace) = fails(&server).await;
    assert_eq!(error.kind, ErrorKind::Cut);
    assert!(!trace.answered);
    assert_eq!(raw(&trace), Some(": ping\n\n"));
}

#[tokio::test]
async fn after_the_last_event_nothing_takes_the_answer_back() {
    let whole = Step::Say((text_event("hello") + &last_events()).into_bytes());
    for ending in [Step::Reset, Step::Hang] {
        let server = stream(&[whole.clone(), Step::Wait, ending]);
        let call = call(Wire::OpenaiChat, &server.url, &[]);
        let settings = Settings {
            idle_timeout: Duration::from_millis(50),
            ..Settings::default()
        };
        let heard = Heard::default();
        let (attempt, ()) = tokio::join!(attempt(&server, settings, &call, &heard), async {
            heard.hears("hello").await;
            server.go_on();
        });
        assert_eq!(attempt.outcome.unwrap().text, "hello");
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_is_typed_and_keeps_what_had_arrived() {
    let error = event(&json!({"error": {"message": format!("slow down {KEY}"), "code": 429}}));
    for (start, answered) in [(text_event("hel"), true), (String::new(), false)] {
        let server = stream(&[Step::Say((start + &error).into_bytes())]);
        let attempt = attempt_openai(&server).await;
        let error = attempt.outcome.unwrap_err();
        assert_eq!(error.kind.code(), "rate_limited");
        assert_eq!(error.message, "slow down [secret]");
        assert_eq!(attempt.trace.answered, answered);
        assert_eq!(
            attempt.partial.map(|partial| partial.text),
            answered.then(|| "hel".to_owned())
        );
        assert!(raw(&attempt.trace).unwrap().contains("slow down [secret]"));
    }
}

#[tokio::test]
async fn json_in_place_of_a_stream_is_read_as_a_whole() {
    let server = Server::always([Step::json("200 OK", &good_body())]);
    let attempt = attempt_openai(&server).await;
    assert_eq!(server.requests()[0].json()["stream"], true);
    assert_eq!(attempt.outcome.unwrap().text, "hello");
    assert_eq!(attempt.trace.first_token_seconds, None);
    assert!(attempt.trace.answered);
}

#[tokio::test]
async fn an_error_in_place_of_a_stream_is_typed() {
    let body = json!({"error": {"message": "busy", "code": 503}});
    let server = Server::always([Step::json("200 OK", &body)]);
    let (error, trace) = fails(&server).await;
    assert_eq!(error.kind, ErrorKind::Overloaded);
    assert!(!trace.answered);
}

#[tokio::test]
async fn the_bytes_of_a_good_stream_are_kept_when_asked_for() {
    let events = text_event("hello") + &last_events();
    let server = stream(&[Step::say(&events)]);
    let call = Call {
        keep_raw: true,
        ..call(Wire::OpenaiChat, &server.url, &[])
    };
    let settings = Settings {
        max_raw_bytes: 10,
        ..Settings::default()
    };
    let attempt = attempt(&server, settings, &call, &Nobody).await;
    assert!(attempt.outcome.is_ok());
    assert_eq!(raw(&attempt.trace), Some(events.as_str()));
}

#[tokio::test]
async fn a_dropped_stream_closes_its_connection() {
    let server = stream(&[Step::say(text_event("he")), Step::Hang]);
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let heard = Heard::default();
    tokio::select! {
        _ = http.call(&call, &heard) => panic!("nobody answered"),
        () = heard.hears("he") => {}
    }
    server.hung_up().await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_echo_in_a_stream_goes_nowhere_however_it_is_cut() {
    for at in 1..KEY.len() {
        let (start, end) = KEY.split_at(at);
        let events = text_event(&format!("a {start}")) + &text_event(&format!("{end} b"));
        for ending in [last_events(), String::new()] {
            let bytes = (events.clone() + &ending).into_bytes();
            let server = Server::always([Step::stream_head(), Step::Say(bytes)]);
            let call = call(Wire::OpenaiChat, &server.url, &[]);
            let heard = Heard::default();
            let attempt = transport(Settings::default()).call(&call, &heard).await;
            assert_eq!(heard.text(), "a [secret] b");
            let answer = attempt.outcome.ok().or(attempt.partial).unwrap();
            assert_eq!(answer.text, "a [secret] b");
            // Among its bytes the pieces could be put together again.
            let cut = ending.is_empty();
            assert_eq!(attempt.trace.raw.as_deref(), cut.then_some(PIECES));
        }
    }
    let server = stream(&[Step::say(text_event(&format!("a {KEY} b")))]);
    let attempt = attempt_openai(&server).await;
    assert_eq!(
        raw(&attempt.trace),
        Some(text_event("a [secret] b").as_str())
    );
}

/// A stream that has begun, and then does this with the clock stopped.
async fn begun(rest: &[Step]) -> (Attempt, Server) {
    let start = Step::Say(text_event("hello").into_bytes());
    let mut steps = vec![Step::stream_head(), start, Step::Wait, Step::StopClock];
    steps.extend_from_slice(rest);
    let server = Server::always(steps);
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let heard = Heard::default();
    let (attempt, ()) = tokio::join!(
        attempt(&server, Settings::default(), &call, &heard),
        async {
            heard.hears("hello").await;
            server.go_on();
        }
    );
    let partial = attempt.partial.as_ref().unwrap();
    assert_eq!(partial.text, "hello");
    assert!(attempt.trace.answered);
    assert!(attempt.trace.first_token_seconds.is_some());
    server.hung_up().await;
    (attempt, server)
}

#[tokio::test]
async fn a_stream_that_falls_silent_keeps_what_had_arrived() {
    let (attempt, _server) = begun(&[Step::Hang]).await;
    assert_eq!(
        attempt.outcome.unwrap_err().to_string(),
        "no complete answer in time (HTTP 200): nothing arrived for 120 s"
    );
    assert!((120.0..130.0).contains(&attempt.trace.seconds));
}

#[tokio::test]
async fn pings_keep_a_stream_alive_until_the_deadline() {
    let ping = Step::Drip(b": ping\n\n".to_vec(), Duration::from_secs(60));
    let (attempt, _server) = begun(&[ping]).await;
    assert_eq!(
        attempt.outcome.unwrap_err().to_string(),
        "no complete answer in time (HTTP 200): the deadline is 600 s"
    );
    assert!((600.0..610.0).contains(&attempt.trace.seconds));
    assert!(raw(&attempt.trace).unwrap().ends_with(": ping\n\n"));
}

#[tokio::test]
async fn pings_without_end_are_cut_off() {
    let server = stream(&[Step::Flood(b": ping\n\n".to_vec())]);
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let settings = Settings {
        max_body_bytes: 4096,
        max_raw_bytes: 1000,
        ..Settings::default()
    };
    let attempt = attempt(&server, settings, &call, &Nobody).await;
    assert_eq!(
        attempt.outcome.unwrap_err().to_string(),
        "the answer is too large (HTTP 200): the cap is 4096 bytes"
    );
    assert_eq!(attempt.trace.raw.map(|raw| raw.len()), Some(1000));
    assert_eq!(attempt.partial, None);
    assert!(!attempt.trace.answered);
}
