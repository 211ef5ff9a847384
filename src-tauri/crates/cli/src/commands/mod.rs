//! One file a group of commands: each asks the workspace and prints its document.

mod api_key;
mod bundle;
mod case;
mod change;
mod check;
mod compare;
mod completions;
mod demo;
mod findings;
mod init;
mod key;
mod model;
mod overview;
mod prompt;
mod quote;
mod review;
mod run;
mod runs;
mod sync;
mod variant;

use crate::args::Command;
use crate::failure::{Answer, Failure};
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;

/// Carries a command out.
pub(crate) async fn dispatch(shell: &mut Shell, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init(args) => init::init(shell, &args).await,
        Command::Demo => demo::demo(shell).await,
        Command::Sync(args) => sync::sync(shell, &args).await,
        Command::Overview => overview::overview(shell).await,
        Command::Prompt(command) => prompt::prompt(shell, command).await,
        Command::Model(command) => model::model(shell, command).await,
        Command::Variant(command) => variant::variant(shell, command).await,
        Command::Change(command) => change::change(shell, command).await,
        Command::Accept(args) => change::accept(shell, &args).await,
        Command::Case(command) => case::case(shell, command).await,
        Command::Output(command) => case::output(shell, command).await,
        Command::Run(args) => run::run(shell, &args).await,
        Command::Runs(args) => runs::runs(shell, &args).await,
        Command::Compare(args) => compare::compare(shell, &args).await,
        Command::Diff(args) => compare::diff(shell, &args),
        Command::Review(args) => review::review(shell, &args).await,
        Command::Check(args) => check::check(shell, &args).await,
        Command::Key(command) => key::key(shell, command),
        Command::Bundle(command) => bundle::bundle(shell, command).await,
        Command::Completions { shell: kind } => completions::completions(shell, kind),
    }
}

/// A heading, with the label that sample data carry wherever they are shown.
fn heading(title: impl AsRef<str>, sample: bool) -> Line {
    let line = Line::of(Ink::Bold, title);
    if sample {
        line.then(Ink::Plain, "  ").then(Ink::Warning, "[sample]")
    } else {
        line
    }
}
