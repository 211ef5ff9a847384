//! What a run costs, and that it never costs more than it may.

use super::moody::*;
use super::*;
use crate::model::Request;
use crate::prompt::Usd;
use crate::run::{Pricing, Stop};

/// A call costs at most 10; an answer costs its output tokens.
#[derive(Debug)]
struct Tens;

impl Pricing for Tens {
    fn at_most(&self, _: &Request) -> Option<Usd> {
        Some(Usd(10))
    }

    fn cost(&self, answer: &Answer) -> Option<Usd> {
        answer.usage.map(|usage| Usd(usage.output_tokens.into()))
    }

    fn row(&self) -> Option<Arc<str>> {
        Some("{}".into())
    }
}

fn priced(count: usize) -> Plan {
    let mut targets = targets(&["a"]);
    targets[0].pricing = Some(Arc::new(Tens));
    Plan::new(cases(count), targets, 1).unwrap()
}

fn limit(most: u64, concurrency: usize) -> Limits {
    Limits {
        max_cost: Some(Usd(most)),
        ..at(concurrency)
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_stops_before_it_is_passed_and_says_what_is_left() {
    for concurrency in [1, 3, 50] {
        let model = Moody::new().using(4);
        let sink = Memory::default();
        let ran = go(&priced(50), &model, &sink, limit(42, concurrency)).await;
        let summary = ran.result.unwrap();
        // Calls cost 4 and may cost 10: nine are certain not to pass 42, a tenth is not.
        assert_eq!(
            (summary.finished, summary.left),
            (9, 41),
            "{concurrency} at once"
        );
        assert_eq!(summary.stops, [Stop::MaxCost]);
        assert_eq!(summary.cost_usd, Some(36e-12));
        assert_eq!(sink.count(), 9);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_are_feared_at_their_most() {
    let model = Moody::new().using(4);
    let ran = go(&priced(50), &model, &Memory::default(), limit(20, 50)).await;
    ran.result.unwrap();
    let asked = model.asked.lock().unwrap();
    let first = asked.iter().filter(|(at, ..)| *at < 0.001).count();
    assert_eq!(first, 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_usage_costs_an_unknown_amount_and_counts_with_its_most() {
    let model = Moody::new();
    let ran = go(&priced(9), &model, &Memory::default(), limit(25, 1)).await;
    let summary = ran.result.unwrap();
    assert_eq!(
        (summary.finished, summary.unpriced, summary.cost_usd),
        (2, 2, None)
    );
    assert_eq!((summary.spent_usd, summary.counted_usd), (0.0, 20e-12));
}

#[tokio::test(start_paused = true)]
async fn what_was_never_answered_costs_nothing() {
    let model = Moody::new().mood("a", "c0", &[Mood::Fails(ErrorKind::Unauthorized)]);
    let ran = go(&priced(1), &model, &Memory::default(), limit(10, 1)).await;
    let summary = ran.result.unwrap();
    assert_eq!((summary.cost_usd, summary.unpriced), (Some(0.0), 0));
}

#[tokio::test(start_paused = true)]
async fn a_cost_keeps_the_price_it_was_computed_with() {
    let sink = Memory::default();
    go(&priced(1), &Moody::new().using(3), &sink, at(1)).await;
    let commits = sink.commits.lock().unwrap();
    let cell = &commits[0][0];
    assert_eq!(
        (cell.cost, cell.price.as_deref()),
        (Some(Usd(3)), Some("{}"))
    );
}
