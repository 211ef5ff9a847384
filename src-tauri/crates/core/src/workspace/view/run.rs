//! Runs before, while and after they go, and models as they are called.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::Finding;
use crate::prompt::{ModelName, PromptName};

documents! {
    /// What a run would do and cost: shown before anything is sent. All amounts are estimates.
    pub struct RunQuote {
        /// The prompt.
        pub prompt: PromptName,
        /// How many cells it has.
        pub cells: u32,
        /// How many of them are finished already; not 0 only when a run is resumed.
        pub finished: u32,
        /// One line a model and prompt given to it.
        pub lines: Vec<QuoteLine>,
        /// What it will likely cost; `None` when a price is unknown.
        pub likely_usd: Option<f64>,
        /// What it can cost at most; `None` when a price or the longest answer is unknown.
        pub at_most_usd: Option<f64>,
        /// What would get lost or be refused on the fallbacks, found by comparing the requests.
        pub findings: Vec<Finding>,
        /// How many of its cases begin with turns the primary could answer: only those can be handed over.
        pub handoff_cases: u32,
    }

    /// One line of a quote.
    pub struct QuoteLine {
        /// The model.
        pub model: ModelName,
        /// Whether it is given the primary's prompt.
        pub passthrough: bool,
        /// Whether these are the earlier turns of a handoff, which the primary answers for all.
        pub earlier_turns: bool,
        /// How many calls are left to make.
        pub calls: u32,
        /// Whether its key is here; true when none is needed.
        pub key_present: bool,
        /// Its price; `None` when unknown.
        pub price: Option<PriceView>,
        /// What its calls will likely cost.
        pub likely_usd: Option<f64>,
        /// What they can cost at most.
        pub at_most_usd: Option<f64>,
    }

    /// A price, in US dollars a million tokens.
    pub struct PriceView {
        /// Input, a decimal number.
        pub input: String,
        /// Output, likewise.
        pub output: String,
        /// Where it comes from: `workspace`, `user` or `shipped`.
        pub source: String,
        /// As of when, where the table says so.
        pub as_of: Option<String>,
    }

    /// Runs, latest first.
    pub struct RunList {
        /// One entry a run.
        pub runs: Vec<RunEntry>,
    }

    /// A run in the list.
    pub struct RunEntry {
        /// Its id.
        pub run: String,
        /// The prompt.
        pub prompt: PromptName,
        /// When it started, RFC 3339.
        pub at: String,
        /// Whether this program made the calls, or the outputs come from elsewhere.
        pub live: bool,
        /// How it stands.
        pub state: RunState,
        /// How many cells it has.
        pub cells: u32,
        /// How many are finished.
        pub finished: u32,
        /// How many of those ended with an error.
        pub failed: u32,
        /// What is known of its cost.
        pub spent_usd: f64,
        /// How many of its finished calls have no known cost.
        pub unpriced: u32,
        /// The models it asks.
        pub models: Vec<ModelName>,
        /// How often each cell is asked.
        pub repeat: u32,
        /// Whether fallbacks are also given the primary's prompt.
        pub passthrough: bool,
        /// Whether the primary answers the earlier turns.
        pub handoff: bool,
    }

    /// The record of a run.
    pub struct TryList {
        /// The run's id.
        pub run: String,
        /// One entry a try, in the order in which they began.
        pub tries: Vec<TryEntry>,
    }

    /// One try of one call, as it was recorded. Secrets are replaced by `[secret]`.
    pub struct TryEntry {
        /// The case.
        pub case: String,
        /// Whom it called: in a handoff not only the cell's own model.
        pub model: String,
        /// Which repeat, from 1.
        pub repeat: u32,
        /// Whether the fallback was given the primary's prompt.
        pub passthrough: bool,
        /// Which call of the cell, from 1; the last is its own.
        pub call: u32,
        /// Which try of that call, from 1.
        pub number: u32,
        /// When it began, RFC 3339.
        pub at: String,
        /// The digest of the request: address, headers and body.
        pub request: Option<String>,
        /// The error's code; `None` when it was answered.
        pub kind: Option<String>,
        /// The HTTP status, when there was one.
        pub status: Option<u32>,
        /// The provider's id of the request.
        pub request_id: Option<String>,
        /// The address.
        pub url: Option<String>,
        /// Headers sent.
        pub sent_headers: BTreeMap<String, String>,
        /// Headers received.
        pub headers: BTreeMap<String, String>,
        /// Seconds until the status line.
        pub first_byte_seconds: Option<f64>,
        /// Seconds until the first piece of a stream.
        pub first_token_seconds: Option<f64>,
        /// Seconds in all.
        pub seconds: f64,
        /// How long the server asked to wait, in seconds.
        pub retry_after_seconds: Option<f64>,
        /// The body as received, where it was kept: of what failed, was cut or could not be read, or when asked for.
        pub raw: Option<String>,
    }

    /// What a model answered to a few words.
    pub struct ModelTest {
        /// The model.
        pub model: ModelName,
        /// Whether it answered.
        pub ok: bool,
        /// The address that was asked, secrets left out.
        pub url: String,
        /// The HTTP status, when there was one.
        pub status: Option<u16>,
        /// How long it took.
        pub seconds: f64,
        /// Until the first piece of text, when streamed.
        pub first_token_seconds: Option<f64>,
        /// The model as answered: aliases resolve to dated ids.
        pub answered_by: Option<String>,
        /// What it said.
        pub text: Option<String>,
        /// Why it did not answer, in a sentence.
        pub error: Option<String>,
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunStanding"))]
pub enum RunState {
    /// Under way now, here or in another program.
    Going,
    /// All cells are finished.
    Finished,
    /// It was cancelled or cut off; resuming does the rest.
    Unfinished,
}
