//! One try, from the request to the last byte. What is known so far outlives whatever ends it: the deadline only drops
//! the waiting.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, Response};
use tokio::time::{Instant, timeout};

use super::{Settings, broken, cause, headers, reply, wait};
use crate::model::fold::Folder;
use crate::model::key::Redaction;
use crate::model::{Attempt, Call, CallError, ErrorKind, Trace, Watch};

/// The most bytes of an error body that are read: it is cut to a message anyway.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// How long the body of an error may be silent: its status has already said what matters.
const ERROR_IDLE: Duration = Duration::from_secs(10);

pub(super) struct Exchange<'a> {
    call: &'a Call,
    settings: &'a Settings,
    redaction: &'a Redaction,
    now_millis: i64,
    began: Instant,
    trace: Trace,
    reply: Reply,
    /// The body, or the first bytes of a stream.
    bytes: Vec<u8>,
}

/// What is coming in.
enum Reply {
    /// Nothing yet.
    Awaited,
    /// A status that is no answer.
    Refusal(HeaderMap),
    /// An answer in one piece.
    Whole(HeaderMap),
    /// An answer in events.
    Stream(Box<Folder>),
}

/// Why the reading ended.
pub(super) enum End {
    /// The body was over.
    Over,
    /// The connection broke, for this reason.
    Broke(String),
    /// A limit of ours, or settings that make no request.
    Limit(CallError),
    /// The provider said, inside its answer, that there is none; or what it sends cannot be read on.
    Said(CallError),
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        call: &'a Call,
        settings: &'a Settings,
        redaction: &'a Redaction,
        now_millis: i64,
    ) -> Self {
        let request = &call.request;
        Self {
            call,
            settings,
            redaction,
            now_millis,
            began: Instant::now(),
            trace: Trace {
                url: request.origin() + &request.path,
                ..Trace::default()
            },
            reply: Reply::Awaited,
            bytes: Vec::new(),
        }
    }

    /// Sends the request and reads what comes, to the end or to a limit.
    pub(super) async fn run(
        &mut self,
        client: &Client,
        headers: HeaderMap,
        watch: &dyn Watch,
    ) -> End {
        self.trace.sent_headers = headers::sent(&headers);
        let Ok(body) = serde_json::to_vec(&self.call.request.body) else {
            let message = "the body is no JSON";
            return End::Limit(CallError::new(ErrorKind::BadSettings, message));
        };
        let mut request = reqwest::Request::new(Method::POST, self.call.request.url().clone());
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        let limit = self.settings.first_byte_timeout;
        let mut response = match timeout(limit, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return End::Limit(broken(&error)),
            Err(_) => return late("no answer began within", limit),
        };
        self.trace.first_byte_seconds = Some(self.began.elapsed().as_secs_f64());
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        self.trace.status = Some(status.as_u16());
        self.trace.request_id = headers::request_id(&headers);
        self.trace.headers = headers::received(&headers);
        self.trace.should_retry = wait::should_retry(&headers);
        if !status.is_success() {
            self.reply = Reply::Refusal(headers);
            self.read_refusal(&mut response).await
        } else if is_stream(&headers) {
            let folder = Folder::new(self.call.settings.wire, &self.call.settings.id);
            self.reply = Reply::Stream(Box::new(folder));
            self.read_stream(&mut response, watch).await
        } else {
            self.reply = Reply::Whole(headers);
            self.read_whole(&mut response).await
        }
    }

    async fn read_refusal(&mut self, response: &mut Response) -> End {
        let idle = self.settings.idle_timeout.min(ERROR_IDLE);
        while self.bytes.len() < ERROR_BODY_BYTES {
            match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => self.bytes.extend_from_slice(&chunk),
                _ => break,
            }
        }
        self.bytes.truncate(ERROR_BODY_BYTES);
        End::Over
    }

    async fn read_whole(&mut self, response: &mut Response) -> End {
        let most = self.settings.max_body_bytes;
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > most) {
            return too_large(most);
        }
        let idle = self.settings.idle_timeout;
        loop {
            match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    let room = most - self.bytes.len().min(most);
                    self.bytes
                        .extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                    if chunk.len() > room {
                        return too_large(most);
                    }
                }
                Ok(Ok(None)) => return End::Over,
                Ok(Err(error)) => return End::Broke(cause(&error)),
                Err(_) => return late("nothing arrived for", idle),
            }
        }
    }

    async fn read_stream(&mut self, response: &mut Response, watch: &dyn Watch) -> End {
        let Reply::Stream(folder) = &mut self.reply else {
            return End::Over;
        };
        let keep = raw_cap(self.call, self.settings).saturating_add(self.redaction.reach());
        let (idle, most) = (self.settings.idle_timeout, self.settings.max_body_bytes);
        let mut received = 0_usize;
        loop {
            let chunk = match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return End::Over,
                Ok(Err(error)) => return End::Broke(cause(&error)),
                Err(_) => return late("nothing arrived for", idle),
            };
            let room = keep.saturating_sub(self.bytes.len()).min(chunk.len());
            self.bytes
                .extend_from_slice(chunk.get(..room).unwrap_or_default());
            received = received.saturating_add(chunk.len());
            if received > most {
                return too_large(most);
            }
            let fed = folder.feed(&chunk, watch);
            if self.trace.first_token_seconds.is_none() && folder.has_begun() {
                self.trace.first_token_seconds = Some(self.began.elapsed().as_secs_f64());
            }
            if let Err(error) = fed {
                return End::Said(error);
            }
        }
    }

    /// What came of it all.
    pub(super) fn end(mut self, end: End) -> Attempt {
        let mut partial = None;
        let mut outcome = match self.reply {
            Reply::Awaited => Err(match end {
                End::Limit(error) | End::Said(error) => error,
                End::Broke(reason) => CallError::new(ErrorKind::Reset, reason),
                End::Over => CallError::new(ErrorKind::Reset, ""),
            }),
            Reply::Refusal(headers) => {
                let refusal = reply::refusal(
                    self.call.settings.wire,
                    self.trace.status.unwrap_or_default(),
                    self.call.request.url(),
                    &headers,
                    &self.bytes,
                    self.now_millis,
                );
                self.trace.retry_after_seconds = refusal.retry_after_seconds;
                refusal.outcome
            }
            Reply::Whole(headers) => {
                let outcome = match end {
                    End::Over => reply::answer(
                        self.call.settings.wire,
                        &self.call.settings.id,
                        &headers,
                        &self.bytes,
                    ),
                    End::Broke(reason) if self.bytes.is_empty() => {
                        Err(CallError::new(ErrorKind::Reset, reason))
                    }
                    // What came of a whole body cannot be read: it is among the raw bytes, and no partial answer.
                    End::Broke(reason) => Err(CallError::new(ErrorKind::Cut, reason)),
                    End::Limit(error) | End::Said(error) => Err(error),
                };
                self.trace.answered = match &outcome {
                    Ok(_) => true,
                    Err(error) => match error.kind {
                        ErrorKind::Cut
                        | ErrorKind::Timeout
                        | ErrorKind::TooLarge
                        | ErrorKind::BadBody => {
                            !self.bytes.is_empty() && !reply::is_page(&headers, &self.bytes)
                        }
                        // The provider said, in place of an answer, that there is none.
                        _ => false,
                    },
                };
                outcome
            }
            Reply::Stream(folder) => {
                let begun = folder.has_begun();
                let (answer, complete) = folder.end();
                self.trace.answered = begun || complete;
                let error = match end {
                    // After its last event nothing can take an answer back: not even a server that hangs up rudely, or
                    // never.
                    End::Over | End::Broke(_) | End::Limit(_) if complete => None,
                    End::Broke(reason) if !begun => Some(CallError::new(ErrorKind::Reset, reason)),
                    End::Broke(reason) => Some(CallError::new(ErrorKind::Cut, reason)),
                    End::Limit(error) | End::Said(error) => Some(error),
                    End::Over => Some(CallError::new(ErrorKind::Cut, "it has no last event")),
                };
                match error {
                    None => Ok(answer),
                    Some(error) => {
                        partial = begun.then_some(answer);
                        Err(error)
                    }
                }
            }
        };
        if let Err(error) = &mut outcome {
            error.status = self.trace.status;
            error.request_id.clone_from(&self.trace.request_id);
        }
        if (outcome.is_err() || self.call.keep_raw) && !self.bytes.is_empty() {
            let cap = raw_cap(self.call, self.settings);
            self.trace.raw = Some(self.redaction.bytes(self.bytes, cap));
        }
        self.trace.seconds = self.began.elapsed().as_secs_f64();
        Attempt {
            outcome,
            partial,
            trace: self.trace,
        }
    }
}

/// The deadline of the whole call has passed.
pub(super) fn past(deadline: Duration) -> End {
    late("the deadline is", deadline)
}

fn late(what: &str, limit: Duration) -> End {
    let message = format!("{what} {} s", limit.as_secs_f64());
    End::Limit(CallError::new(ErrorKind::Timeout, message))
}

fn too_large(most: usize) -> End {
    let message = format!("the cap is {most} bytes");
    End::Limit(CallError::new(ErrorKind::TooLarge, message))
}

/// The most bytes of a body that are recorded.
fn raw_cap(call: &Call, settings: &Settings) -> usize {
    if call.keep_raw {
        settings.max_body_bytes
    } else {
        settings.max_raw_bytes
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    kind.and_then(|kind| kind.get(..17))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
}
