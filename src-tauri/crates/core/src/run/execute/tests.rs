//! Runs with a scripted model on stopped time: every duration here is virtual, and exact.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::case::Case;
use crate::model::scripted::Scripted;
use crate::model::{Answer, ErrorKind};
use crate::prompt::{Content, Model, ModelName, Wire};
use crate::run::{CellKey, Target};
use crate::run::{Outcome, Unobserved};

mod handing;
mod money;
mod moody;
mod retries;

const MS: Duration = Duration::from_millis(1);

#[derive(Debug)]
struct World;

impl Host for World {
    fn now_millis(&self) -> i64 {
        1_795_194_796_000
    }
    fn new_id(&self) -> String {
        "id".into()
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

/// Keeps cells in memory, one list a commit.
#[derive(Default)]
struct Memory {
    commits: Mutex<Vec<Vec<Cell>>>,
    delay: Duration,
    /// Fails at this commit, counted from 0.
    fails_at: Option<usize>,
}

impl Memory {
    fn sizes(&self) -> Vec<usize> {
        self.commits.lock().unwrap().iter().map(Vec::len).collect()
    }

    fn keys(&self) -> Vec<CellKey> {
        let commits = self.commits.lock().unwrap();
        commits
            .iter()
            .flatten()
            .map(|cell| cell.key.clone())
            .collect()
    }

    fn count(&self) -> usize {
        self.sizes().iter().sum()
    }
}

impl Sink for Memory {
    fn commit<'a>(&'a self, cells: &'a [Cell]) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            tokio::time::sleep(self.delay).await;
            let mut commits = self.commits.lock().unwrap();
            if self.fails_at == Some(commits.len()) {
                return Err(SinkError::new("the disk is full"));
            }
            commits.push(cells.to_vec());
            Ok(())
        }
        .boxed()
    }
}

fn plan_of(cases: usize, system: &str, models: &[&str], repeats: u32) -> Plan {
    let cases: Vec<Case> = (0..cases)
        .map(|index| {
            let turns = json!([{"role": "user", "text": "hi"}]);
            serde_json::from_value(json!({"id": format!("c{index}"), "turns": turns})).unwrap()
        })
        .collect();
    let settings = Arc::new(Model {
        wire: Wire::OpenaiChat,
        id: "id-1".into(),
        key_env: None,
        base_url: None,
        headers: Default::default(),
        ..Model::new(Wire::Anthropic, "")
    });
    let content = Arc::new(Content {
        system: system.into(),
        ..Content::default()
    });
    let targets = models
        .iter()
        .map(|name| {
            let name = ModelName::parse(name).unwrap();
            Target::own(name, settings.clone(), content.clone())
        })
        .collect();
    Plan::new(cases, targets, repeats).unwrap()
}

fn plan(cases: usize) -> Plan {
    plan_of(cases, "", &["m"], 1)
}

fn model() -> Scripted {
    Scripted::new().otherwise(|call| Ok(Answer::of(format!("answer to {}", call.case))))
}

struct Ran {
    result: Result<Summary, RunError>,
    events: Vec<Event>,
}

impl Ran {
    fn cells(&self) -> usize {
        let is_cell = |event: &&Event| matches!(event, Event::Cell(_));
        self.events.iter().filter(is_cell).count()
    }
}

async fn run(plan: &Plan, model: &Scripted, sink: &Memory, limits: Limits, cancel: &Cancel) -> Ran {
    let mut events = Vec::new();
    let execution = Execution {
        run: "run-1",
        plan,
        caller: model,
        sink,
        host: &World,
        limits,
        cancel,
        prompt: "p",
        cache: None,
        observer: &Unobserved,
        keep_raw: false,
        deltas: false,
    };
    let result = execute(execution, |event| events.push(event)).await;
    Ran { result, events }
}

async fn run_all(plan: &Plan, model: &Scripted, sink: &Memory, concurrency: usize) -> Ran {
    let limits = Limits {
        concurrency,
        ..Limits::default()
    };
    run(plan, model, sink, limits, &Cancel::new()).await
}

#[tokio::test(start_paused = true)]
async fn as_many_calls_as_allowed_and_never_more() {
    for (concurrency, seconds) in [(1, 4.0), (4, 1.0), (7, 0.6), (100, 0.1), (0, 4.0)] {
        let model = model().delay(100 * MS);
        let ran = run_all(&plan(40), &model, &Memory::default(), concurrency).await;
        assert_eq!(model.most(), concurrency.clamp(1, 40));
        // Slots are filled at once: the time is that of full rows of calls, and commits cost none.
        let took = ran.result.unwrap().seconds;
        assert!((took - seconds).abs() < 0.011, "{concurrency}: {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_in_progress_does_not_hold_back_calls() {
    let model = model().delay(10 * MS);
    let sink = Memory {
        delay: 100 * MS,
        ..Memory::default()
    };
    let ran = run_all(&plan(40), &model, &sink, 4).await;
    // 100 ms of calls, and a last commit that begins while another is still under way.
    assert!(ran.result.unwrap().seconds < 0.3);
}

#[tokio::test(start_paused = true)]
async fn events_come_only_after_their_commit() {
    let model = model().delay(7 * MS);
    let sink = Memory {
        delay: 50 * MS,
        ..Memory::default()
    };
    let plan = plan_of(30, "", &["a", "b"], 2);
    let execution = Execution {
        run: "run-1",
        plan: &plan,
        caller: &model,
        sink: &sink,
        host: &World,
        limits: Limits::default(),
        cancel: &Cancel::new(),
        prompt: "p",
        cache: None,
        observer: &Unobserved,
        keep_raw: false,
        deltas: false,
    };
    let mut reported = 0;
    let summary = execute(execution, |event| {
        let Event::Cell(event) = event else { return };
        reported += 1;
        assert_eq!(event.finished, reported);
        let kept = sink.keys();
        assert!(kept.len() >= usize::try_from(reported).unwrap());
        assert!(kept.iter().any(|key| key.case == event.case
            && key.model == event.model
            && key.repeat == event.repeat));
    })
    .await
    .unwrap();
    assert_eq!((summary.cells, summary.finished, reported), (120, 120, 120));
    let once: HashSet<_> = sink.keys().into_iter().collect();
    assert_eq!(once.len(), 120, "every cell once");
}

#[tokio::test(start_paused = true)]
async fn cells_are_committed_in_groups_of_at_most_20_ms() {
    let model = model()
        .delay_case("c0", MS)
        .delay_case("c1", 10 * MS)
        .delay_case("c2", 15 * MS)
        .delay_case("c3", 30 * MS)
        .delay_case("c4", 100 * MS);
    let sink = Memory::default();
    let ran = run_all(&plan(5), &model, &sink, 8).await;
    // The group of c0 closes at 21 ms; c4 is the last and waits for nobody.
    assert_eq!(sink.sizes(), [3, 1, 1]);
    assert!((ran.result.unwrap().seconds - 0.1).abs() < 0.002);
}

#[tokio::test(start_paused = true)]
async fn a_group_has_at_most_so_many_cells() {
    let sink = Memory::default();
    let limits = Limits {
        concurrency: 50,
        group_cells: 8,
        ..Limits::default()
    };
    let ran = run(&plan(50), &model().delay(MS), &sink, limits, &Cancel::new()).await;
    assert_eq!(ran.cells(), 50);
    assert_eq!(sink.sizes(), [8, 8, 8, 8, 8, 8, 2]);
}

#[tokio::test(start_paused = true)]
async fn cancelling_drops_what_is_under_way_and_keeps_what_is_over() {
    // c0 is over 5 ms before the switch and still waits for its group; c1 is over at the very same moment.
    let model = model()
        .delay(Duration::from_secs(3600))
        .delay_case("c0", 5 * MS)
        .delay_case("c1", 10 * MS);
    let (sink, cancel) = (Memory::default(), Cancel::new());
    let plan = plan(20);
    let ran = async {
        let ran = run(&plan, &model, &sink, Limits::default(), &cancel).await;
        assert!(cancel.is_cancelled());
        ran
    };
    let switch = async {
        tokio::time::sleep(10 * MS).await;
        cancel.cancel();
        cancel.cancel();
    };
    let (ran, ()) = tokio::join!(ran, switch);
    let summary = ran.result.as_ref().unwrap();
    assert!(summary.cancelled);
    assert!(summary.seconds < 1.0, "{} s", summary.seconds);
    assert_eq!(summary.finished, 2);
    assert_eq!((sink.count(), ran.cells()), (2, 2));
    assert_eq!(model.live(), 0);
    // 8 at once and one more in the place of c0; none once the switch was thrown.
    assert_eq!((model.made().len(), model.dropped()), (9, 7));
    assert!(matches!(ran.events.last(), Some(Event::Summary(_))));
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_before_it_began_makes_no_call() {
    let (model, sink, cancel) = (model(), Memory::default(), Cancel::new());
    cancel.clone().cancel();
    let ran = run(&plan(5), &model, &sink, Limits::default(), &cancel).await;
    let summary = ran.result.unwrap();
    assert!(summary.cancelled);
    assert_eq!((summary.finished, sink.count()), (0, 0));
    assert_eq!(model.made(), []);
}

#[tokio::test(start_paused = true)]
async fn a_failing_sink_stops_the_run_and_nothing_lost_was_reported() {
    let model = model().delay(30 * MS);
    let sink = Memory {
        fails_at: Some(2),
        ..Memory::default()
    };
    let ran = run_all(&plan(100), &model, &sink, 4).await;
    let error = ran.result.as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run stopped after 8 of 100 calls: outputs could not be stored: the disk is full"
    );
    assert_eq!((sink.count(), ran.cells()), (8, 8));
    assert_eq!(model.live(), 0, "no call outlives the run");
    assert!(!matches!(ran.events.last(), Some(Event::Summary(_))));
    // It stopped there instead of calling on for nothing.
    assert!(model.made().len() <= 24, "{}", model.made().len());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_cells_hold_eight_calls_and_a_slow_sink_bounds_the_rest() {
    let model = model().delay(MS);
    let sink = Memory {
        delay: Duration::from_secs(1),
        ..Memory::default()
    };
    let limits = Limits {
        group_cells: 32,
        ..Limits::default()
    };
    let plan = plan_of(500, "", &["a", "b"], 1);
    let execution = Execution {
        run: "run-1",
        plan: &plan,
        caller: &model,
        sink: &sink,
        host: &World,
        limits,
        cancel: &Cancel::new(),
        prompt: "p",
        cache: None,
        observer: &Unobserved,
        keep_raw: false,
        deltas: false,
    };
    let mut most_unsaved = 0;
    let summary = execute(execution, |_| {
        most_unsaved = most_unsaved.max(model.made().len() - sink.count());
    })
    .await
    .unwrap();
    assert_eq!((summary.finished, summary.failed), (1000, 0));
    assert_eq!(model.most(), 8);
    // What is being committed, what waits, and what is under way.
    assert!(most_unsaved <= 32 + (32 + 8) + 8, "{most_unsaved}");
    assert!(sink.sizes().into_iter().all(|size| size <= 32));
}

#[tokio::test(start_paused = true)]
async fn calls_begin_in_the_order_of_the_plan() {
    let model = model().delay(MS);
    let plan = plan_of(10, "", &["a", "b"], 2);
    run_all(&plan, &model, &Memory::default(), 3).await;
    let made: Vec<_> = model
        .made()
        .into_iter()
        .map(|made| (made.model, made.case, made.repeat))
        .collect();
    let planned: Vec<_> = plan
        .cells()
        .map(|cell| {
            let key = cell.key();
            (key.model.to_string(), key.case.to_string(), key.repeat)
        })
        .collect();
    assert_eq!(made, planned);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_run_drops_its_calls() {
    let model = model().delay(Duration::from_secs(3600));
    let sink = Memory::default();
    let plan = plan(20);
    let cut = tokio::time::timeout(MS, run_all(&plan, &model, &sink, 8)).await;
    assert!(cut.is_err());
    assert_eq!((model.live(), model.dropped()), (0, 8));
}

#[tokio::test(start_paused = true)]
async fn the_events_are_pinned() {
    let model = model()
        .delay(MS)
        .fail("m", "c1", ErrorKind::BadRequest, "no such field");
    let ran = run_all(&plan(2), &model, &Memory::default(), 1).await;
    let lines: Vec<String> = ran
        .events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"event":"started","run":"run-1","cells":2,"finished":0}
    {"event":"cell","case":"c0","model":"m","repeat":1,"passthrough":false,"state":"output","seconds":0.001,"tries":1,"cached":false,"cost_usd":null,"expected":0,"unmet":0,"finished":1,"failed":0,"cells":2,"spent_usd":0.0,"elapsed_seconds":0.002}
    {"event":"cell","case":"c1","model":"m","repeat":1,"passthrough":false,"state":"error","kind":"bad_request","message":"the provider refused the request: no such field","seconds":0.001,"tries":1,"cached":false,"cost_usd":0.0,"expected":0,"unmet":0,"finished":2,"failed":1,"cells":2,"spent_usd":0.0,"elapsed_seconds":0.002}
    {"event":"summary","run":"run-1","cells":2,"finished":2,"failed":1,"left":0,"cached":0,"unmet":0,"seconds":0.002,"cost_usd":null,"spent_usd":0.0,"unpriced":1,"counted_usd":0.0,"cancelled":false,"stops":[]}
    "#);
    for (line, event) in lines.iter().zip(&ran.events) {
        assert_eq!(&serde_json::from_str::<Event>(line).unwrap(), event);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_rendered_is_a_cell_without_a_call() {
    let (model, sink) = (model(), Memory::default());
    let plan = plan_of(3, "{{nobody}}", &["m"], 1);
    let summary = run_all(&plan, &model, &sink, 8).await.result.unwrap();
    assert_eq!((summary.finished, summary.failed), (3, 3));
    assert_eq!(model.made(), []);
    let commits = sink.commits.lock().unwrap();
    for cell in commits.iter().flatten() {
        assert_eq!(cell.seconds, None);
        assert!(matches!(&cell.outcome, Outcome::Error(error) if error.kind == ErrorKind::Render));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cell_keeps_what_it_answered_and_when() {
    let model = Scripted::new()
        .answer("m", "c0", "first")
        .answer("m", "c0", "second")
        .delay(250 * MS);
    let sink = Memory::default();
    run_all(&plan_of(1, "", &["m"], 3), &model, &sink, 1).await;
    let commits = sink.commits.lock().unwrap();
    let cells: Vec<_> = commits.iter().flatten().collect();
    let texts: Vec<_> = cells
        .iter()
        .map(|cell| match &cell.outcome {
            Outcome::Output(answer) => answer.text.as_str(),
            Outcome::Error(_) => "error",
        })
        .collect();
    assert_eq!(texts, ["first", "second", "second"]);
    assert_eq!(cells[0].seconds, Some(0.25));
    assert_eq!(cells[0].at, "2026-11-20T17:13:16Z");
    assert_eq!(cells[0].case.id, cells[0].key.case);
}

#[tokio::test(start_paused = true)]
async fn an_empty_plan_is_over_at_once() {
    let ran = run_all(&plan(0), &model(), &Memory::default(), 8).await;
    let summary = ran.result.unwrap();
    assert_eq!(
        (summary.cells, summary.finished, summary.cancelled),
        (0, 0, false)
    );
    assert_eq!(ran.events.len(), 2);
}

/// The window spawns runs, so their futures must move between threads.
#[test]
fn a_run_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let (plan, model, sink) = (plan(1), model(), Memory::default());
    let cancel = Cancel::new();
    let execution = Execution {
        run: "run-1",
        plan: &plan,
        caller: &model,
        sink: &sink,
        host: &World,
        limits: Limits::default(),
        cancel: &cancel,
        prompt: "p",
        cache: None,
        observer: &Unobserved,
        keep_raw: false,
        deltas: false,
    };
    is_send(&execute(execution, |_| {}));
}
