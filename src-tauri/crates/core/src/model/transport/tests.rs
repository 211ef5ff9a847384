//! The transport against servers of our own on loopback. They speak raw HTTP/1.1, so that they can also misbehave.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::model::Nobody;
use crate::model::{Finish, build};
use crate::prompt::{CaseId, Content, Message, Model, ModelName, Rendered, Speaker, Wire};

const KEY: &str = "sk-planted-0123456789";

#[derive(Debug)]
struct World(BTreeMap<&'static str, &'static str>);

impl Host for World {
    fn now_millis(&self) -> i64 {
        1_445_412_470_000
    }
    fn new_id(&self) -> String {
        "id".into()
    }
    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }
}

/// How a server treats each connection after it read the request.
#[derive(Clone)]
enum Does {
    /// Writes these bytes and closes.
    Says(Vec<u8>),
    /// Closes without reading: the client sees a reset.
    Resets,
    /// Reads, then closes.
    Closes,
    /// Says these bytes and then nothing, until the client hangs up.
    Hangs(Vec<u8>),
    /// Sends a body without end.
    Floods,
}

struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn new(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, does.clone(), seen.clone()));
            }
        });
        Self {
            url,
            requests,
            task,
        }
    }

    async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::new(Does::Says(http(status, headers, body))).await
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

async fn serve(mut stream: TcpStream, does: Does, seen: Arc<Mutex<Vec<String>>>) {
    if matches!(does, Does::Resets) {
        seen.lock().unwrap().push(String::new());
        return;
    }
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                break;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    seen.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&bytes).into_owned());
    match does {
        Does::Says(answer) => {
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
        Does::Hangs(start) => {
            let _ = stream.write_all(&start).await;
            let _ = stream.read(&mut buffer).await;
            seen.lock().unwrap().push("hung up".to_owned());
        }
        Does::Floods => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        }
        Does::Closes | Does::Resets => {}
    }
}

fn call(wire: Wire, base_url: &str, headers: &[(&str, &str)]) -> Call {
    let model = Model {
        wire,
        id: "m-1".into(),
        key_env: Some("A_KEY".into()),
        base_url: Some(base_url.to_owned()),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Model::new(Wire::Anthropic, "")
    };
    let rendered = Rendered {
        system: None,
        turns: vec![Message::new(Speaker::User, "hi")],
    };
    let request = build(&model, &Content::default(), &rendered).unwrap();
    Call {
        model: ModelName::parse("m").unwrap(),
        settings: Arc::new(model),
        case: CaseId::parse("c").unwrap(),
        repeat: 1,
        passthrough: false,
        keep_raw: false,
        request,
    }
}

fn transport(settings: Settings) -> Http {
    let host = Arc::new(World([("A_KEY", KEY)].into()));
    Http::new(host.clone(), Arc::new(EnvKeys(host)), settings)
}

async fn ask(server: &Server, wire: Wire) -> Result<Answer, CallError> {
    let result = transport(Settings::default())
        .call(&call(wire, &server.url, &[]), &Nobody)
        .await
        .outcome;
    assert_eq!(server.requests().len(), 1, "one request, never a retry");
    result
}

async fn fails(server: &Server) -> CallError {
    let error = ask(server, Wire::OpenaiChat).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("planted"));
    error
}

fn good_body() -> String {
    json!({"model": "m-1-dated", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    .to_string()
}

#[tokio::test]
async fn an_openai_call_sends_exactly_the_request_and_the_key_in_its_header() {
    let server =
        Server::answering("200 OK", "content-type: application/json\r\n", &good_body()).await;
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[("X-Title", "t")]);
    let answer = http.call(&call, &Nobody).await.outcome.unwrap();
    assert_eq!(answer.text, "hello");
    assert_eq!(answer.model.as_deref(), Some("m-1-dated"));
    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /v1/chat/completions HTTP/1.1"),
        "{head}"
    );
    assert!(
        head.contains(&format!("\r\nauthorization: Bearer {KEY}\r\n")),
        "{head}"
    );
    assert!(head.contains("\r\nx-title: t\r\n"), "{head}");
    assert_eq!(body, call.request.body.to_string());
    assert!(!body.contains("planted"));
    // A machine without CA certificates can still do this: nothing for https was built.
    assert!(http.secure.get().is_none());
    assert!(!format!("{http:?} {call:?}").contains("planted"));
}

#[tokio::test]
async fn an_anthropic_call_uses_its_own_headers() {
    let body = json!({"content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn"});
    let server = Server::answering("200 OK", "", &body.to_string()).await;
    let answer = ask(&server, Wire::Anthropic).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.finish),
        ("hello", Finish::Stop)
    );
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /v1/messages HTTP/1.1"));
    assert!(requests[0].contains(&format!("\r\nx-api-key: {KEY}\r\n")));
    assert!(requests[0].contains("\r\nanthropic-version: 2023-06-01\r\n"));
    assert!(!requests[0].contains("authorization"));
}

#[tokio::test]
async fn a_header_set_by_hand_beats_the_key() {
    let server = Server::answering(
        "401 Unauthorized",
        "",
        r#"{"message": "hand-made-7 is wrong"}"#,
    )
    .await;
    let call = call(
        Wire::OpenaiChat,
        &server.url,
        &[("Authorization", "Basic hand-made-7")],
    );
    let error = transport(Settings::default())
        .call(&call, &Nobody)
        .await
        .outcome
        .unwrap_err();
    assert_eq!(error.message, "[secret] is wrong");
    assert!(server.requests()[0].contains("\r\nauthorization: Basic hand-made-7\r\n"));
}

#[tokio::test]
async fn statuses_become_typed_errors_with_the_providers_words() {
    let openai = |message: &str, code: &str| {
        json!({"error": {"message": message, "type": "t", "param": null, "code": code}}).to_string()
    };
    for (status, headers, body, sentence) in [
        (
            "400 Bad Request",
            "x-request-id: req-7\r\n",
            json!({"error": {"message": "Unsupported value.", "param": "temperature",
                "code": "unsupported_value"}})
            .to_string(),
            "the provider refused the request (HTTP 400): Unsupported value. (`temperature`)",
        ),
        (
            "401 Unauthorized",
            "",
            openai(&format!("Incorrect API key provided: {KEY}."), "invalid_api_key"),
            "the provider did not accept the API key (HTTP 401): Incorrect API key provided: [secret].",
        ),
        (
            "404 Not Found",
            "",
            openai("no model `m-1`", "model_not_found"),
            "the provider knows no such model or path (HTTP 404): no model `m-1`",
        ),
        (
            "429 Too Many Requests",
            "retry-after: 2\r\n",
            openai("slow down", "rate_limit_exceeded"),
            "rate limited, to be tried again after 2 s (HTTP 429): slow down",
        ),
        (
            "429 Too Many Requests",
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            openai("later", "rate_limit_exceeded"),
            "rate limited, to be tried again after 10 s (HTTP 429): later",
        ),
        (
            "429 Too Many Requests",
            "",
            openai("no money", "insufficient_quota"),
            "the account is out of credit or quota (HTTP 429): no money",
        ),
        (
            "500 Internal Server Error",
            "",
            String::new(),
            "the provider failed (HTTP 500): an empty body",
        ),
        (
            "503 Service Unavailable",
            "content-type: text/html\r\n",
            "<html><title>Down</title></html>".to_owned(),
            "the provider is overloaded (HTTP 503): an HTML page instead of JSON, titled \"Down\"",
        ),
        (
            "529 Site Overloaded",
            "",
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
                .to_string(),
            "the provider is overloaded (HTTP 529): Overloaded",
        ),
    ] {
        let server = Server::answering(status, headers, &body).await;
        let error = fails(&server).await;
        assert_eq!(error.to_string(), sentence);
        let id = headers.starts_with("x-request-id").then_some("req-7");
        assert_eq!(error.request_id.as_deref(), id);
    }
}

#[tokio::test]
async fn a_prompt_that_azure_filters_is_an_outcome() {
    let body = json!({"error": {"message": "filtered", "code": "content_filter"}}).to_string();
    let server = Server::answering("400 Bad Request", "", &body).await;
    let answer = ask(&server, Wire::OpenaiChat).await.unwrap();
    assert_eq!(answer.finish, Finish::ContentFilter);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_does_not_travel() {
    let other = Server::answering("200 OK", "", &good_body()).await;
    let headers = format!("location: {}/elsewhere?key=planted\r\n", other.url);
    let server = Server::answering("307 Temporary Redirect", &headers, "").await;
    let error = fails(&server).await;
    assert_eq!(error.kind, ErrorKind::Redirect);
    assert_eq!(error.message, format!("to {}/elsewhere", other.url));
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn broken_connections_are_told_apart() {
    for does in [
        Does::Resets,
        Does::Closes,
        // Promises more than it sends.
        Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\"".to_vec()),
    ] {
        let server = Server::new(does).await;
        assert_eq!(fails(&server).await.kind, ErrorKind::Reset);
    }
    // Bound and closed again, so that nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = transport(Settings::default())
        .call(&call(Wire::OpenaiChat, &url, &[]), &Nobody)
        .await
        .outcome
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.message.contains("refused"), "{error}");
}

#[tokio::test]
async fn what_is_no_answer_is_a_bad_body() {
    for (headers, body, says) in [
        (
            "content-type: text/html\r\n",
            "<html><title>Sign in</title></html>",
            "an HTML page instead of JSON, titled \"Sign in\"",
        ),
        ("", "", "an empty body"),
        ("", "{}", "it has no `choices`"),
        ("", "ok", "no JSON: ok"),
    ] {
        let server = Server::answering("200 OK", headers, body).await;
        let error = fails(&server).await;
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::BadBody, says)
        );
        assert_eq!(error.status, Some(200));
    }
}

#[tokio::test]
async fn a_silent_server_ends_at_the_deadline() {
    let silent = [
        Vec::new(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
        b"HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{".to_vec(),
    ];
    for start in silent {
        let server = Server::new(Does::Hangs(start)).await;
        let settings = Settings {
            deadline: Duration::from_millis(50),
            ..Settings::default()
        };
        let error = transport(settings)
            .call(&call(Wire::OpenaiChat, &server.url, &[]), &Nobody)
            .await
            .outcome
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "no complete answer in time: the deadline is 0.05 s"
        );
    }
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let server = Server::new(Does::Hangs(Vec::new())).await;
    let http = transport(Settings::default());
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let asked = async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = http.call(&call, &Nobody) => panic!("nobody answered"),
        () = asked => {}
    }
    // Without a closed socket this would not end before the test runner gives up.
    while server.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.requests()[1], "hung up");
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let announced = http("200 OK", "", &" ".repeat(5000));
    for does in [Does::Floods, Does::Says(announced)] {
        let server = Server::new(does).await;
        let settings = Settings {
            max_body_bytes: 4096,
            ..Settings::default()
        };
        let error = transport(settings)
            .call(&call(Wire::OpenaiChat, &server.url, &[]), &Nobody)
            .await
            .outcome
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the answer is too large (HTTP 200): the cap is 4096 bytes"
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let server = Server::answering("200 OK", "", &good_body()).await;
    let host = Arc::new(World(BTreeMap::new()));
    let http = Http::from_env(host);
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
    assert!(!server.requests()[0].contains("authorization"));
}

#[tokio::test]
async fn a_key_with_a_line_end_is_trimmed_and_one_with_a_line_break_refused() {
    let server = Server::answering("200 OK", "", &good_body()).await;
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    let http = Http::from_env(Arc::new(World([("A_KEY", "planted-1\n")].into())));
    assert!(http.call(&call, &Nobody).await.outcome.is_ok());
    assert!(server.requests()[0].contains("Bearer planted-1\r\n"));
    let http = Http::from_env(Arc::new(World([("A_KEY", "planted\n2")].into())));
    let error = http.call(&call, &Nobody).await.outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadSettings);
    assert!(!format!("{error:?}").contains("planted"));
}

#[tokio::test]
async fn a_proxy_is_used_for_others_and_never_for_loopback() {
    let proxy = Server::answering("200 OK", "", &good_body()).await;
    let server = Server::answering("200 OK", "", &good_body()).await;
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
    assert!(proxy.requests()[0].starts_with("POST http://models.invalid/v1/chat/completions"));
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
    assert!(!format!("{proxies:?}").contains("planted"));
}
