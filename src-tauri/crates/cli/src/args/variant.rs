//! `variant …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum VariantCommand {
    /// Show a version as a .prompt file; into a pipe goes exactly the file
    Show {
        /// The prompt
        prompt: String,
        /// The variant's model
        model: String,
        /// Another version than the head
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Show the exact request a version makes for a case, secrets left out
    Render {
        /// The prompt
        prompt: String,
        /// The variant's model
        model: String,
        /// The case
        #[arg(long)]
        case: String,
        /// Another version than the head
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Save a .prompt file as a new version
    Save(SaveArgs),
    /// Show the versions of one variant, or of all
    Log {
        /// The prompt
        prompt: String,
        /// Only this variant
        model: Option<String>,
    },
    /// Show what changed between two versions of a variant
    Diff {
        /// The prompt
        prompt: String,
        /// The variant's model
        model: String,
        /// The older version
        #[arg(value_name = "A")]
        from: u32,
        /// The newer version
        #[arg(value_name = "B")]
        to: u32,
    },
    /// Make an older version's content the head again, as a new version
    Restore {
        /// The prompt
        prompt: String,
        /// The variant's model
        model: String,
        /// The version to go back to
        #[arg(value_name = "N")]
        version: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// The prompt
    pub(crate) prompt: String,
    /// The variant's model
    pub(crate) model: String,
    /// The .prompt file; `-` reads standard input
    #[arg(long)]
    pub(crate) file: PathBuf,
    /// Why, for those who read the history
    #[arg(short, long)]
    pub(crate) message: String,
    /// The head it was made from, 0 for none: refused when somebody saved in between
    #[arg(long, value_name = "N")]
    pub(crate) parent: Option<u32>,
    /// Primary versions whose changes this version answers
    #[arg(long, value_name = "N", num_args = 1.., value_delimiter = ',')]
    pub(crate) answers: Vec<u32>,
}
