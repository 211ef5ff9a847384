//! The binary `understudy`: the whole workbench without a window.
//!
//! Parses the command line, opens what the command needs, and prints the workspace's documents as text or JSON. It
//! must hold no rule of the product: what can be asked is asked of `understudy_core::workspace`.

mod args;
mod commands;
mod failure;
mod out;
mod passphrase;
mod shell;
mod start;
mod text;

fn main() -> std::process::ExitCode {
    start::start()
}
