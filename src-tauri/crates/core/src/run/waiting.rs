//! Cells that are over and not yet being committed.

use tokio::time::Instant;

use super::{Cell, Limits};

pub(super) struct Waiting {
    cells: Vec<Cell>,
    /// When the oldest has waited long enough.
    pub(super) due: Instant,
    limits: Limits,
}

impl Waiting {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            cells: Vec::new(),
            due: Instant::now(),
            limits,
        }
    }

    pub(super) fn push(&mut self, cell: Cell) {
        if self.cells.is_empty() {
            self.due = Instant::now() + self.limits.group_time;
        }
        self.cells.push(cell);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// A sink slower than the models holds the calls back: what a crash could lose stays bounded.
    pub(super) fn is_full(&self) -> bool {
        self.cells.len() >= self.limits.group_cells + self.limits.concurrency
    }

    /// Whether to commit now. `last`: no call is under way that could join.
    pub(super) fn is_due(&self, last: bool) -> bool {
        let full = self.cells.len() >= self.limits.group_cells;
        !self.is_empty() && (full || last || Instant::now() >= self.due)
    }

    /// The oldest cells, as many as one commit takes. What stays is overdue and goes with the next.
    pub(super) fn take(&mut self) -> Vec<Cell> {
        let rest = self
            .cells
            .split_off(self.limits.group_cells.min(self.cells.len()));
        std::mem::replace(&mut self.cells, rest)
    }
}
