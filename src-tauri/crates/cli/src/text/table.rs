//! Tables, aligned by what a terminal shows.

use super::Line;
use super::style::Ink;

const GAP: usize = 2;

/// Rows under headings. One column may be wrapped when the table is wider than the terminal.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<Line>,
    rows: Vec<Vec<Line>>,
    flexible: usize,
}

impl Table {
    /// A table whose column number `flexible` (from 0) gives way.
    pub(crate) fn new(head: &[&'static str], flexible: usize) -> Self {
        Self {
            head: head.iter().map(|title| Line::of(Ink::Dim, title)).collect(),
            rows: Vec::new(),
            flexible,
        }
    }

    /// Adds a column at the end.
    pub(crate) fn column(&mut self, title: Line) {
        self.head.push(title);
    }

    /// Columns it takes where nothing has to fit.
    pub(crate) fn width(&self) -> usize {
        self.lines(None).iter().map(Line::width).max().unwrap_or(0)
    }

    /// Adds a row with one cell a heading.
    pub(crate) fn row(&mut self, cells: Vec<Line>) {
        self.rows.push(cells);
    }

    /// The lines; `width` is the terminal's, or `None` where nothing has to fit.
    pub(crate) fn lines(&self, width: Option<usize>) -> Vec<Line> {
        let headed = self.head.iter().any(|title| !title.is_empty());
        let all: Vec<&Vec<Line>> = headed
            .then_some(&self.head)
            .into_iter()
            .chain(&self.rows)
            .collect();
        let mut widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = all.iter().filter_map(|row| row.get(column));
                cells.map(Line::width).max().unwrap_or(0)
            })
            .collect();
        if let Some(width) = width {
            let total: usize = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
            if let Some(column) = widths.get_mut(self.flexible) {
                let least = 16.min(*column);
                *column = column
                    .saturating_sub(total.saturating_sub(width))
                    .max(least);
            }
        }
        all.into_iter()
            .flat_map(|row| lines_of(row, &widths))
            .collect()
    }
}

fn lines_of(row: &[Line], widths: &[usize]) -> Vec<Line> {
    let cells: Vec<Vec<Line>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| cell.wrap((*width).max(1)))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|at| {
            let mut line = Line::new();
            let mut end = 0;
            for (cell, width) in cells.iter().zip(widths) {
                if let Some(part) = cell.get(at).filter(|part| !part.is_empty()) {
                    // Filled only when something follows, so that no line ends in spaces.
                    line = line.padded(end).join(part.clone());
                }
                end += width + GAP;
            }
            line
        })
        .collect()
}
