//! `model …`.

use serde::Serialize;
use understudy_core::model::Http;
use understudy_core::workspace::view::{ModelEntry, ModelList, ModelTest};

use crate::args::ModelCommand;
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;
use crate::text::table::Table;

pub(super) async fn model(shell: &mut Shell, command: ModelCommand) -> Result<Answer, Failure> {
    match command {
        ModelCommand::List => {
            let list = shell.open().await?.models().await?;
            shell.answer(&list, print_models);
            Ok(Answer::Yes)
        }
        ModelCommand::Test { models } => test(shell, models).await,
    }
}

/// `model test`.
#[derive(Debug, Serialize)]
struct Tests {
    /// One entry a model.
    tests: Vec<ModelTest>,
}

async fn test(shell: &mut Shell, models: Vec<String>) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let models = if models.is_empty() {
        let list = workspace.models().await?.models;
        list.iter().map(|model| model.name.to_string()).collect()
    } else {
        models
    };
    let caller = Http::from_env(shell.host.clone());
    let mut tests = Vec::with_capacity(models.len());
    for model in &models {
        tests.push(workspace.test_model(model, &caller).await?);
    }
    let ok = tests.iter().all(|test| test.ok);
    shell.answer(&Tests { tests }, print_tests);
    Ok(if ok { Answer::Yes } else { Answer::SomeFailed })
}

fn print_tests(out: &mut Out, tests: &Tests) {
    for test in &tests.tests {
        let (ink, shape) = if test.ok {
            (Ink::Good, "✓")
        } else {
            (Ink::Error, "◆")
        };
        let said = match (&test.error, &test.answered_by) {
            (Some(error), _) => error.clone(),
            (None, Some(by)) => format!("answered as {by} in {:.2} s", test.seconds),
            (None, None) => format!("answered in {:.2} s", test.seconds),
        };
        let line = Line::of(ink, shape)
            .then(Ink::Bold, format!(" {}", test.model))
            .then(Ink::Plain, format!("  {said}"))
            .then(Ink::Dim, format!("  {}", test.url));
        out.hang(&line, 2);
    }
}

fn price(model: &ModelEntry) -> Line {
    match &model.price {
        None => Line::of(Ink::Dim, "unknown"),
        Some(price) => Line::plain(format!("{} / {}", price.input, price.output)),
    }
}

/// Where prices come from.
fn print_sources(out: &mut Out, list: &ModelList) {
    let mut sources: Vec<String> = Vec::new();
    for price in list.models.iter().filter_map(|model| model.price.as_ref()) {
        let source = match (price.source.as_str(), &price.as_of) {
            ("workspace", _) => "understudy.toml".to_owned(),
            ("user", _) => "your models.toml".to_owned(),
            (_, Some(day)) => format!("the shipped table of {day}"),
            (_, None) => "the shipped table".to_owned(),
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if !sources.is_empty() {
        let text = format!(
            "Prices in US dollars a million tokens, in / out, from {}.",
            sources.join(" and ")
        );
        out.line(&Line::of(Ink::Dim, text));
    }
}

fn print_models(out: &mut Out, list: &ModelList) {
    if list.models.is_empty() {
        out.say("understudy.toml names no models.");
        return;
    }
    let mut table = Table::new(&["MODEL", "WIRE", "ID", "KEY", "", "PRICE"], 2);
    let elsewhere = list.models.iter().any(|model| model.base_url.is_some());
    if elsewhere {
        table.column(Line::of(Ink::Dim, "BASE URL"));
    }
    for model in &list.models {
        let key = match (&model.key_env, model.key_present) {
            (None, _) => Line::of(Ink::Dim, "– none needed"),
            (Some(_), true) => Line::of(Ink::Good, "✓ set"),
            (Some(_), false) => Line::of(Ink::Warning, "▲ not set"),
        };
        let mut row = vec![
            Line::of(Ink::Bold, model.name.as_str()),
            Line::plain(&model.wire),
            Line::plain(&model.id),
            Line::plain(model.key_env.as_deref().unwrap_or_default()),
            key,
            price(model),
        ];
        if elsewhere {
            let base = model.base_url.as_deref();
            row.push(Line::plain(base.unwrap_or("the provider's")));
        }
        table.row(row);
    }
    out.table(&table);
    print_sources(out, list);
}
