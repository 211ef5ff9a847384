use std::sync::Arc;

use super::*;
use crate::case::Case;
use crate::ledger::{Decision, Verdict};
use crate::prompt::{Content, ContentId, ModelName, PromptName, Version};

const NOW: &str = "2026-06-01T00:00:00Z";

struct Home {
    dir: tempfile::TempDir,
    store: Store,
}

async fn home() -> Home {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(&dir.path().join("w.understudy"), NOW, "# config\n", false)
        .await
        .unwrap();
    Home { dir, store }
}

fn prompt() -> PromptName {
    PromptName::parse("p").unwrap()
}

fn model(name: &str) -> ModelName {
    ModelName::parse(name).unwrap()
}

fn content(text: &str) -> Content {
    Content {
        system: text.into(),
        ..Content::default()
    }
}

fn version(number: u32, parent: Option<&str>, text: &str) -> Version {
    Version {
        id: format!("v{number}"),
        number,
        content_id: content(text).id(),
        parent: parent.map(str::to_owned),
        author: "ada".into(),
        at: NOW.into(),
        message: "m".into(),
        content: content(text),
    }
}

fn save(version: Version, expected: Option<&str>) -> Batch {
    let head = NewHead {
        prompt: prompt(),
        model: model("m"),
        head: version.id.clone(),
        expected: expected.map(str::to_owned),
    };
    Batch {
        versions: vec![NewVersion {
            prompt: prompt(),
            model: model("m"),
            version,
        }],
        heads: vec![head],
        ..Batch::default()
    }
}

fn case(id: &str, text: &str) -> Case {
    serde_json::from_value(serde_json::json!({"id": id, "turns": [{"role": "user", "text": text}]}))
        .unwrap()
}

fn cell(case: &Case, content: &ContentId, repeat: u32, outcome: Result<&str, &str>) -> CellRecord {
    CellRecord {
        model: model("m"),
        content_id: content.clone(),
        case: Arc::new(case.clone()),
        repeat,
        passthrough: false,
        outcome: match outcome {
            Ok(text) => Ok(CellOutput {
                text: text.into(),
                tool_calls: None,
                finish: Some("stop".into()),
                input_tokens: Some(3),
                output_tokens: None,
            }),
            Err(kind) => Err(CellFailure {
                kind: kind.into(),
                message: "x".into(),
            }),
        },
        seconds: Some(0.5),
    }
}

/// A first list of cases.
fn first(after: Vec<Case>) -> Replaced<Vec<Case>> {
    Replaced {
        before: vec![],
        after,
    }
}

async fn start_run(store: &Store, id: &str) {
    let run = NewRun {
        id: id.into(),
        prompt: prompt(),
        live: true,
        at: NOW.into(),
        cells: 2,
    };
    store.insert_run(&run).await.unwrap();
}

#[test]
fn the_application_id_is_the_one_written() {
    assert_eq!(APPLICATION_ID, 1_430_541_140);
}

#[tokio::test]
async fn what_is_saved_comes_back() {
    let home = home().await;
    home.store
        .apply(&save(version(1, None, "one"), None))
        .await
        .unwrap();
    home.store
        .apply(&save(version(2, Some("v1"), "two"), Some("v1")))
        .await
        .unwrap();
    let path = home.store.path().to_owned();
    home.store.close().await;
    let store = Store::open(&path).await.unwrap();
    let prompts = store.prompts().await.unwrap();
    let variant = &prompts[&prompt()].variants[0];
    assert_eq!(
        variant.versions,
        [version(1, None, "one"), version(2, Some("v1"), "two")]
    );
    assert_eq!(variant.head, "v2");
    assert_eq!(store.settings().await.unwrap().config_text, "# config\n");
}

#[tokio::test]
async fn a_stale_parent_is_refused_and_nothing_is_written() {
    let home = home().await;
    home.store
        .apply(&save(version(1, None, "one"), None))
        .await
        .unwrap();
    home.store
        .apply(&save(version(2, Some("v1"), "two"), Some("v1")))
        .await
        .unwrap();
    let mut late = version(3, Some("v1"), "three");
    late.id = "late".into();
    let error = home.store.apply(&save(late, Some("v1"))).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::HeadMoved {
                head: 2,
                expected: 1,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(
        home.store.prompts().await.unwrap()[&prompt()].variants[0]
            .versions
            .len(),
        2
    );
}

#[tokio::test]
async fn two_writers_with_the_same_head_cannot_both_win() {
    let home = home().await;
    home.store
        .apply(&save(version(1, None, "one"), None))
        .await
        .unwrap();
    let mut a = version(2, Some("v1"), "a");
    a.id = "a".into();
    let mut b = version(2, Some("v1"), "b");
    b.id = "b".into();
    let (a, b) = (save(a, Some("v1")), save(b, Some("v1")));
    let (a, b) = tokio::join!(home.store.apply(&a), home.store.apply(&b));
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
    assert!(matches!(
        a.err().or(b.err()),
        Some(StoreError::HeadMoved { .. })
    ));
}

#[tokio::test]
async fn versions_and_decisions_cannot_be_changed_or_deleted() {
    let home = home().await;
    let mut batch = save(version(1, None, "one"), None);
    batch.decisions.push(Decision {
        id: "d1".into(),
        prompt: prompt(),
        author: "ada".into(),
        at: NOW.into(),
        verdict: Verdict::Start {
            variant: model("m"),
            to: content("a").id(),
            with: content("b").id(),
        },
    });
    home.store.apply(&batch).await.unwrap();
    for statement in [
        "UPDATE version SET message = 'x'",
        "UPDATE version SET number = 7, content = content + 1",
        "DELETE FROM version",
        "UPDATE content SET body = '{}'",
        "UPDATE decision SET at = 'x'",
        "DELETE FROM decision",
    ] {
        assert!(
            sqlx::query(statement)
                .execute(&home.store.pool)
                .await
                .is_err(),
            "{statement}"
        );
    }
    // The same decision again changes nothing.
    home.store
        .apply(&Batch {
            decisions: batch.decisions.clone(),
            ..Batch::default()
        })
        .await
        .unwrap();
    assert_eq!(
        home.store.prompts().await.unwrap()[&prompt()].ledger,
        batch.decisions
    );
}

#[tokio::test]
async fn everything_that_is_not_a_workspace_has_its_own_sentence() {
    let home = home().await;
    let at = |name: &str| home.dir.path().join(name);
    assert!(matches!(
        Store::open(&at("none")).await,
        Err(StoreError::Missing(_))
    ));
    std::fs::write(at("text"), "hello").unwrap();
    assert!(matches!(
        Store::open(&at("text")).await,
        Err(StoreError::NotAWorkspace(_))
    ));
    assert!(matches!(
        Store::open(home.dir.path()).await,
        Err(StoreError::NotAWorkspace(_))
    ));

    let path = home.store.path().to_owned();
    home.store
        .apply(&save(version(1, None, &"x".repeat(50_000)), None))
        .await
        .unwrap();
    assert!(matches!(
        Store::create(&path, NOW, "", false).await,
        Err(StoreError::Exists(_))
    ));
    home.store.close().await;
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(at("cut"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(
        Store::open(&at("cut")).await,
        Err(StoreError::Damaged { .. })
    ));
    assert!(matches!(
        Store::create(&at("text").join("below.understudy"), NOW, "", false).await,
        Err(StoreError::Unreachable { .. })
    ));

    // Another program's database.
    let other = sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=rwc", at("other").display()))
        .await
        .unwrap();
    sqlx::query("CREATE TABLE t (a)")
        .execute(&other)
        .await
        .unwrap();
    other.close().await;
    assert!(matches!(
        Store::open(&at("other")).await,
        Err(StoreError::NotAWorkspace(_))
    ));
}

#[tokio::test]
async fn a_file_from_a_newer_program_is_refused() {
    let home = home().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99999999999999, 'later', 1, x'00', 0)",
    )
    .execute(&home.store.pool)
    .await
    .unwrap();
    let path = home.store.path().to_owned();
    home.store.close().await;
    let error = Store::open(&path).await.unwrap_err();
    assert!(error.to_string().contains("newer Understudy"), "{error}");
}

#[tokio::test]
async fn the_latest_output_counts_and_an_error_takes_nothing_away() {
    let home = home().await;
    let (a, id) = (case("a", "hi"), content("one").id());
    let cases = Batch {
        cases: [(prompt(), first(vec![a.clone()]))].into(),
        ..Batch::default()
    };
    home.store.apply(&cases).await.unwrap();
    start_run(&home.store, "r1").await;
    start_run(&home.store, "r2").await;
    start_run(&home.store, "r3").await;
    home.store
        .commit_cells("r1", &[cell(&a, &id, 1, Ok("old words"))])
        .await
        .unwrap();
    home.store
        .commit_cells("r2", &[cell(&a, &id, 1, Ok("new"))])
        .await
        .unwrap();
    home.store
        .commit_cells("r3", &[cell(&a, &id, 1, Err("server"))])
        .await
        .unwrap();
    let (prompt, model) = (prompt(), model("m"));
    let filter = |run| CellFilter {
        prompt: &prompt,
        model: &model,
        content_id: &id,
        passthrough: false,
        case: None,
        run,
    };
    let latest = home.store.cells(&filter(None)).await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!(latest[0].outcome.as_ref().unwrap().text, "new");
    let failed = home.store.cells(&filter(Some("r3"))).await.unwrap();
    assert_eq!(failed[0].outcome.as_ref().unwrap_err().kind, "server");
    assert_eq!(
        home.store.cells(&filter(Some("r1"))).await.unwrap()[0]
            .outcome
            .as_ref()
            .unwrap()
            .text,
        "old words"
    );
}

#[tokio::test]
async fn outputs_count_for_the_input_they_answered() {
    let home = home().await;
    let (a, b, id) = (case("a", "hi"), case("b", "ho"), content("one").id());
    let schema = crate::prompt::Digest::of("schema");
    let cases = |before: Vec<Case>, after: Vec<Case>| Batch {
        cases: [(prompt(), Replaced { before, after })].into(),
        ..Batch::default()
    };
    home.store
        .apply(&cases(vec![], vec![a.clone(), b.clone()]))
        .await
        .unwrap();
    start_run(&home.store, "r1").await;
    let both = [
        cell(&a, &id, 1, Ok("three small words")),
        cell(&b, &id, 1, Ok("")),
    ];
    home.store.commit_cells("r1", &both).await.unwrap();
    let unjudged = home
        .store
        .unjudged(&prompt(), &model("m"), &id, &schema)
        .await
        .unwrap();
    let judged: Vec<_> = unjudged
        .iter()
        .map(|row| (row.cell_id, "raw", !row.output.is_empty()))
        .collect();
    home.store.keep_judgements(&schema, &judged).await.unwrap();
    assert!(
        home.store
            .unjudged(&prompt(), &model("m"), &id, &schema)
            .await
            .unwrap()
            .is_empty()
    );
    let tally = home
        .store
        .tally(&prompt(), &model("m"), &id, false, &schema)
        .await
        .unwrap();
    assert_eq!(
        (
            tally.outputs,
            tally.cases,
            tally.held,
            tally.empty,
            tally.words
        ),
        (2, 2, 1, 1, 3)
    );

    home.store
        .apply(&cases(
            vec![a.clone(), b.clone()],
            vec![case("a", "changed"), b.clone()],
        ))
        .await
        .unwrap();
    // A writer who still sees the old list must not overwrite the new one.
    let late = home
        .store
        .apply(&cases(vec![a.clone(), b], vec![a]))
        .await
        .unwrap_err();
    assert!(matches!(late, StoreError::Moved { .. }), "{late}");
    let tally = home
        .store
        .tally(&prompt(), &model("m"), &id, false, &schema)
        .await
        .unwrap();
    assert_eq!((tally.outputs, tally.cases), (1, 1));
}

#[tokio::test]
async fn a_rating_counts_until_it_is_withdrawn_or_replaced() {
    let home = home().await;
    let (a, p, f) = (case("a", "hi"), content("p").id(), content("f").id());
    home.store
        .apply(&Batch {
            cases: [(prompt(), first(vec![a.clone()]))].into(),
            ..Batch::default()
        })
        .await
        .unwrap();
    let (prompt, model) = (prompt(), model("m"));
    let row = |rating| RatingRow {
        prompt: &prompt,
        case: &a,
        fallback: &model,
        primary_content: &p,
        fallback_content: &f,
        rating,
        note: None,
        author: "ada",
        at: NOW,
    };
    home.store.rate(&row("tie")).await.unwrap();
    home.store.rate(&row("primary")).await.unwrap();
    let count = async |rating| {
        home.store
            .ratings(&prompt, &model, &p, &f)
            .await
            .unwrap()
            .count(rating)
    };
    assert_eq!((count("primary").await, count("tie").await), (1, 0));
    assert!(
        home.store
            .withdraw_rating(&prompt, &a, &model, &p, &f)
            .await
            .unwrap()
    );
    assert_eq!(count("tie").await, 1);
    assert!(
        home.store
            .withdraw_rating(&prompt, &a, &model, &p, &f)
            .await
            .unwrap()
    );
    assert!(
        !home
            .store
            .withdraw_rating(&prompt, &a, &model, &p, &f)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_release_number_is_taken_once() {
    let home = home().await;
    let row = ReleaseRow {
        name: "n".into(),
        version: 1,
        created_at: NOW.into(),
        expires_at: NOW.into(),
        archive_sha256: "0".repeat(64),
        payload: vec![],
        heads: "{}".into(),
    };
    home.store.insert_release(&row).await.unwrap();
    let late = home.store.insert_release(&row).await.unwrap_err();
    assert!(matches!(late, StoreError::Moved { .. }), "{late}");
    assert_eq!(home.store.releases().await.unwrap(), [row]);
}
