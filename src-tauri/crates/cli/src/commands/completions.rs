//! `completions`.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::failure::{Answer, Failure};
use crate::shell::Shell;

pub(super) fn completions(
    shell: &mut Shell,
    kind: clap_complete::Shell,
) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(kind, &mut Cli::command(), "understudy", &mut script);
    shell.out.bytes(&script);
    Ok(Answer::Yes)
}
