//! A model server of our own on loopback, for tests. It speaks raw HTTP/1.1, so that it can also misbehave.
//!
//! ```text
//! let server = Server::start(|seen, number| if number == 1 { failing() } else { vec![Step::json("200 OK", &body)] });
//! ```

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Request line and headers, without the empty line.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header's value; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// One thing a server does after it has read a request. After the last it closes the connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Writes these bytes.
    Say(Vec<u8>),
    /// Writes these bytes over and over, until the client hangs up.
    Flood(Vec<u8>),
    /// The same, with a pause after each time.
    Drip(Vec<u8>, Duration),
    /// Says no more, until the client hangs up.
    Hang,
    /// Closes so that the client sees a reset.
    Reset,
    /// Stops the clock of the test: from here on time passes only when nobody has anything to do, and then at once.
    StopClock,
    /// Waits for [`Server::go_on`].
    Wait,
    /// Reads the next request of the same connection.
    Stay,
}

impl Step {
    /// A whole response that says its length. `headers` are lines that end in `\r\n`.
    pub(crate) fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
        Self::Say([head.as_bytes(), body].concat())
    }

    /// A JSON response.
    pub(crate) fn json(status: &str, body: &Value) -> Self {
        let headers = "content-type: application/json\r\n";
        Self::http(status, headers, body.to_string())
    }

    /// The head of an event stream that ends with the connection.
    pub(crate) fn stream_head() -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
                    connection: close\r\n\r\n";
        Self::Say(head.as_bytes().to_vec())
    }

    /// Bytes as they stand.
    pub(crate) fn say(bytes: impl AsRef<[u8]>) -> Self {
        Self::Say(bytes.as_ref().to_vec())
    }
}

#[derive(Debug, Default)]
struct Log {
    requests: Vec<Seen>,
    connections: usize,
    hung_up: usize,
    go: usize,
}

#[derive(Debug, Default)]
struct Book {
    log: Mutex<Log>,
    changed: Notify,
}

impl Book {
    fn write<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let value = change(&mut self.log.lock().unwrap());
        self.changed.notify_waiters();
        value
    }

    async fn until(&self, is: impl Fn(&Log) -> bool) {
        loop {
            let changed = self.changed.notified();
            if is(&self.log.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    }
}

/// The server. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    book: Arc<Book>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Does what `script` says, which is given each request and its number from 1. Must be called on a tokio runtime.
    pub(crate) fn start<F>(script: F) -> Self
    where
        F: Fn(&Seen, usize) -> Vec<Step> + Send + Sync + 'static,
    {
        // Bound at once and without waiting, so that it can be started before a clock is stopped.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let listener = TcpListener::from_std(listener).unwrap();
        let book = Arc::new(Book::default());
        let (script, log) = (Arc::new(script), book.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                log.write(|log| log.connections += 1);
                let (script, log) = (script.clone(), log.clone());
                tokio::spawn(async move { serve(stream, script.as_ref(), &log).await });
            }
        });
        Self { url, book, task }
    }

    /// Does the same for every request.
    pub(crate) fn always(steps: impl Into<Vec<Step>>) -> Self {
        let steps = steps.into();
        Self::start(move |_, _| steps.clone())
    }

    /// Says the same response to every request.
    pub(crate) fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::always([Step::http(status, headers, body)])
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.book.log.lock().unwrap().requests.clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.book.log.lock().unwrap().connections
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn asked(&self, times: usize) {
        self.book.until(|log| log.requests.len() >= times).await;
    }

    /// Waits until a client has hung up on [`Step::Hang`], [`Step::Flood`] or [`Step::Drip`].
    pub(crate) async fn hung_up(&self) {
        self.book.until(|log| log.hung_up > 0).await;
    }

    /// Lets everybody who waits at [`Step::Wait`] go on.
    pub(crate) fn go_on(&self) {
        self.book.write(|log| log.go += 1);
    }
}

async fn serve<F>(mut stream: TcpStream, script: &F, book: &Book)
where
    F: Fn(&Seen, usize) -> Vec<Step>,
{
    let mut rest = Vec::new();
    'next: while let Some(seen) = read(&mut stream, &mut rest).await {
        let number = book.write(|log| {
            log.requests.push(seen.clone());
            log.requests.len()
        });
        for step in script(&seen, number) {
            match step {
                Step::Say(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Flood(bytes) => {
                    while stream.write_all(&bytes).await.is_ok() {}
                    return book.write(|log| log.hung_up += 1);
                }
                Step::Drip(bytes, pause) => {
                    while stream.write_all(&bytes).await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                    return book.write(|log| log.hung_up += 1);
                }
                Step::Hang => {
                    while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
                    return book.write(|log| log.hung_up += 1);
                }
                Step::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
                Step::StopClock => tokio::time::pause(),
                Step::Wait => book.until(|log| log.go > 0).await,
                Step::Stay => continue 'next,
            }
        }
        let _ = stream.shutdown().await;
        return;
    }
}

/// One request; `rest` holds what was read beyond it.
async fn read(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Seen> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(at) = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..at]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let end = at + 4 + length;
            if rest.len() >= end {
                let body = String::from_utf8_lossy(&rest[at + 4..end]).into_owned();
                rest.drain(..end);
                return Some(Seen { head, body });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => rest.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
