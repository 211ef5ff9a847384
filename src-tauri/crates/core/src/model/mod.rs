//! Models behind their wires: how a version becomes a request, and a provider's reply an answer.
//!
//! Owns one adapter per wire (a pure body builder and a pure folder of replies over `serde_json::Value`), the typed
//! errors of a call, and the one transport under all of them. It is the only module that knows `reqwest`. It must not
//! know runs, the database or prompt sets. An [`ApiKeys`] hands keys out; only [`Keys`] knows from where.
//!
//! ```text
//! (Model, Content, Rendered) --build--> Request --Caller--> Answer | CallError
//!
//! bytes --sse--> events --json--> frames --the wire's Fold--> Draft --> Answer
//! ```
//!
//! Deliberately absent: retries (a repeated call bills again and changes the sample; the executor decides). A body that
//! was not streamed goes through the same fold, as one frame, so that a reply means the same either way. A wire is
//! added by a module with a `SHAPE`, a `body` and a `Fold`, and a line in the `match` of [`build`] and of `fold`.

mod answer;
mod anthropic;
mod attempt;
mod client;
mod cohere;
mod conversation;
mod draft;
mod error;
mod fold;
mod gemini;
mod json;
mod key;
#[cfg(test)]
pub(crate) mod loopback;
mod mistral;
mod openai_chat;
mod openai_responses;
mod post;
mod request;
mod schema;
pub mod scripted;
mod sse;
mod transport;
mod wire;

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::prompt::{CaseId, Model, ModelName};

pub use crate::prompt::ToolCall;

pub use answer::{Answer, Finish, Usage};
pub use attempt::{Attempt, Delta, Nobody, Trace, Watch};
pub use client::Proxies;
pub use error::{CallError, ErrorKind};
pub use key::{ApiKey, ApiKeys, EnvKeys, Keys};
pub use post::{Post, PostError, Posted};
pub use request::{BuildError, Request, address, build};
pub use transport::{Http, Settings};

/// One call: the request, and whose it is. The names are what a scripted model answers by and what is traced; only
/// `settings` and `request` reach the wire.
#[derive(Debug, Clone)]
pub struct Call {
    /// The model's name in `understudy.toml`.
    pub model: ModelName,
    /// Its settings.
    pub settings: Arc<Model>,
    /// The case that asks.
    pub case: CaseId,
    /// Which repetition, from 1.
    pub repeat: u32,
    /// Whether the model is given the primary's prompt.
    pub passthrough: bool,
    /// Whether the raw bytes of a good answer are kept too.
    pub keep_raw: bool,
    /// What is sent.
    pub request: Request,
}

/// Whoever answers calls: [`Http`], or [`scripted::Scripted`] in tests.
///
/// Dropping the future cancels the call and closes its connection.
pub trait Caller: Send + Sync {
    /// Makes the call once, and tells `watch` what arrives. Refusals, filtered and cut replies are answers; see
    /// [`Finish`].
    fn call<'a>(&'a self, call: &'a Call, watch: &'a dyn Watch) -> BoxFuture<'a, Attempt>;
}

#[cfg(test)]
mod tests;
