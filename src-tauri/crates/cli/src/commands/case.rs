//! `case …` and `output …`.

use std::path::Path;

use understudy_core::case::Case;
use understudy_core::prompt::Speaker;
use understudy_core::workspace::view::{CaseList, Imported};

use crate::args::{CaseCommand, OutputCommand};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted};

pub(super) async fn case(shell: &mut Shell, command: CaseCommand) -> Result<Answer, Failure> {
    match command {
        CaseCommand::List { prompt } => {
            let list = shell.open().await?.cases(&prompt).await?;
            shell.answer(&list, print_list);
        }
        CaseCommand::Import { file, prompt } => {
            let text = shell.read(&file)?;
            let workspace = shell.open().await?;
            let imported = workspace
                .import_cases(&prompt, &named(&file), &text)
                .await?;
            shell.answer(&imported, |out, imported| {
                print_imported(out, imported, "case", "cases")
            });
        }
    }
    Ok(Answer::Yes)
}

pub(super) async fn output(shell: &mut Shell, command: OutputCommand) -> Result<Answer, Failure> {
    let OutputCommand::Import { file, prompt, map } = command;
    let map = map
        .iter()
        .map(|pair| split(pair, "FIELD=NAME"))
        .collect::<Result<Vec<_>, _>>()?;
    let text = shell.read(&file)?;
    let workspace = shell.open().await?;
    let imported = workspace
        .import_outputs(&prompt, &named(&file), &text, &map)
        .await?;
    shell.answer(&imported, |out, imported| {
        print_imported(out, imported, "output", "outputs")
    });
    Ok(Answer::Yes)
}

/// `A=B` as two.
pub(super) fn split(pair: &str, form: &'static str) -> Result<(String, String), Failure> {
    match pair.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => {
            Ok((left.to_owned(), right.to_owned()))
        }
        _ => Err(Failure::NotAPair {
            given: pair.to_owned(),
            form,
        }),
    }
}

fn named(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

fn print_list(out: &mut Out, list: &CaseList) {
    if list.cases.is_empty() {
        out.say(format!(
            "{} has no cases. `understudy case import FILE --prompt {}` takes them in.",
            list.prompt, list.prompt
        ));
        return;
    }
    let mut table = Table::new(&["CASE", "TURNS", "TAGS", "INPUT"], 3);
    for case in &list.cases {
        let mut tags = Line::plain(case.tags.join(", "));
        if case.is_handoff() && !case.tags.iter().any(|tag| tag == "handoff") {
            tags.gap(2);
            tags.push(Ink::Dim, "handoff");
        }
        table.row(vec![
            Line::of(Ink::Bold, case.id.as_str()),
            Line::plain(case.turns.len().to_string()),
            tags,
            Line::plain(asked(case)).shortened(70),
        ]);
    }
    out.table(&table);
    let total = u32::try_from(list.cases.len()).unwrap_or(u32::MAX);
    out.line(&Line::of(Ink::Dim, counted(total, "case", "cases")));
}

/// What the customer said last, in one line; the variables where nobody said anything.
fn asked(case: &Case) -> String {
    let said = case
        .turns
        .iter()
        .rev()
        .find(|turn| turn.role == Speaker::User);
    let text = match said {
        Some(turn) => turn.text.clone(),
        None => serde_json::Value::Object(case.variables.clone()).to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn print_imported(out: &mut Out, imported: &Imported, one: &str, many: &str) {
    let mut line = Line::of(Ink::Good, "✓ ").then(
        Ink::Plain,
        format!("{} taken in", counted(imported.imported, one, many)),
    );
    if imported.unchanged > 0 {
        line.push(
            Ink::Plain,
            format!(", {} there already", imported.unchanged),
        );
    }
    if imported.cases_created > 0 {
        let made = counted(imported.cases_created, "case", "cases");
        line.push(Ink::Plain, format!(", {made} made from inputs"));
    }
    if let Some(run) = &imported.run {
        line.push(Ink::Dim, format!("  run {run}"));
    }
    out.line(&line);
}
