//! The desk: the open workspace and the runs that are under way.
//!
//! One desk serves every command at once. Clones are the same desk.

mod farewell;
mod live;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{OnceCell, watch};
use understudy_core::host::Host;
use understudy_core::model::{Caller, Http};
use understudy_core::run::{Cancel, Event, Summary, Unobserved};
use understudy_core::store::StoreError;
use understudy_core::telemetry::Telemetry;
use understudy_core::workspace::{Error, ResumeRequest, RunContext, RunRequest, Workspace};

use crate::arguments::Farewell;
use crate::place::Place;
use crate::report::Report;
use crate::stream::{RunEvents, forward};

use farewell::Parting;
pub use farewell::{Door, Summons};
use live::Live;

/// How long leaving waits for the file to be written out. Nothing is lost without it; the `-wal` file only stays.
const FAREWELL: Duration = Duration::from_secs(2);

/// The open workspace and the live runs.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    place: Place,
    host: Arc<dyn Host>,
    caller: Arc<dyn Caller>,
    telemetry: Option<Arc<Telemetry>>,
    /// Opened by whoever asks first, so that the window need not wait for it; a failure is tried again.
    workspace: OnceCell<Workspace>,
    runs: Mutex<BTreeMap<String, Live>>,
    /// Starts that were asked for.
    tickets: Mutex<HashSet<String>>,
    parting: Mutex<Parting>,
}

/// A live run of this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LiveRun {
    /// Its id.
    pub run: String,
    /// The prompt.
    pub prompt: String,
}

/// What is to be run.
pub(crate) enum Task {
    /// A run from its beginning.
    Start(RunRequest),
    /// The rest of a run.
    Resume(ResumeRequest),
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
    /// A desk over `place`, with the providers, keys and telemetry of `host`'s environment. Opens nothing yet.
    pub fn new(place: Place, host: Arc<dyn Host>) -> Self {
        let caller = Arc::new(Http::from_env(host.clone()));
        // A window opens without telemetry rather than not at all; the log says what could not be followed.
        let telemetry = Telemetry::from_host(host.as_ref()).unwrap_or_else(|error| {
            tracing::warn!("no telemetry: {error}");
            None
        });
        Self::made(place, host, caller, telemetry.map(Arc::new))
    }

    /// The same with another caller, and without telemetry.
    pub fn with_caller(place: Place, host: Arc<dyn Host>, caller: Arc<dyn Caller>) -> Self {
        Self::made(place, host, caller, None)
    }

    fn made(
        place: Place,
        host: Arc<dyn Host>,
        caller: Arc<dyn Caller>,
        telemetry: Option<Arc<Telemetry>>,
    ) -> Self {
        Self(Arc::new(Inner {
            place,
            host,
            caller,
            telemetry,
            workspace: OnceCell::new(),
            runs: Mutex::default(),
            tickets: Mutex::default(),
            parting: Mutex::default(),
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

    /// Who calls models.
    pub(crate) fn caller(&self) -> &dyn Caller {
        self.0.caller.as_ref()
    }

    /// Runs to the end, once for each ticket: when a page is loaded anew, Tauri sends again by another way what the old
    /// page was waiting for, and a run that is started twice is paid for twice. `send` gets the events in groups and answers whether anybody listens. All groups are out
    /// before this returns.
    pub(crate) async fn run(
        &self,
        ticket: String,
        task: Task,
        send: impl FnMut(RunEvents) -> bool + Send + 'static,
    ) -> Result<Summary, Report> {
        if !self.tickets().insert(ticket) {
            return Err(Report::bad_input(
                "this run was started already; the list of runs shows how it stands".to_owned(),
            ));
        }
        let workspace = self.workspace().await?;
        let prompt = match &task {
            Task::Start(request) => request.prompt.clone(),
            Task::Resume(request) => self.prompt_of(&request.run).await?,
        };
        let cancel = Cancel::new();
        let (end, ended) = watch::channel(None);
        let mut course = Course {
            desk: self,
            run: None,
        };
        let (events, received) = unbounded_channel();
        let mut first = Some(events);
        let report = |event: Event| {
            if let Event::Started(started) = &event {
                let mut live = Live::new(
                    prompt.clone(),
                    cancel.clone(),
                    started.clone(),
                    ended.clone(),
                );
                if let Some(listener) = first.take() {
                    live.hear(listener);
                }
                self.runs().insert(started.run.clone(), live);
                course.run = Some(started.run.clone());
            }
            if let Some(run) = &course.run
                && let Some(live) = self.runs().get_mut(run)
            {
                live.tell(&event);
            }
        };
        let pump = tokio::spawn(forward(received, send));
        let context = RunContext {
            caller: self.0.caller.as_ref(),
            cancel: &cancel,
            observer: match &self.0.telemetry {
                Some(telemetry) => telemetry.as_ref(),
                None => &Unobserved,
            },
        };
        let outcome = match &task {
            Task::Start(request) => workspace.run(request, &context, report).await,
            Task::Resume(request) => workspace.resume(request, &context, report).await,
        };
        let outcome = outcome.map_err(Report::from);
        // Nobody may be listening any more.
        let _ = end.send(Some(outcome.clone()));
        drop(first);
        drop(course);
        pump.await.map_err(|error| Report::internal(&error))?;
        outcome
    }

    /// The prompt a run belongs to; empty for a run that is not there, which the workspace says better.
    async fn prompt_of(&self, run: &str) -> Result<String, Report> {
        let list = self.workspace().await?.runs(None).await?;
        let found = list.runs.into_iter().find(|entry| entry.run == run);
        Ok(found
            .map(|entry| entry.prompt.to_string())
            .unwrap_or_default())
    }

    /// The runs under way.
    pub(crate) fn live(&self) -> Vec<LiveRun> {
        let runs = self.runs();
        let runs = runs.iter().map(|(run, live)| LiveRun {
            run: run.clone(),
            prompt: live.prompt.clone(),
        });
        runs.collect()
    }

    /// Takes a run up: `send` is told how it stands, then what follows. Answers when it has ended.
    pub(crate) async fn attach(
        &self,
        run: &str,
        send: impl FnMut(RunEvents) -> bool + Send + 'static,
    ) -> Result<Summary, Report> {
        let (events, received) = unbounded_channel();
        let taken = self.runs().get_mut(run).map(|live| live.take_up(events));
        let mut ended = taken.ok_or_else(|| not_under_way(run))?;
        forward(received, send).await;
        let outcome = ended.wait_for(Option::is_some).await;
        match outcome.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(Report::internal(&"a run ended without a word")),
        }
    }

    /// Stops a run: what is finished stays, what is under way is dropped.
    pub(crate) fn cancel(&self, run: &str) -> Result<(), Report> {
        match self.runs().get(run) {
            Some(live) => {
                live.cancel.cancel();
                Ok(())
            }
            None => Err(not_under_way(run)),
        }
    }

    /// The page hears what the program has to say by itself. A page that was loaded anew takes the place of the old.
    pub(crate) fn attend(&self, page: impl Fn(Summons) -> bool + Send + Sync + 'static) {
        self.parting().page = Some(Arc::new(page));
    }

    /// What the desk may do to the window.
    pub(crate) fn hang(&self, door: impl Door + 'static) {
        self.parting().door = Some(Arc::new(door));
    }

    /// The window is being closed. Answers whether it must wait, because something runs and the person is asked. A
    /// page that does not hear is not waited for: what is finished is kept.
    pub(crate) fn closing(&self) -> bool {
        let runs = self.live();
        let page = self.parting().page.clone();
        !runs.is_empty() && page.is_some_and(|page| page(Summons::Closing { runs }))
    }

    /// What the person answered.
    pub(crate) fn answer(&self, how: Farewell) {
        let door = {
            let mut parting = self.parting();
            parting.leaving = how != Farewell::Stay;
            parting.door.clone()
        };
        match (how, door) {
            (Farewell::Finish, Some(door)) => door.hide(),
            (Farewell::Cancel, _) => self.cancel_all(),
            _ => {}
        }
        self.rest();
    }

    /// Stops every run and writes the file out.
    pub(crate) async fn leave(&self) {
        self.cancel_all();
        if let Some(workspace) = self.0.workspace.get() {
            let _ = tokio::time::timeout(FAREWELL, workspace.clone().close()).await;
        }
        if let Some(telemetry) = self.0.telemetry.clone() {
            // It waits for the collector, on a thread of its own.
            let _ = tokio::task::spawn_blocking(move || telemetry.shutdown()).await;
        }
    }

    fn cancel_all(&self) {
        for live in self.runs().values() {
            live.cancel.cancel();
        }
    }

    /// Ends the program when it was only waiting for its runs.
    fn rest(&self) {
        if !self.runs().is_empty() {
            return;
        }
        let door = {
            let parting = self.parting();
            parting.door.clone().filter(|_| parting.leaving)
        };
        if let Some(door) = door {
            door.shut();
        }
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        // The map is whole after any panic: nothing between two of its changes can fail.
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tickets(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0
            .tickets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn parting(&self) -> MutexGuard<'_, Parting> {
        self.0
            .parting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_under_way(run: &str) -> Report {
    Report::not_found(format!(
        "there is no run `{run}` under way; it may have ended by itself"
    ))
}

/// A run that can be found, for as long as this lives.
struct Course<'a> {
    desk: &'a Desk,
    run: Option<String>,
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            self.desk.runs().remove(run);
            self.desk.rest();
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
