//! What is tried again, when, and what the others at the same endpoint do meanwhile.

use super::moody::*;
use super::*;

#[tokio::test(start_paused = true)]
async fn what_gave_no_answer_is_tried_again_and_every_try_is_kept() {
    let moods = [
        Mood::Fails(ErrorKind::Overloaded),
        Mood::Fails(ErrorKind::Reset),
        Mood::Says("there"),
    ];
    let model = Moody::new().mood("a", "c0", &moods);
    let sink = Memory::default();
    let ran = go(&endpoints(cases(1), &["a"]), &model, &sink, at(4)).await;
    let summary = ran.result.unwrap();
    assert_eq!((summary.finished, summary.failed, model.count()), (1, 0, 3));
    let commits = sink.commits.lock().unwrap();
    let cell = &commits[0][0];
    let tries: Vec<_> = cell
        .tries
        .iter()
        .map(|each| (each.number, each.kind))
        .collect();
    assert_eq!(
        tries,
        [(1, Some("overloaded")), (2, Some("reset")), (3, None)]
    );
    // Waiting is no part of how long a call took.
    assert_eq!(cell.seconds, Some(0.001));
    let times = model.times("a", "c0");
    assert!(
        times[1] - times[0] >= 0.375 && times[1] - times[0] <= 0.502,
        "{times:?}"
    );
    assert!(
        times[2] - times[1] >= 0.75 && times[2] - times[1] <= 1.002,
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn tries_end_and_the_last_error_stands() {
    let model = Moody::new().mood("a", "c0", &[Mood::Fails(ErrorKind::Server)]);
    let sink = Memory::default();
    go(&endpoints(cases(1), &["a"]), &model, &sink, at(4)).await;
    assert_eq!(model.count(), 3);
    let model = Moody::new().mood("a", "c0", &[Mood::Fails(ErrorKind::Server)]);
    go(
        &endpoints(cases(1), &["a"]),
        &model,
        &sink,
        without_retry(4),
    )
    .await;
    assert_eq!(model.count(), 1, "switched off");
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_in_part_is_kept_and_never_asked_again() {
    for kind in [ErrorKind::Cut, ErrorKind::Overloaded, ErrorKind::Server] {
        let model = Moody::new().mood("a", "c0", &[Mood::Breaks(kind.clone())]);
        let sink = Memory::default();
        go(&endpoints(cases(1), &["a"]), &model, &sink, at(4)).await;
        assert_eq!(model.count(), 1, "{kind}");
        let commits = sink.commits.lock().unwrap();
        let partial = commits[0][0].partial.as_ref().unwrap();
        assert_eq!(partial.text, "half");
        assert_eq!(commits[0][0].cost, None, "it may have been billed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_its_endpoint_and_no_other() {
    let model = Moody::new().mood("a", "c0", &[limited(10.0), Mood::Says("late")]);
    let sink = Memory::default();
    let plan = endpoints(cases(3), &["a", "a2", "b"]);
    let ran = go(&plan, &model, &sink, at(1)).await;
    let summary = ran.result.unwrap();
    assert_eq!((summary.finished, summary.failed), (9, 0));
    // One at a time: `a` is refused at once, then `b` gets all its calls, and only then is the endpoint asked again.
    for (name, case) in [("a2", "c0"), ("a", "c1"), ("a2", "c2")] {
        assert!(model.times(name, case)[0] >= 10.0, "{name} {case}");
    }
    assert!(model.times("b", "c2")[0] < 0.1);
    assert_eq!(model.times("a", "c0").len(), 2);
    let held = ran.events.iter().find_map(|event| match event {
        Event::Held(held) => Some(held),
        _ => None,
    });
    let held = held.unwrap();
    assert_eq!(
        (held.model.as_str(), held.kind.as_str()),
        ("a", "rate_limited")
    );
    assert!(held.seconds >= 10.0 && held.seconds <= 11.0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_patience_closes_the_endpoint_and_leaves_the_rest_for_later() {
    let model = Moody::new().mood("a", "c0", &[limited(86_400.0)]);
    let sink = Memory::default();
    let plan = endpoints(cases(20), &["a", "b"]);
    let ran = go(&plan, &model, &sink, at(1)).await;
    let summary = ran.result.unwrap();
    // c0 on `a` has its error, `b` has everything, and nobody waited for a day.
    assert_eq!(
        (summary.finished, summary.failed, summary.left),
        (21, 1, 19)
    );
    assert!(summary.seconds < 1.0);
    assert_eq!(closed(&summary), ["a"]);
    assert_eq!(model.times("a", "c0").len(), 1);
    assert!(model.times("a", "c1").is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_money_one_request_is_enough() {
    let model = Moody::new().mood("a", "c0", &[Mood::Fails(ErrorKind::Payment)]);
    let sink = Memory::default();
    let ran = go(&endpoints(cases(9), &["a"]), &model, &sink, at(1)).await;
    let summary = ran.result.unwrap();
    assert_eq!((model.count(), summary.finished, summary.left), (1, 1, 8));
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_a_door_that_closes_keeps_its_own_error() {
    let model = Moody::new()
        .mood("a", "c0", &[Mood::Fails(ErrorKind::Server)])
        .mood("a", "c1", &[Mood::Fails(ErrorKind::Payment)]);
    let sink = Memory::default();
    let ran = go(&endpoints(cases(2), &["a"]), &model, &sink, at(1)).await;
    assert_eq!(ran.result.unwrap().finished, 2);
    let commits = sink.commits.lock().unwrap();
    let mut kinds: Vec<_> = commits
        .iter()
        .flatten()
        .map(|cell| match &cell.outcome {
            Outcome::Error(error) => error.kind.code(),
            Outcome::Output(_) => "output",
        })
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["payment", "server"]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_take_no_place_from_others() {
    let mut model = Moody::new();
    for index in 0..4 {
        model = model.mood(
            "a",
            &format!("c{index}"),
            &[Mood::Fails(ErrorKind::Server), Mood::Says("ok")],
        );
    }
    let sink = Memory::default();
    let plan = endpoints(cases(40), &["a", "b"]);
    let ran = go(&plan, &model, &sink, at(2)).await;
    assert_eq!(ran.result.unwrap().failed, 0);
    // With two places and four calls asleep for half a second, the others were all made before.
    assert!(
        model.times("b", "c39")[0] < 0.3,
        "{:?}",
        model.times("b", "c39")
    );
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_its_own_bound() {
    let mut narrow = targets(&["a", "b"]);
    let settings = Model {
        concurrency: Some(2),
        ..Model::clone(&narrow[0].settings)
    };
    narrow[0].settings = Arc::new(settings);
    let plan = Plan::new(cases(20), narrow, 1).unwrap();
    let model = Moody::new();
    let ran = go(&plan, &model, &Memory::default(), at(40)).await;
    assert_eq!(ran.result.unwrap().finished, 40);
    let asked = model.asked.lock().unwrap();
    let at_once = |name: &str| {
        asked
            .iter()
            .filter(|(at, m, ..)| m == name && *at < 0.001)
            .count()
    };
    assert_eq!((at_once("a"), at_once("b")), (2, 20));
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_waiting_at_once() {
    let model = Moody::new().mood("a", "c0", &[limited(60.0)]);
    let (sink, cancel) = (Memory::default(), Cancel::new());
    let plan = endpoints(cases(5), &["a"]);
    let execution = Execution {
        run: "run-1",
        prompt: "p",
        plan: &plan,
        caller: &model,
        sink: &sink,
        cache: None,
        host: &World,
        observer: &Unobserved,
        limits: at(1),
        keep_raw: false,
        deltas: false,
        cancel: &cancel,
    };
    let switch = async {
        tokio::time::sleep(50 * MS).await;
        cancel.cancel();
    };
    let (summary, ()) = tokio::join!(execute(execution, |_| {}), switch);
    let summary = summary.unwrap();
    assert!(summary.seconds < 0.1 && summary.cancelled);
    // It was tried and has no outcome: resuming asks it again.
    assert_eq!((summary.finished, summary.left, model.count()), (0, 5, 1));
}

#[tokio::test(start_paused = true)]
async fn replies_are_told_as_they_arrive_and_begin_anew_with_every_try() {
    let moods = [Mood::Fails(ErrorKind::Server), Mood::Says("one two three")];
    let model = Moody::new().mood("a", "c0", &moods);
    let plan = endpoints(cases(1), &["a"]);
    let ran = go_with(&plan, &model, &Memory::default(), at(1), true).await;
    let told: Vec<String> = ran
        .events
        .iter()
        .map(|event| match event {
            Event::Delta(delta) if delta.restart => "^".to_owned(),
            Event::Delta(delta) => delta.text.clone(),
            Event::Cell(_) => "cell".to_owned(),
            Event::Started(_) | Event::Held(_) | Event::Summary(_) => ".".to_owned(),
        })
        .collect();
    assert_eq!(told, [".", "^", "^", "one ", "two ", "three", "cell", "."]);
}
