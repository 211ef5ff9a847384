//! One run under way, and who listens to it.

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use understudy_core::run::{Cancel, CellEvent, Event, Started, Summary};

use crate::report::Report;

/// How a run ended; `None` while it goes.
pub(super) type Ended = watch::Receiver<Option<Result<Summary, Report>>>;

/// A run under way: what a page that was loaded anew must know of it.
pub(super) struct Live {
    pub(super) prompt: String,
    pub(super) cancel: Cancel,
    started: Started,
    /// The cell that was finished last; it carries the counts.
    latest: Option<CellEvent>,
    listeners: Vec<UnboundedSender<Event>>,
    ended: Ended,
}

impl Live {
    pub(super) fn new(prompt: String, cancel: Cancel, started: Started, ended: Ended) -> Self {
        Self {
            prompt,
            cancel,
            started,
            latest: None,
            listeners: Vec::new(),
            ended,
        }
    }

    /// Tells everybody who still listens.
    pub(super) fn tell(&mut self, event: &Event) {
        if let Event::Cell(cell) = event {
            self.latest = Some(cell.clone());
        }
        self.listeners
            .retain(|listener| listener.send(event.clone()).is_ok());
    }

    /// Listens from the start.
    pub(super) fn hear(&mut self, listener: UnboundedSender<Event>) {
        self.listeners.push(listener);
    }

    /// How many cells are finished.
    pub(super) fn finished(&self) -> u32 {
        self.latest
            .as_ref()
            .map_or(self.started.finished, |cell| cell.finished)
    }

    /// Listens from now on, told first how things stand. Whoever listened before does no more: one page at a time, and
    /// what is sent to a page that is gone would be kept for ever.
    pub(super) fn take_up(&mut self, listener: UnboundedSender<Event>) -> Ended {
        let started = Started {
            finished: self.finished(),
            ..self.started.clone()
        };
        let _ = listener.send(Event::Started(started));
        if let Some(cell) = &self.latest {
            let _ = listener.send(Event::Cell(cell.clone()));
        }
        self.listeners = vec![listener];
        self.ended.clone()
    }
}
