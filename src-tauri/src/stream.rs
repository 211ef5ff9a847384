//! Events of a run on their way to the window, in groups: a window that redraws for every one of ten thousand cells
//! has time for nothing else. Pieces of one reply become one piece a group.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};
use understudy_core::run::{CellEvent, DeltaEvent, Event};

/// How long an event waits for others.
const WAIT: Duration = Duration::from_millis(50);

/// The most events of one message, so that none grows with the run.
const MOST: usize = 500;

/// One message of a run: events in order. The first message is the `started` event alone, at once; the rest comes in
/// groups of about 50 ms, in which the pieces of one reply are joined. The last event of the last message is the
/// `summary`, unless the run failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunEvents(pub Vec<Event>);

/// Hands events on until the sending side is gone and all were handed on. `send` answers whether anybody listens;
/// when nobody does any more the rest is dropped, because every cell is in the workspace anyway.
pub(crate) async fn forward(
    mut events: UnboundedReceiver<Event>,
    mut send: impl FnMut(RunEvents) -> bool,
) {
    let mut heard = true;
    while let Some(first) = events.recv().await {
        // A run can be cancelled once its id is known: that must not wait.
        let at_once = matches!(first, Event::Started(_));
        let mut group = Group::default();
        group.add(first);
        if !at_once {
            let due = Instant::now() + WAIT;
            while group.0.len() < MOST
                && let Ok(Some(event)) = timeout_at(due, events.recv()).await
            {
                group.add(event);
            }
        }
        if heard {
            heard = send(RunEvents(group.0));
        }
    }
}

/// Events that go out together.
#[derive(Default)]
struct Group(Vec<Event>);

impl Group {
    /// Adds an event; a piece of a reply joins the piece before it. Order is kept for each cell, which is all that
    /// counts: cells know nothing of each other.
    fn add(&mut self, event: Event) {
        let Event::Delta(delta) = event else {
            return self.0.push(event);
        };
        let last = self.0.iter_mut().rev().find(|event| is_of(event, &delta));
        match last {
            // What came before is void, in this group too.
            Some(Event::Delta(before)) if delta.restart => *before = delta,
            Some(Event::Delta(before)) => before.text.push_str(&delta.text),
            _ => self.0.push(Event::Delta(delta)),
        }
    }
}

/// Whether an event is about the cell of a piece.
fn is_of(event: &Event, of: &DeltaEvent) -> bool {
    match event {
        Event::Delta(DeltaEvent {
            case,
            model,
            repeat,
            passthrough,
            ..
        })
        | Event::Cell(CellEvent {
            case,
            model,
            repeat,
            passthrough,
            ..
        }) => {
            (case, model, *repeat, *passthrough) == (&of.case, &of.model, of.repeat, of.passthrough)
        }
        Event::Started(_) | Event::Held(_) | Event::Summary(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::time::{advance, sleep};
    use understudy_core::run::{CellState, Started, Summary};

    use super::*;

    fn started() -> Event {
        Event::Started(Started {
            run: "r".into(),
            cells: 3,
            finished: 0,
        })
    }

    fn delta(case: &str, text: &str, restart: bool) -> Event {
        Event::Delta(DeltaEvent {
            case: case.parse().unwrap(),
            model: "gpt-4o".parse().unwrap(),
            repeat: 1,
            passthrough: false,
            text: text.into(),
            restart,
        })
    }

    fn cell(case: &str) -> Event {
        Event::Cell(CellEvent {
            case: case.parse().unwrap(),
            model: "gpt-4o".parse().unwrap(),
            repeat: 1,
            passthrough: false,
            state: CellState::Output,
            kind: None,
            message: None,
            seconds: None,
            tries: 1,
            cached: false,
            cost_usd: None,
            expected: 0,
            unmet: 0,
            finished: 1,
            failed: 0,
            cells: 3,
            spent_usd: 0.0,
            elapsed_seconds: 0.0,
        })
    }

    fn summary(finished: u32) -> Event {
        Event::Summary(Summary {
            run: "r".into(),
            cells: 3,
            finished,
            failed: 0,
            left: 3 - finished,
            cached: 0,
            unmet: 0,
            seconds: 0.0,
            cost_usd: None,
            spent_usd: 0.0,
            counted_usd: 0.0,
            unpriced: 0,
            cancelled: false,
            stops: Vec::new(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn the_start_goes_out_alone_and_the_rest_in_groups() {
        let (sender, receiver) = unbounded_channel();
        let pump = tokio::spawn(async move {
            let mut groups = Vec::new();
            forward(receiver, |group| {
                groups.push(group.0);
                true
            })
            .await;
            groups
        });
        sender.send(started()).unwrap();
        sender.send(summary(1)).unwrap();
        sender.send(summary(2)).unwrap();
        sleep(Duration::from_millis(200)).await;
        sender.send(summary(3)).unwrap();
        drop(sender);
        let groups = pump.await.unwrap();
        assert_eq!(
            groups,
            vec![
                vec![started()],
                vec![summary(1), summary(2)],
                vec![summary(3)]
            ]
        );
    }

    #[test]
    fn pieces_of_one_reply_become_one_and_a_new_call_voids_them() {
        let mut group = Group::default();
        for event in [
            delta("a", "one ", false),
            delta("b", "other", false),
            delta("a", "two", false),
            cell("b"),
            delta("b", "", true),
            delta("b", "again", false),
            delta("a", "", true),
            delta("a", "three", false),
        ] {
            group.add(event);
        }
        assert_eq!(
            group.0,
            vec![
                delta("a", "three", true),
                delta("b", "other", false),
                cell("b"),
                delta("b", "again", true),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_group_grows_with_the_run() {
        let (sender, receiver) = unbounded_channel();
        for _ in 0..(2 * MOST + 1) {
            sender.send(summary(1)).unwrap();
        }
        drop(sender);
        let mut sizes = Vec::new();
        forward(receiver, |group| {
            sizes.push(group.0.len());
            true
        })
        .await;
        assert_eq!(sizes, vec![MOST, MOST, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_is_gone_is_not_sent_to_again() {
        let (sender, receiver) = unbounded_channel();
        let pump = tokio::spawn(async move {
            let mut calls = 0;
            forward(receiver, |_| {
                calls += 1;
                false
            })
            .await;
            calls
        });
        sender.send(started()).unwrap();
        advance(Duration::from_millis(100)).await;
        sender.send(summary(1)).unwrap();
        drop(sender);
        assert_eq!(pump.await.unwrap(), 1);
    }
}
