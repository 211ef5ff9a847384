//! `case …` and `output …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// List the saved cases of a prompt
    List {
        /// The prompt
        prompt: String,
    },
    /// Take cases in from a JSON Lines file; a case that is known is replaced
    Import {
        /// One case a line; `-` reads standard input
        file: PathBuf,
        /// The prompt they are for
        #[arg(long)]
        prompt: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutputCommand {
    /// Take outputs in from a JSON Lines file, as a recorded run
    Import {
        /// One output a line; `-` reads standard input
        file: PathBuf,
        /// The prompt they are for
        #[arg(long)]
        prompt: String,
        /// Read FIELD from the file's field NAME. FIELD is one of ours (case, output, model, …), input.VARIABLE, or
        /// primary and fallback for the output of that side
        #[arg(long, value_name = "FIELD=NAME", num_args = 1..)]
        map: Vec<String>,
    },
}
