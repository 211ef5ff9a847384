//! `change …`, `accept` and `check`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ChangeCommand {
    /// List primary changes, each as each fallback sees it
    List {
        /// Only this prompt
        prompt: Option<String>,
        /// Only changes that never reached the fallback
        #[arg(long)]
        unmatched: bool,
    },
    /// Say that a fallback answers a change; prints the fallback's edit since its last match
    Match {
        /// The prompt
        prompt: String,
        /// The primary version the change leads to
        #[arg(value_name = "N")]
        version: u32,
        /// The fallback
        model: String,
        /// The fallback version that answers, when it is not the head
        #[arg(long, value_name = "M")]
        with: Option<u32>,
    },
    /// Say that a change will not be carried over, why, and until when
    Waive {
        /// The prompt
        prompt: String,
        /// The primary version the change leads to
        #[arg(value_name = "N")]
        version: u32,
        /// The fallback
        model: String,
        /// Why, in ten characters or more
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The end, such as 2027-01-31; in 90 days when left out
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The finding's code, as `check` prints it
    pub(crate) code: String,
    /// The prompt
    pub(crate) prompt: String,
    /// The model, when the finding names one
    pub(crate) model: Option<String>,
    /// Why, in ten characters or more
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The end, such as 2027-01-31; in 90 days when left out
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Only these prompts
    pub(crate) prompts: Vec<String>,
    /// Check a directory of prompt files instead of the workspace; what needs outputs is skipped
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// How to print the findings
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// As `--json`.
    Json,
}
