//! The command line as it is typed: every command and flag, and nothing of what they do.

mod bundle;
mod change;
mod data;
mod run;
mod variant;

pub(crate) use bundle::{ApiKeyCommand, BundleCommand, ExportArgs, KeyCommand, VerifyArgs};
pub(crate) use change::{AcceptArgs, ChangeCommand, CheckArgs, Format};
pub(crate) use data::{CaseCommand, OutputCommand};
pub(crate) use run::{CompareArgs, DiffArgs, ModeWord, RatingWord, ReviewArgs, RunArgs, RunsArgs};
pub(crate) use variant::{SaveArgs, VariantCommand};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// One prompt per model, the fallback beside the primary, and both as one signed bundle.
#[derive(Debug, Parser)]
#[command(
    name = "understudy",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 yes; 1 the answer is no; 2 usage or bad input; 3 some calls failed.\n\
                  Start with `understudy demo`, or `understudy init --sample`."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The workspace file
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        env = "UNDERSTUDY_WORKSPACE",
        default_value = "workspace.understudy",
        hide_env_values = true
    )]
    pub(crate) workspace: PathBuf,
    /// Print one JSON document on stdout; errors stay text on stderr and leave stdout empty
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Use colours: on a terminal unless NO_COLOR is set, always, or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: ColorWhen,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new workspace
    Init(InitArgs),
    /// Take the tour: the sample's story, told by running the commands it shows
    Demo,
    /// Bring a directory of prompt files and the workspace into step
    Sync(SyncArgs),
    /// Show prompts × models: who is behind, and what an outage would do now
    Overview,
    /// Look at prompts
    #[command(subcommand)]
    Prompt(PromptCommand),
    /// Look at models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Look at and save the variants of a prompt
    #[command(subcommand)]
    Variant(VariantCommand),
    /// Look at primary changes and settle them on each fallback
    #[command(subcommand)]
    Change(ChangeCommand),
    /// Accept a finding for today's heads, with a reason and an end
    Accept(AcceptArgs),
    /// Look at and import saved cases
    #[command(subcommand)]
    Case(CaseCommand),
    /// Import outputs made elsewhere
    #[command(subcommand)]
    Output(OutputCommand),
    /// Run cases on models
    Run(RunArgs),
    /// List the runs: what each did, cost, and has left
    Runs(RunsArgs),
    /// Lay the fallback's outputs beside the primary's
    Compare(CompareArgs),
    /// Lay two plain files beside each other, with the same engine
    Diff(DiffArgs),
    /// Rate a pair of outputs
    Review(ReviewArgs),
    /// Say what stands in the way of trusting the fallbacks
    Check(CheckArgs),
    /// Make and look at signing keys, and keep API keys in the keychain
    #[command(subcommand)]
    Key(KeyCommand),
    /// Export, sign, verify and look at bundles
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Fill it with the shipped sample set and its recorded outputs
    #[arg(long)]
    pub(crate) sample: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// The directory with understudy.toml
    pub(crate) dir: PathBuf,
    /// Only take the directory's changes into the workspace
    #[arg(long, group = "direction")]
    pub(crate) pull: bool,
    /// Only write the workspace's changes to the directory
    #[arg(long, group = "direction")]
    pub(crate) push: bool,
    /// Change nothing; exit 1 when they differ
    #[arg(long, group = "direction", conflicts_with = "take")]
    pub(crate) check: bool,
    /// Which side wins where both changed; without it nothing conflicting is touched
    #[arg(long, value_name = "SIDE")]
    pub(crate) take: Option<TakeSide>,
}

/// Who wins a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TakeSide {
    /// The directory.
    Directory,
    /// The workspace.
    Workspace,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PromptCommand {
    /// List the prompts with policy, primary and fallbacks
    List,
    /// Show one prompt: its variants, and which change reached which fallback
    Show {
        /// The prompt
        prompt: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List the models that understudy.toml names
    List,
    /// Ask models for one word: whether address, key and settings work together
    Test {
        /// The models; all when left out
        models: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
