//! What every command works with: the world, the flags of all commands, and where the answer goes.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use understudy_core::host::Host;
use understudy_core::run::{Observer, Unobserved};
use understudy_core::telemetry::Telemetry;
use understudy_core::workspace::Workspace;

use crate::failure::Failure;
use crate::out::Out;

/// The world of one command.
pub(crate) struct Shell {
    pub(crate) out: Out,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) workspace: PathBuf,
    /// The folder of the signing keys, when there is one.
    pub(crate) keys: Option<PathBuf>,
    pub(crate) json: bool,
    opened: Option<Workspace>,
    telemetry: Option<Arc<Telemetry>>,
}

impl Shell {
    pub(crate) fn new(
        out: Out,
        host: Arc<dyn Host>,
        workspace: PathBuf,
        keys: Option<PathBuf>,
        json: bool,
    ) -> Self {
        Self {
            out,
            host,
            workspace,
            keys,
            json,
            opened: None,
            telemetry: None,
        }
    }

    /// The workspace, opened once.
    pub(crate) async fn open(&mut self) -> Result<Workspace, Failure> {
        if let Some(opened) = &self.opened {
            return Ok(opened.clone());
        }
        let keys = self.keys_or_nowhere();
        let workspace = Workspace::open(&self.workspace, self.host.clone(), &keys).await?;
        Ok(self.keep(workspace))
    }

    /// Remembers an open workspace, so that it is closed in the end.
    pub(crate) fn keep(&mut self, workspace: Workspace) -> Workspace {
        self.opened = Some(workspace.clone());
        workspace
    }

    /// Closes the workspace: what stands in its write-ahead log goes into the file.
    pub(crate) async fn close(&mut self) {
        if let Some(workspace) = self.opened.take() {
            workspace.close().await;
        }
    }

    /// Who is told of a run's tries: the collector that the environment names, else nobody. Settings that cannot be
    /// followed are told before anything was paid for.
    pub(crate) fn observer(&mut self) -> Result<Arc<dyn Observer>, Failure> {
        if self.telemetry.is_none() {
            self.telemetry = Telemetry::from_host(self.host.as_ref())?.map(Arc::new);
        }
        Ok(match &self.telemetry {
            Some(telemetry) => telemetry.clone(),
            None => Arc::new(Unobserved),
        })
    }

    /// Lets telemetry leave; waits no longer than five seconds.
    pub(crate) fn end_telemetry(&mut self) {
        if let Some(telemetry) = self.telemetry.take() {
            telemetry.shutdown();
        }
    }

    /// The folder of the signing keys.
    pub(crate) fn keys(&self) -> Result<&Path, Failure> {
        self.keys.as_deref().ok_or(Failure::NoKeysFolder)
    }

    /// For commands that use no key: a workspace wants to know a folder all the same.
    pub(crate) fn keys_or_nowhere(&self) -> PathBuf {
        self.keys.clone().unwrap_or_default()
    }

    /// Prints the answer: the document as JSON, or what `text` makes of it.
    pub(crate) fn answer<T: Serialize>(&mut self, document: &T, text: impl FnOnce(&mut Out, &T)) {
        if self.json {
            self.out.json(document);
        } else {
            text(&mut self.out, document);
        }
    }

    /// Reads a text file that was named; `-` is standard input.
    pub(crate) fn read(&self, path: &Path) -> Result<String, Failure> {
        let read = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(path)
        };
        let bytes = read.map_err(|source| Failure::Read {
            path: path.to_owned(),
            source,
        })?;
        String::from_utf8(bytes).map_err(|_| Failure::NotText {
            path: path.to_owned(),
        })
    }

    /// Tells something on the way, on standard error. Nobody listening is no reason to stop.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{}", crate::text::visible::visible(text));
    }

    /// Whether standard error is a terminal, so that a line of progress can be drawn over.
    pub(crate) fn draws_progress(&self) -> bool {
        std::io::stderr().is_terminal()
    }
}
