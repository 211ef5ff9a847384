use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Semaphore;
use understudy_core::host::System;
use understudy_core::model::scripted::Scripted;
use understudy_core::model::{Answer, Attempt, Call, Watch};
use understudy_core::workspace::ErrorCode;

use super::*;
use crate::report::ReportCode;

#[derive(Debug)]
struct Quiet;

impl Host for Quiet {
    fn now_millis(&self) -> i64 {
        System.now_millis()
    }
    fn new_id(&self) -> String {
        System.new_id()
    }
    fn env(&self, name: &str) -> Option<String> {
        (name == "UNDERSTUDY_AUTHOR").then(|| "ada".to_owned())
    }
}

type Making<'a> = Pin<Box<dyn Future<Output = Attempt> + Send + 'a>>;

/// Never answers.
struct Silent;

impl Caller for Silent {
    fn call<'a>(&'a self, _: &'a Call, _: &'a dyn Watch) -> Making<'a> {
        Box::pin(std::future::pending())
    }
}

/// Answers as often as it is allowed to.
struct Gated(Arc<Semaphore>);

impl Caller for Gated {
    fn call<'a>(&'a self, _: &'a Call, _: &'a dyn Watch) -> Making<'a> {
        Box::pin(async {
            self.0.acquire().await.unwrap().forget();
            Attempt::of(Ok(Answer::of("{}")))
        })
    }
}

/// A door that counts.
#[derive(Clone, Default)]
struct Counted(Arc<(AtomicU32, AtomicU32)>);

impl Counted {
    fn hidden_and_shut(&self) -> (u32, u32) {
        (
            self.0.0.load(Ordering::SeqCst),
            self.0.1.load(Ordering::SeqCst),
        )
    }
}

impl Door for Counted {
    fn hide(&self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
    fn shut(&self) {
        self.0.1.fetch_add(1, Ordering::SeqCst);
    }
}

fn place(folder: &tempfile::TempDir, make_sample: bool) -> Place {
    Place {
        file: folder.path().join("data/understudy/workspace.understudy"),
        make_sample,
        keys: folder.path().join("keys"),
    }
}

fn desk(place: &Place, caller: impl Caller + 'static) -> Desk {
    Desk::with_caller(place.clone(), Arc::new(Quiet), Arc::new(caller))
}

fn answering() -> Scripted {
    Scripted::new().otherwise(|_| Ok(Answer::of("{}")))
}

fn ticket() -> String {
    System.new_id()
}

fn request() -> RunRequest {
    RunRequest {
        models: vec!["gpt-4o".to_owned()],
        ..RunRequest::of("support-triage")
    }
}

#[tokio::test]
async fn two_windows_at_once_find_one_whole_sample() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder, true);
    let (a, b) = (desk(&place, Silent), desk(&place, Silent));
    let (one, other) = tokio::join!(a.workspace(), b.workspace());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_sample().await.unwrap());
    assert_eq!(
        one.overview().await.unwrap(),
        other.overview().await.unwrap()
    );
    a.leave().await;
    b.leave().await;
    let left: Vec<String> = std::fs::read_dir(place.file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["workspace.understudy"]);
}

#[tokio::test]
async fn a_file_that_was_named_is_never_made_and_is_looked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder, false);
    let desk = desk(&place, Silent);
    let refused = desk.workspace().await.unwrap_err();
    assert_eq!(refused.code, ReportCode::Workspace(ErrorCode::NotFound));
    assert!(!place.file.exists());
    std::fs::create_dir_all(place.file.parent().unwrap()).unwrap();
    let made = Workspace::create(&place.file, Arc::new(Quiet), &place.keys).await;
    made.unwrap().close().await;
    assert!(desk.workspace().await.is_ok());
}

#[tokio::test]
async fn a_run_goes_on_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(&place(&folder, true), answering());
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let deaf = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        false
    };
    let summary = desk
        .run(ticket(), Task::Start(request()), deaf)
        .await
        .unwrap();
    assert!(summary.cells >= 48);
    assert_eq!(summary.finished, summary.cells);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_run_is_cancelled_by_the_id_it_tells_and_only_while_it_lives() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(&place(&folder, true), Silent);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (canceller, events) = (desk.clone(), seen.clone());
    let listen = move |RunEvents(group)| {
        for event in group {
            if let Event::Started(started) = &event {
                canceller.cancel(&started.run).unwrap();
            }
            events.lock().unwrap().push(event);
        }
        true
    };
    let summary = desk
        .run(ticket(), Task::Start(request()), listen)
        .await
        .unwrap();
    assert!(summary.cancelled);
    assert_eq!(summary.finished, 0);
    let events = seen.lock().unwrap();
    assert!(matches!(
        events.as_slice(),
        [Event::Started(_), Event::Summary(_)]
    ));
    let refused = desk.cancel(&summary.run).unwrap_err();
    assert_eq!(refused.code, ReportCode::Workspace(ErrorCode::NotFound));
}

#[tokio::test]
async fn leaving_stops_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(&place(&folder, true), Silent);
    let leaving = desk.clone();
    let listen = move |_| {
        let leaving = leaving.clone();
        tokio::spawn(async move { leaving.leave().await });
        true
    };
    // Ends, which is the point; what it says depends on whether the file was closed first.
    let _ = desk.run(ticket(), Task::Start(request()), listen).await;
}

/// A run whose calls wait for `answers`, its id, and what becomes of it.
async fn begun(desk: &Desk) -> (String, tokio::task::JoinHandle<Result<Summary, Report>>) {
    let (sender, mut receiver) = unbounded_channel();
    let running = desk.clone();
    let run = tokio::spawn(async move {
        let listen = move |RunEvents(group)| {
            for event in group {
                if let Event::Started(started) = event {
                    sender.send(started.run).unwrap();
                }
            }
            true
        };
        running.run(ticket(), Task::Start(request()), listen).await
    });
    (receiver.recv().await.unwrap(), run)
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_takes_a_run_up_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Semaphore::new(3));
    let desk = desk(&place(&folder, true), Gated(answers.clone()));
    let (run, running) = begun(&desk).await;
    assert_eq!(
        desk.live(),
        vec![LiveRun {
            run: run.clone(),
            prompt: "support-triage".to_owned()
        }]
    );
    // The first three are finished before anybody takes it up: told by the run's own counts.
    let three = {
        let desk = desk.clone();
        let run = run.clone();
        async move {
            loop {
                let finished = desk.runs().get(&run).unwrap().finished();
                if finished == 3 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    };
    three.await;
    let (sender, mut heard) = unbounded_channel();
    let again = desk.clone();
    let id = run.clone();
    let attached = tokio::spawn(async move {
        let listen =
            move |RunEvents(group)| group.into_iter().all(|event| sender.send(event).is_ok());
        again.attach(&id, listen).await
    });
    let first = heard.recv().await.unwrap();
    let Event::Started(started) = first else {
        panic!("{first:?}");
    };
    assert_eq!((started.run.as_str(), started.finished), (run.as_str(), 3));
    answers.add_permits(1000);
    let summary = running.await.unwrap().unwrap();
    assert_eq!(attached.await.unwrap().unwrap(), summary);
    let mut last = None;
    while let Some(event) = heard.recv().await {
        if let Event::Cell(cell) = &event {
            assert!(cell.finished >= 3);
        }
        last = Some(event);
    }
    assert_eq!(last, Some(Event::Summary(summary)));
    assert!(desk.live().is_empty());
    let refused = desk.attach(&run, |_| true).await.unwrap_err();
    assert_eq!(refused.code, ReportCode::Workspace(ErrorCode::NotFound));
}

#[tokio::test]
async fn closing_asks_only_while_something_runs_and_somebody_hears() {
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Semaphore::new(0));
    let desk = desk(&place(&folder, true), Gated(answers.clone()));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let summonses = asked.clone();
    let page = move |summons| {
        summonses.lock().unwrap().push(summons);
        true
    };
    desk.attend(page);
    assert!(!desk.closing(), "nothing runs");
    let (run, running) = begun(&desk).await;
    assert!(desk.closing());
    let runs = vec![LiveRun {
        run,
        prompt: "support-triage".to_owned(),
    }];
    assert_eq!(*asked.lock().unwrap(), vec![Summons::Closing { runs }]);
    desk.attend(|_| false);
    assert!(!desk.closing(), "nobody hears");
    answers.add_permits(1000);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn kept_running_the_program_ends_with_the_run_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Semaphore::new(0));
    let desk = desk(&place(&folder, true), Gated(answers.clone()));
    let door = Counted::default();
    desk.hang(door.clone());
    let (_, running) = begun(&desk).await;
    desk.answer(Farewell::Stay);
    assert_eq!(door.hidden_and_shut(), (0, 0));
    desk.answer(Farewell::Finish);
    assert_eq!(door.hidden_and_shut(), (1, 0));
    answers.add_permits(1000);
    let summary = running.await.unwrap().unwrap();
    assert_eq!(summary.finished, summary.cells);
    assert_eq!(door.hidden_and_shut(), (1, 1));
}

#[tokio::test]
async fn cancelled_the_program_ends_and_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(&place(&folder, true), Silent);
    let door = Counted::default();
    desk.hang(door.clone());
    let (_, running) = begun(&desk).await;
    desk.answer(Farewell::Cancel);
    assert!(running.await.unwrap().unwrap().cancelled);
    assert_eq!(door.hidden_and_shut(), (0, 1));
}

#[tokio::test]
async fn what_a_run_left_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Semaphore::new(3));
    let desk = desk(&place(&folder, true), Gated(answers.clone()));
    let (run, running) = begun(&desk).await;
    while desk.runs().get(&run).unwrap().finished() < 3 {
        tokio::task::yield_now().await;
    }
    desk.cancel(&run).unwrap();
    let stopped = running.await.unwrap().unwrap();
    assert_eq!((stopped.finished, stopped.left), (3, stopped.cells - 3));
    answers.add_permits(1000);
    let request = ResumeRequest {
        run: run.clone(),
        retry_errors: false,
        options: Default::default(),
    };
    let summary = desk
        .run(ticket(), Task::Resume(request), |_| true)
        .await
        .unwrap();
    assert_eq!((summary.run, summary.left), (run, 0));
    assert_eq!(summary.finished, summary.cells);
}

#[tokio::test]
async fn the_same_ticket_starts_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(&place(&folder, true), answering());
    let one = ticket();
    let started = desk.run(one.clone(), Task::Start(request()), |_| true);
    started.await.unwrap();
    let again = desk.run(one, Task::Start(request()), |_| true).await;
    assert_eq!(
        again.unwrap_err().code,
        ReportCode::Workspace(ErrorCode::BadInput)
    );
    let list = desk.workspace().await.unwrap().runs(None).await.unwrap();
    assert_eq!(list.runs.iter().filter(|run| run.live).count(), 1);
}
