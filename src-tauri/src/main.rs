//! Starts the window: tells the library what the operating system knows, and nothing else.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use understudy_core::host::System;
use understudy_desktop::{Desk, Place, run};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("UNDERSTUDY_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let host = Arc::new(System);
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let started = Place::find(given, host.as_ref())
        .map_err(|error| error.to_string())
        .and_then(|place| run(Desk::new(place, host)).map_err(|error| error.to_string()));
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tracing::error!("{reason}");
            ExitCode::FAILURE
        }
    }
}
