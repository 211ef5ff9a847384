//! From the process to a command and back: the only place that reads the real environment and ends the program.

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use understudy_core::host::{Host, System, keys_folder};

use crate::args::{Cli, ColorWhen};
use crate::commands;
use crate::failure::{FAILED, Failure, sentence};
use crate::out::{Out, Screen};
use crate::shell::Shell;

pub(crate) fn start() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, the rest is usage. A closed pipe changes neither.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { FAILED } else { 0 });
        }
    };
    let host: Arc<dyn Host> = Arc::new(System);
    log(host.as_ref());
    let screen = screen(host.as_ref(), cli.global.color);
    let out = Out::new(Box::new(BufWriter::new(std::io::stdout())), screen);
    let keys = keys_folder(host.as_ref());
    let mut shell = Shell::new(out, host, cli.global.workspace, keys, cli.global.json);
    // One thread is enough: SQLite has its own, and calls wait more than they compute.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = runtime.map_err(Failure::Start).and_then(|runtime| {
        runtime.block_on(async {
            let ended = commands::dispatch(&mut shell, cli.command).await;
            shell.close().await;
            ended
        })
    });
    let written = shell.out.finish().map_err(Failure::Output);
    // After the answer is out: nobody waits for a collector to see it.
    shell.end_telemetry();
    match ended.and_then(|answer| written.map(|()| answer)) {
        Ok(answer) => ExitCode::from(answer.code()),
        Err(failure) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(std::io::stderr(), "{}", sentence(&failure));
            ExitCode::from(FAILED)
        }
    }
}

fn screen(host: &dyn Host, when: ColorWhen) -> Screen {
    let terminal = std::io::stdout().is_terminal();
    let colour = match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            terminal
                && host.env("NO_COLOR").is_none()
                && host.env("TERM").is_none_or(|term| term != "dumb")
        }
    };
    let asked = host.env("COLUMNS").and_then(|columns| columns.parse().ok());
    let columns = asked.or_else(|| {
        let (columns, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns.0))
    });
    Screen {
        colour,
        columns: columns.filter(|columns| *columns > 0),
        terminal,
    }
}

/// Logs go to standard error, and only when asked for: building the filter costs time that every start would pay.
fn log(host: &dyn Host) {
    if let Some(filter) = host.env("UNDERSTUDY_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .init();
    }
}
