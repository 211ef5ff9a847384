//! `run`, `compare`, `diff` and `review`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use understudy_core::prompt::Usd;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The prompts to run
    #[arg(
        required_unless_present = "resume",
        conflicts_with = "resume",
        value_name = "PROMPT"
    )]
    pub(crate) prompts: Vec<String>,
    /// Only these cases; `*` stands for any text
    #[arg(long = "case", value_name = "GLOB")]
    pub(crate) cases: Vec<String>,
    /// Only cases with this tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// Only these models; the primary and all fallbacks when left out
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Another version than the head, of exactly one model
    #[arg(long, value_name = "N")]
    pub(crate) version: Option<u32>,
    /// Also give each fallback the primary's prompt, as naive failover does
    #[arg(long)]
    pub(crate) passthrough: bool,
    /// How often to ask each case
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,
    /// Let the primary answer the earlier turns of each conversation, live, and the fallback the last
    #[arg(long)]
    pub(crate) handoff: bool,
    /// Calls under way at once; a model's own `concurrency` bounds its endpoint
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: u32,
    /// Stop before more than this is spent
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<Usd>,
    /// Do what a run has left: its id, or `last`
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["cases", "tag", "models", "version", "passthrough", "handoff", "repeat"]
    )]
    pub(crate) resume: Option<String>,
    /// With --resume: ask again what ended with an error, too
    #[arg(long, requires = "resume")]
    pub(crate) retry_errors: bool,
    /// Take outputs of earlier runs for exactly the same request and repeat
    #[arg(long)]
    pub(crate) cache: bool,
    /// Keep the raw bytes of good answers too, not only of failed ones
    #[arg(long)]
    pub(crate) keep_raw: bool,
    /// Make each call once, whatever comes of it
    #[arg(long)]
    pub(crate) no_retry: bool,
    /// Ask for whole answers instead of streams
    #[arg(long)]
    pub(crate) no_stream: bool,
    /// Say what it would do and cost, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Only runs of this prompt
    pub(crate) prompt: Option<String>,
    /// The record of one run instead, every try of every call: its id, or `last`
    #[arg(long, value_name = "RUN", conflicts_with = "prompt")]
    pub(crate) tries: Option<String>,
    /// With --tries: only of this case
    #[arg(long, value_name = "CASE", requires = "tries")]
    pub(crate) case: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The prompt
    pub(crate) prompt: String,
    /// One pair in full; without it all pairs, and the largest difference in full
    pub(crate) case: Option<String>,
    /// The fallback; the first of the chain when left out
    #[arg(long, value_name = "MODEL")]
    pub(crate) fallback: Option<String>,
    /// Only outputs of this run
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// How to lay them beside each other
    #[arg(long, default_value = "words")]
    pub(crate) mode: ModeWord,
}

/// How two texts are laid beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeWord {
    /// By words.
    Words,
    /// By lines.
    Lines,
    /// By the fields of JSON outputs.
    Fields,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The left file
    #[arg(value_name = "FILE_A")]
    pub(crate) left: PathBuf,
    /// The right file
    #[arg(value_name = "FILE_B")]
    pub(crate) right: PathBuf,
    /// How to lay them beside each other
    #[arg(long, default_value = "words")]
    pub(crate) mode: ModeWord,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("choice").args(["rating", "undo"]).required(true))]
pub(crate) struct ReviewArgs {
    /// The prompt
    pub(crate) prompt: String,
    /// The case
    pub(crate) case: String,
    /// The fallback; the first of the chain when left out
    #[arg(long, value_name = "MODEL")]
    pub(crate) fallback: Option<String>,
    /// Which output you would send
    #[arg(long)]
    pub(crate) rating: Option<RatingWord>,
    /// Why, for those who read the ratings
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    pub(crate) note: Option<String>,
    /// Take the latest rating of the pair back
    #[arg(long)]
    pub(crate) undo: bool,
}

/// Which output a reviewer would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RatingWord {
    /// The primary's.
    Primary,
    /// No difference that matters.
    Tie,
    /// The fallback's.
    Fallback,
    /// Neither could be sent.
    Neither,
}
