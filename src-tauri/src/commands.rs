//! Everything the window may ask: one table.
//!
//! From a line of it come the Tauri command, its place in the handler and, under test, its place in the TypeScript map
//! `Commands`. So a command cannot exist for one side only, and a changed argument does not compile on the other.
//!
//! The work of each runs as a task of its own: it goes on when the window is closed or reloaded, and a panic in it
//! becomes a [`Report`] instead of a promise that never settles.

use std::future::Future;
use std::path::Path;

use tauri::State;
use tauri::ipc::{Channel, Invoke};
use understudy_core::keys::Passphrase;
use understudy_core::run::Summary;
use understudy_core::workspace::ExportRequest;
use understudy_core::workspace::view::{
    Accepted, CheckReport, ComparisonList, Exported, KeyEntry, ModelList, ModelTest, Overview,
    Pair, ParityTable, PromptDetail, Rated, ReleaseView, RunList, RunQuote, Saved, Settled,
    VariantDiff, VariantView, Verification,
};

use crate::arguments::{
    About, Accepting, Args, Choice, Draft, Exporting, LaidOut, Leaving, Matching, NewKey,
    OfFallback, OfModel, OfPair, OfPrompt, OfRun, OfRuns, OfTwoVersions, OfVersion, Restoring,
    Resuming, SavingModel, Starting, Verifying, Waiving,
};
use crate::desk::{Desk, LiveRun, Summons, Task};
use crate::report::Report;
use crate::stream::RunEvents;

/// How long a bundle made here is valid, in days.
const EXPIRES_DAYS: u32 = 90;

/// `name(arguments; events) -> reply = |desk, args; channel| answer;`
macro_rules! commands {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident($($args:ty)? $(; $events:ty)?) -> $reply:ty =
            |$desk:ident $(, $given:ident)? $(; $channel:ident)?| $answer:expr;
    )*) => {
        $(
            $(#[doc = $doc])*
            #[tauri::command]
            pub(crate) async fn $name(
                desk: State<'_, Desk>,
                $(args: Args<$args>,)?
                $(channel: Channel<$events>,)?
            ) -> Result<$reply, Report> {
                let $desk = desk.inner().clone();
                $(let $given = args.0;)?
                $(let $channel = channel;)?
                settle(async move { Ok($answer) }).await
            }
        )*

        /// Sends each command where it belongs.
        pub(crate) fn handler<R: tauri::Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),*]
        }

        /// Shows every line of the table to a scribe.
        #[cfg(test)]
        pub(crate) fn describe(scribe: &mut crate::bindings::Scribe) {
            $(
                scribe.begin(stringify!($name), &[$($doc),*]);
                $(scribe.args::<$args>();)?
                $(scribe.events::<$events>();)?
                scribe.reply::<$reply>();
            )*
        }
    };
}

commands! {
    /// Which program this is and what it has open.
    about() -> About = |desk| {
        let workspace = desk.workspace().await?;
        let path = workspace.path();
        About {
            workspace: path.display().to_string(),
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sample: workspace.is_sample().await?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    };

    /// The whole workspace on one page.
    overview() -> Overview = |desk| desk.workspace().await?.overview().await?;

    /// A prompt with its tracks and changes: the timeline.
    prompt_detail(OfPrompt) -> PromptDetail =
        |desk, args| desk.workspace().await?.prompt(&args.prompt).await?;

    /// One version in full.
    variant(OfVersion) -> VariantView = |desk, args| {
        desk.workspace().await?.variant(&args.prompt, &args.model, args.version).await?
    };

    /// Two versions of a variant, line by line.
    variant_diff(OfTwoVersions) -> VariantDiff = |desk, args| {
        desk.workspace().await?.variant_diff(&args.prompt, &args.model, args.a, args.b).await?
    };

    /// Saves a version, with what it answers.
    save_version(Draft) -> Saved =
        |desk, args| desk.workspace().await?.save_version(args.into()).await?;

    /// Makes an older version the head again.
    restore_version(Restoring) -> Saved = |desk, args| {
        desk.workspace().await?.restore_version(&args.prompt, &args.model, args.version).await?
    };

    /// Says that a fallback version answers a primary change.
    match_change(Matching) -> Settled = |desk, args| {
        let workspace = desk.workspace().await?;
        workspace.match_change(&args.prompt, args.version, &args.model, args.with).await?
    };

    /// Says that a primary change will not be carried over.
    waive_change(Waiving) -> Settled = |desk, args| {
        let until = args.until.as_deref();
        let workspace = desk.workspace().await?;
        workspace.waive_change(&args.prompt, args.version, &args.model, &args.reason, until).await?
    };

    /// Accepts a finding for a while.
    accept_finding(Accepting) -> Accepted = |desk, args| {
        let (model, until) = (args.model.as_deref(), args.until.as_deref());
        let workspace = desk.workspace().await?;
        workspace.accept_finding(&args.code, &args.prompt, model, &args.reason, until).await?
    };

    /// All pairs of outputs of a prompt.
    comparisons(OfFallback) -> ComparisonList = |desk, args| {
        desk.workspace().await?.comparisons(&args.prompt, Some(&args.fallback), None).await?
    };

    /// One pair of outputs in full.
    pair(LaidOut) -> Pair = |desk, args| {
        let fallback = Some(args.fallback.as_str());
        desk.workspace().await?.pair(&args.prompt, &args.case, fallback, None, args.mode).await?
    };

    /// Keeps a reviewer's choice.
    rate(Choice) -> Rated = |desk, args| {
        let (fallback, note) = (Some(args.fallback.as_str()), args.note.as_deref());
        desk.workspace().await?.rate(&args.prompt, &args.case, fallback, args.rating, note).await?
    };

    /// Takes a reviewer's latest choice back.
    undo_rating(OfPair) -> Rated = |desk, args| {
        let fallback = Some(args.fallback.as_str());
        desk.workspace().await?.undo_rating(&args.prompt, &args.case, fallback).await?
    };

    /// What is known of how far primary and fallback lie apart.
    parity(OfFallback) -> ParityTable = |desk, args| {
        desk.workspace().await?.parity_table(&args.prompt, Some(&args.fallback)).await?
    };

    /// What stands in the way of a release, and what was released before.
    release() -> ReleaseView = |desk| desk.workspace().await?.release_view().await?;

    /// Makes a signing key.
    new_key(NewKey) -> KeyEntry = |desk, args| {
        let workspace = desk.workspace().await?;
        workspace.new_key(&args.name, &Passphrase::new(args.passphrase))?
    };

    /// Freezes, signs and writes a release.
    export_bundle(Exporting) -> Exported = |desk, args| {
        let request = ExportRequest {
            name: args.name,
            out: args.out.into(),
            sign: vec![(args.sign, Passphrase::new(args.passphrase))],
            reviewers: Vec::new(),
            hold: Vec::new(),
            expires_days: EXPIRES_DAYS,
            previous: None,
        };
        desk.workspace().await?.export_bundle(&request).await?
    };

    /// Verifies a bundle as a gateway would, trusting one key.
    verify_bundle(Verifying) -> Verification = |desk, args| {
        let (archive, envelope) = (Path::new(&args.archive), Path::new(&args.envelope));
        desk.workspace().await?.verify_with_own_key(archive, envelope, &args.name).await?
    };

    /// Everything that is wrong.
    check() -> CheckReport = |desk| desk.workspace().await?.check(&[]).await?;

    /// The models of `understudy.toml`, and whether their keys are here.
    models() -> ModelList = |desk| desk.workspace().await?.models().await?;

    /// Asks a model a few words.
    test_model(OfModel) -> ModelTest =
        |desk, args| desk.workspace().await?.test_model(&args.model, desk.caller()).await?;

    /// Writes a model into `understudy.toml`; everything else in it stays as it is.
    save_model(SavingModel) -> ModelList =
        |desk, args| desk.workspace().await?.save_model(&args.name, &args.draft).await?;

    /// What a run would do and cost.
    quote_run(Starting) -> RunQuote =
        |desk, args| desk.workspace().await?.quote(&args.try_into()?).await?;

    /// Runs cases on models and answers when that has ended; finished cells are kept even if the window is gone.
    start_run(Starting; RunEvents) -> Summary = |desk, args; channel| {
        let ticket = args.ticket.clone();
        let task = Task::Start(args.try_into()?);
        desk.run(ticket, task, move |events| channel.send(events).is_ok()).await?
    };

    /// What resuming would do and cost.
    quote_resume(Resuming) -> RunQuote =
        |desk, args| desk.workspace().await?.quote_resume(&args.try_into()?).await?;

    /// Does what a run left, and answers when that has ended.
    resume_run(Resuming; RunEvents) -> Summary = |desk, args; channel| {
        let ticket = args.ticket.clone();
        let task = Task::Resume(args.try_into()?);
        desk.run(ticket, task, move |events| channel.send(events).is_ok()).await?
    };

    /// Runs, latest first.
    runs(OfRuns) -> RunList =
        |desk, args| desk.workspace().await?.runs(args.prompt.as_deref()).await?;

    /// The runs this program has under way.
    live_runs() -> Vec<LiveRun> = |desk| desk.live();

    /// Takes up a run under way: its counts so far, then what follows. Answers when it has ended.
    attach_run(OfRun; RunEvents) -> Summary = |desk, args; channel| {
        desk.attach(&args.run, move |events| channel.send(events).is_ok()).await?
    };

    /// Stops a run. What is finished stays.
    cancel_run(OfRun) -> () = |desk, args| desk.cancel(&args.run)?;

    /// Hears what the program has to say by itself, for as long as the page lives.
    attend(; Summons) -> () =
        |desk; channel| desk.attend(move |summons| channel.send(summons).is_ok());

    /// Says what becomes of the runs under way when the window is closed.
    leave(Leaving) -> () = |desk, args| desk.answer(args.how);
}

/// Does the work as a task of its own.
async fn settle<T: Send + 'static>(
    work: impl Future<Output = Result<T, Report>> + Send + 'static,
) -> Result<T, Report> {
    match tokio::spawn(work).await {
        Ok(settled) => settled,
        Err(error) => Err(Report::internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use understudy_core::workspace::ErrorCode;

    use super::*;
    use crate::report::{Defect, ReportCode};

    #[tokio::test]
    async fn a_panic_becomes_a_report_and_a_refusal_stays_one() {
        let panicked = settle::<()>(async { panic!("planted") }).await;
        let report = panicked.unwrap_err();
        assert_eq!(report.code, ReportCode::Defect(Defect::Internal));
        assert!(!report.message.contains("planted"), "{}", report.message);
        let refused = settle::<()>(async { Err(Report::bad_input("no".to_owned())) }).await;
        let report = refused.unwrap_err();
        assert_eq!(report.code, ReportCode::Workspace(ErrorCode::BadInput));
    }
}
