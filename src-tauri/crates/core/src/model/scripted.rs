//! A model that answers from a script, for tests of this crate and of others: no server, no key, no waiting.
//!
//! Answers are found by model, case, passthrough and repeat, never by the order of calls, so that a test means the
//! same at any concurrency. Delays run on tokio's clock: under `#[tokio::test(start_paused = true)]` they cost no time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::{Answer, Attempt, Call, CallError, Caller, Delta, ErrorKind, Watch};

/// What a call gets.
pub type Reply = Result<Answer, CallError>;

type Otherwise = Box<dyn Fn(&Call) -> Reply + Send + Sync>;

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The model's name.
    pub model: String,
    /// The case.
    pub case: String,
    /// The repetition, from 1.
    pub repeat: u32,
    /// Whether it carried the primary's prompt.
    pub passthrough: bool,
    /// The request's body.
    pub body: serde_json::Value,
}

#[derive(Debug, Default)]
struct Record {
    made: Vec<Made>,
    live: usize,
    most: usize,
    dropped: usize,
}

/// The scripted model.
#[derive(Default)]
pub struct Scripted {
    script: HashMap<(String, String, bool), Vec<Reply>>,
    otherwise: Option<Otherwise>,
    delay: Duration,
    delays: HashMap<String, Duration>,
    record: Mutex<Record>,
}

impl Scripted {
    /// A model that knows no answer: every call is [`ErrorKind::NotFound`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the answer of `model` to `case`. Said again, it is the answer of the next repeat; repeats beyond the last
    /// get the last.
    #[must_use]
    pub fn answer(self, model: &str, case: &str, text: &str) -> Self {
        self.reply(model, case, false, Ok(Answer::of(text)))
    }

    /// As [`Self::answer`], for the model given the primary's prompt. Without any, such calls get the plain answers.
    #[must_use]
    pub fn answer_passthrough(self, model: &str, case: &str, text: &str) -> Self {
        self.reply(model, case, true, Ok(Answer::of(text)))
    }

    /// Adds an error as the reply of `model` to `case`.
    #[must_use]
    pub fn fail(self, model: &str, case: &str, kind: ErrorKind, message: &str) -> Self {
        self.reply(model, case, false, Err(CallError::new(kind, message)))
    }

    /// Adds any reply.
    #[must_use]
    pub fn reply(mut self, model: &str, case: &str, passthrough: bool, reply: Reply) -> Self {
        let key = (model.to_owned(), case.to_owned(), passthrough);
        self.script.entry(key).or_default().push(reply);
        self
    }

    /// What calls get for which nothing was scripted.
    #[must_use]
    pub fn otherwise(mut self, reply: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        self.otherwise = Some(Box::new(reply));
        self
    }

    /// How long every answer takes.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How long the answer to `case` takes.
    #[must_use]
    pub fn delay_case(mut self, case: &str, delay: Duration) -> Self {
        self.delays.insert(case.to_owned(), delay);
        self
    }

    /// The calls made so far, in the order in which they began.
    pub fn made(&self) -> Vec<Made> {
        self.record().made.clone()
    }

    /// How many calls are being answered now.
    pub fn live(&self) -> usize {
        self.record().live
    }

    /// The most calls that were ever answered at once.
    pub fn most(&self) -> usize {
        self.record().most
    }

    /// How many calls were dropped before their answer.
    pub fn dropped(&self) -> usize {
        self.record().dropped
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        // The record stays meaningful when a test panics elsewhere.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, call: &Call) -> Reply {
        let get = |passthrough: bool| {
            let key = (
                call.model.as_str().to_owned(),
                call.case.as_str().to_owned(),
                passthrough,
            );
            let replies = self.script.get(&key)?;
            let index = usize::try_from(call.repeat).unwrap_or(usize::MAX);
            replies.get(index.saturating_sub(1)).or(replies.last())
        };
        let scripted = call.passthrough.then(|| get(true)).flatten().or(get(false));
        match (scripted, &self.otherwise) {
            (Some(reply), _) => reply.clone(),
            (None, Some(otherwise)) => otherwise(call),
            (None, None) => Err(CallError::new(
                ErrorKind::NotFound,
                format!("nothing is scripted for {} and {}", call.model, call.case),
            )),
        }
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("script", &self.script)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

/// Counts a call as long as its future lives.
struct Live<'a> {
    scripted: &'a Scripted,
    answered: bool,
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        let mut record = self.scripted.record();
        record.live = record.live.saturating_sub(1);
        if !self.answered {
            record.dropped += 1;
        }
    }
}

impl Caller for Scripted {
    fn call<'a>(&'a self, call: &'a Call, watch: &'a dyn Watch) -> BoxFuture<'a, Attempt> {
        async move {
            {
                let mut record = self.record();
                record.live += 1;
                record.most = record.most.max(record.live);
                record.made.push(Made {
                    model: call.model.as_str().to_owned(),
                    case: call.case.as_str().to_owned(),
                    repeat: call.repeat,
                    passthrough: call.passthrough,
                    body: call.request.body.clone(),
                });
            }
            let mut live = Live {
                scripted: self,
                answered: false,
            };
            let delay = *self.delays.get(call.case.as_str()).unwrap_or(&self.delay);
            if delay > Duration::ZERO {
                tokio::time::sleep(delay).await;
            }
            live.answered = true;
            let reply = self.find(call);
            if let Ok(answer) = &reply
                && !answer.text.is_empty()
            {
                watch.delta(Delta::Text(&answer.text));
            }
            Attempt::of(reply)
        }
        .boxed()
    }
}
