//! What happened so far: a line on a terminal, and the failures by kind for the end.

use std::collections::BTreeMap;
use std::io::Write as _;

use understudy_core::run::{CellEvent, CellState, Event};

use crate::commands::quote::dollars;

pub(super) struct Progress {
    draws: bool,
    /// Cells that were finished before this go.
    before: u32,
    held: Option<String>,
    failures: BTreeMap<(String, String, String), u32>,
}

impl Progress {
    pub(super) fn new(draws: bool) -> Self {
        Self {
            draws,
            before: 0,
            held: None,
            failures: BTreeMap::new(),
        }
    }

    /// How often each kind of failure came: by model, code and sentence.
    pub(super) fn failures(&self) -> &BTreeMap<(String, String, String), u32> {
        &self.failures
    }

    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.before = started.finished,
            Event::Held(held) => {
                let seconds = held.seconds.ceil();
                self.held = Some(format!(
                    ", {} waits {seconds} s ({})",
                    held.model, held.kind
                ));
            }
            Event::Cell(cell) => {
                if cell.state == CellState::Error {
                    let text = |text: &Option<String>| text.clone().unwrap_or_default();
                    let key = (
                        cell.model.to_string(),
                        text(&cell.kind),
                        text(&cell.message),
                    );
                    *self.failures.entry(key).or_default() += 1;
                }
                self.draw(cell);
                self.held = None;
            }
            Event::Delta(_) | Event::Summary(_) => {}
        }
    }

    fn draw(&self, cell: &CellEvent) {
        if !self.draws {
            return;
        }
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "\r\x1b[2K{}", self.line(cell));
        let _ = stderr.flush();
    }

    /// Counts, rate, cost and time left.
    fn line(&self, cell: &CellEvent) -> String {
        let mut line = format!("{} of {} finished", cell.finished, cell.cells);
        if cell.failed > 0 {
            line.push_str(&format!(", {} failed", cell.failed));
        }
        if cell.spent_usd > 0.0 {
            line.push_str(&format!(", {}", dollars(cell.spent_usd)));
        }
        let done = cell.finished.saturating_sub(self.before);
        if cell.elapsed_seconds >= 1.0 && done > 0 {
            let rate = f64::from(done) / cell.elapsed_seconds;
            let left = f64::from(cell.cells.saturating_sub(cell.finished)) / rate;
            line.push_str(&format!(", {rate:.1} a second, {} left", time(left)));
        }
        if let Some(held) = &self.held {
            line.push_str(held);
        }
        line
    }

    /// Takes the line away again.
    pub(super) fn end(&self) {
        if self.draws {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[2K");
            let _ = stderr.flush();
        }
    }
}

/// `40 s`, `5 min` or `2.5 h`: as exact as such a guess can be.
fn time(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{:.0} s", seconds.ceil())
    } else if seconds < 5400.0 {
        format!("{:.0} min", (seconds / 60.0).ceil())
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_as_long_as_they_are() {
        assert_eq!(time(0.2), "1 s");
        assert_eq!(time(89.0), "89 s");
        assert_eq!(time(90.5), "2 min");
        assert_eq!(time(9000.0), "2.5 h");
    }
}
