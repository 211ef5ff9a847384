//! The desk: the open workspace and the runs that are under way.
//!
//! One desk serves every command at once. Clones are the same desk.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::sync::mpsc::unbounded_channel;
use understudy_core::host::Host;
use understudy_core::model::{Caller, Http};
use understudy_core::run::{Cancel, Event, Summary};
use understudy_core::store::StoreError;
use understudy_core::workspace::{Error, RunRequest, Workspace};

use crate::place::Place;
use crate::report::Report;
use crate::stream::{RunEvents, forward};

/// How long leaving waits for the file to be written out. Nothing is lost without it; the `-wal` file only stays.
const FAREWELL: Duration = Duration::from_secs(2);

/// The open workspace and the live runs.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    place: Place,
    host: Arc<dyn Host>,
    caller: Arc<dyn Caller>,
    /// Opened by whoever asks first, so that the window need not wait for it; a failure is tried again.
    workspace: OnceCell<Workspace>,
    runs: Mutex<BTreeMap<String, Cancel>>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("place", &self.0.place)
            .field("open", &self.0.workspace.initialized())
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk over `place`, with the providers and keys of `host`'s environment. Opens nothing yet.
    pub fn new(place: Place, host: Arc<dyn Host>) -> Self {
        let caller = Arc::new(Http::from_env(host.clone()));
        Self::with_caller(place, host, caller)
    }

    /// The same with another caller.
    pub fn with_caller(place: Place, host: Arc<dyn Host>, caller: Arc<dyn Caller>) -> Self {
        Self(Arc::new(Inner {
            place,
            host,
            caller,
            workspace: OnceCell::new(),
            runs: Mutex::default(),
        }))
    }

    /// The open workspace.
    pub(crate) async fn workspace(&self) -> Result<&Workspace, Report> {
        self.0
            .workspace
            .get_or_try_init(|| open(&self.0.place, &self.0.host))
            .await
            .map_err(Report::from)
    }

    /// Runs to the end. `send` gets the events in groups and answers whether anybody listens. All groups are out
    /// before this returns.
    pub(crate) async fn run(
        &self,
        request: RunRequest,
        send: impl FnMut(RunEvents) -> bool + Send + 'static,
    ) -> Result<Summary, Report> {
        let workspace = self.workspace().await?;
        let cancel = Cancel::new();
        let mut live = Live {
            desk: self,
            run: None,
        };
        let (events, received) = unbounded_channel();
        let report = |event: Event| {
            if let Event::Started(started) = &event {
                self.runs().insert(started.run.clone(), cancel.clone());
                live.run = Some(started.run.clone());
            }
            // Nobody receives any more only when the runtime is going down.
            let _ = events.send(event);
        };
        let pump = tokio::spawn(forward(received, send));
        let ended = workspace
            .run(&request, self.0.caller.as_ref(), &cancel, report)
            .await;
        drop(events);
        pump.await.map_err(|error| Report::internal(&error))?;
        Ok(ended?)
    }

    /// Stops a run: what is finished stays, what is under way is dropped.
    pub(crate) fn cancel(&self, run: &str) -> Result<(), Report> {
        match self.runs().get(run) {
            Some(cancel) => {
                cancel.cancel();
                Ok(())
            }
            None => Err(Report::not_found(format!(
                "there is no run `{run}` under way; it may have ended by itself"
            ))),
        }
    }

    /// Stops every run and writes the file out.
    pub(crate) async fn leave(&self) {
        for cancel in self.runs().values() {
            cancel.cancel();
        }
        if let Some(workspace) = self.0.workspace.get() {
            let _ = tokio::time::timeout(FAREWELL, workspace.clone().close()).await;
        }
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<String, Cancel>> {
        // A map of switches is whole after any panic.
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that can be cancelled, for as long as this lives.
struct Live<'a> {
    desk: &'a Desk,
    run: Option<String>,
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            self.desk.runs().remove(run);
        }
    }
}

async fn open(place: &Place, host: &Arc<dyn Host>) -> Result<Workspace, Error> {
    match Workspace::open(&place.file, host.clone(), &place.keys).await {
        Err(Error::Store(StoreError::Missing(_))) if place.make_sample => {
            make_sample(place, host).await?;
            Workspace::open(&place.file, host.clone(), &place.keys).await
        }
        opened => opened,
    }
}

/// Makes the sample under another name and gives it its own when it is whole: neither a second window nor a power cut
/// ever meets half of it.
async fn make_sample(place: &Place, host: &Arc<dyn Host>) -> Result<(), Error> {
    let failed = |path: &Path, source| Error::Io {
        what: "cannot write",
        path: path.display().to_string(),
        source,
    };
    let folder = place.file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let part = folder.join(format!(".sample-{}.part", host.new_id()));
    let made = Workspace::create_sample(&part, host.clone(), &place.keys).await?;
    made.close().await;
    // A link refuses where a rename would overwrite what another window has made meanwhile.
    let linked = std::fs::hard_link(&part, &place.file);
    let _ = std::fs::remove_file(&part);
    match linked {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(failed(&place.file, source))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
