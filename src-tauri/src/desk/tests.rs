use std::sync::atomic::{AtomicU32, Ordering};

use understudy_core::host::System;
use understudy_core::model::scripted::Scripted;
use understudy_core::model::{Answer, Call, CallError};
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

/// Never answers.
struct Silent;

impl Caller for Silent {
    fn call<'a>(
        &'a self,
        _: &'a Call,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Answer, CallError>> + Send + 'a>> {
        Box::pin(std::future::pending())
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
    let summary = desk.run(request(), deaf).await.unwrap();
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
    let summary = desk.run(request(), listen).await.unwrap();
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
    let _ = desk.run(request(), listen).await;
}
