//! Events of a run on their way to the window, in groups: a window that redraws for every one of ten thousand cells
//! has time for nothing else.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};
use understudy_core::run::Event;

/// How long an event waits for others.
const WAIT: Duration = Duration::from_millis(50);

/// The most events of one message, so that none grows with the run.
const MOST: usize = 500;

/// One message of a run: events in order. The first message is the `started` event alone, at once; the rest comes in
/// groups of about 50 ms. The last event of the last message is the `summary`, unless the run failed.
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
        let mut group = vec![first];
        if !at_once {
            let due = Instant::now() + WAIT;
            while group.len() < MOST
                && let Ok(Some(event)) = timeout_at(due, events.recv()).await
            {
                group.push(event);
            }
        }
        if heard {
            heard = send(RunEvents(group));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::time::{advance, sleep};
    use understudy_core::run::{Started, Summary};

    use super::*;

    fn started() -> Event {
        Event::Started(Started {
            run: "r".into(),
            cells: 3,
        })
    }

    fn summary(finished: u32) -> Event {
        Event::Summary(Summary {
            run: "r".into(),
            cells: 3,
            finished,
            failed: 0,
            seconds: 0.0,
            cost_usd: None,
            cancelled: false,
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
