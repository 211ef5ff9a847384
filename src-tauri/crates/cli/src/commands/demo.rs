//! `demo`: the sample's story, told by running the very commands it shows.
//!
//! Each step goes through [`dispatch`] as if it had been typed, in a folder of its own that is gone afterwards. A step
//! that does not end as the story says is an error: a tour that lies would be worse than none.

mod stage;

use std::fs::File;
use std::io::BufWriter;

use clap::Parser as _;

use super::dispatch;
use crate::args::Cli;
use crate::failure::{Answer, FAILED, Failure, sentence};
use crate::out::{Out, Screen};
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;
use stage::Stage;

pub(super) async fn demo(shell: &mut Shell) -> Result<Answer, Failure> {
    if shell.json {
        return Err(Failure::NoJson);
    }
    let stage = Stage::set(shell.host.as_ref())?;
    let workspace = std::mem::replace(&mut shell.workspace, "workspace.understudy".into());
    let keys = shell.keys.replace("keys".into());
    let told = tell(shell).await;
    shell.close().await;
    (shell.workspace, shell.keys) = (workspace, keys);
    stage.strike();
    told.map(|()| Answer::Yes)
}

async fn tell(shell: &mut Shell) -> Result<(), Failure> {
    shell.out.line(&Line::of(
        Ink::Bold,
        "A fallback model is not a fallback experience.",
    ));
    say(
        shell,
        "Fernhill Goods answers its customers with Claude, and has tuned the prompt for two fallbacks. All of it is \
         made up for this sample. Would the fallbacks do, if Claude failed now?",
    );
    step(shell, "init --sample", 0).await?;
    shell.out.blank();
    step(shell, "check support-triage", 1).await?;
    say(
        shell,
        "A few days ago the primary's refund window was shortened. The change never reached the fallbacks. This is \
         what a customer on day 20 gets from each:",
    );
    step(
        shell,
        "compare support-triage refund-day-20 --fallback gpt-4o",
        0,
    )
    .await?;
    say(
        shell,
        "In an outage gpt-4o would open a return that Claude refuses. And with Claude's prompt, as naive failover \
         gives it, most of its replies would not even have the form that programs read:",
    );
    step(shell, "overview", 0).await?;
    say(
        shell,
        "On gpt-4o the number can be carried over as it is: one line of its file is edited, then saved as the answer \
         to v12. Outputs for that very text are recorded, so no model is called here.",
    );
    step(
        shell,
        "variant show support-triage gpt-4o > gpt-4o.prompt",
        0,
    )
    .await?;
    edit("gpt-4o.prompt", "up to 30 days", "up to 14 days")?;
    shell.out.line(&Line::of(
        Ink::Dim,
        "(edit gpt-4o.prompt: up to 30 days → up to 14 days)",
    ));
    let save =
        "variant save support-triage gpt-4o --file gpt-4o.prompt -m \"refund window\" --answers 12";
    step(shell, save, 0).await?;
    say(
        shell,
        "gemini-pro has a number of its own, 28 days. Somebody has to ask why, and says so:",
    );
    let waive =
        "change waive support-triage 12 gemini-pro --reason \"Legal is asked about its 28 days\"";
    step(shell, waive, 0).await?;
    shell.out.blank();
    step(shell, "check support-triage", 0).await?;
    say(
        shell,
        "The prompts of all models leave as one signed bundle, which the gateway swaps in as a whole:",
    );
    put("pp", "a passphrase of the tour\n")?;
    step(shell, "key new release --passphrase-file pp", 0).await?;
    step(shell, "key export release > release.pub.pem", 0).await?;
    let export = "bundle export --name sample --out out --sign release --passphrase-file pp";
    shell.out.blank();
    step(shell, export, 0).await?;
    let verify = "bundle verify --bundle out/sample-v1.promptbundle.tar \
                  --envelope out/sample-v1.promptbundle.dsse.json --key release.pub.pem";
    shell.out.blank();
    step(shell, verify, 0).await?;
    say(
        shell,
        "Anyone can verify it, also with openssl alone. Now yours: `understudy init --sample` keeps the sample to play \
         with, `understudy sync DIR --pull` takes your own prompts in.",
    );
    Ok(())
}

/// Prose between the commands.
fn say(shell: &mut Shell, text: &str) {
    shell.out.blank();
    shell.out.say(text);
}

/// Shows a command, runs it, and insists on how it ends. `> FILE` at its end is where its output goes.
async fn step(shell: &mut Shell, command: &str, expected: u8) -> Result<(), Failure> {
    if shell.out.closed() {
        return Ok(());
    }
    let shown = Line::of(Ink::Dim, "$ ").then(Ink::Bold, format!("understudy {command}"));
    shell.out.hang(&shown, 4);
    let code = match command.split_once(" > ") {
        None => carry_out(shell, command).await,
        Some((command, file)) => {
            let file = File::create(file).map_err(|source| Failure::Demo {
                what: "write a file",
                source,
            })?;
            let plain = Screen {
                colour: false,
                columns: None,
                terminal: false,
            };
            let screen = std::mem::replace(
                &mut shell.out,
                Out::new(Box::new(BufWriter::new(file)), plain),
            );
            let code = carry_out(shell, command).await;
            let written = std::mem::replace(&mut shell.out, screen).finish();
            written.map_err(Failure::Output)?;
            code
        }
    };
    if code != expected {
        return Err(Failure::DemoStep {
            command: format!("understudy {command}"),
            code,
        });
    }
    Ok(())
}

/// Runs a command as if it had been typed, and answers its exit code.
async fn carry_out(shell: &mut Shell, command: &str) -> u8 {
    let words = std::iter::once("understudy".to_owned()).chain(words(command));
    let ended = match Cli::try_parse_from(words) {
        Ok(cli) => Box::pin(dispatch(shell, cli.command)).await,
        Err(_) => return FAILED,
    };
    shell.close().await;
    match ended {
        Ok(answer) => answer.code(),
        Err(failure) => {
            shell.note(&sentence(&failure));
            FAILED
        }
    }
}

/// Words at spaces; double quotes keep some together, as in a shell.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The edit that the tour makes for its reader.
fn edit(file: &str, old: &str, new: &str) -> Result<(), Failure> {
    let failed = |source| Failure::Demo {
        what: "edit the prompt file",
        source,
    };
    let text = std::fs::read_to_string(file).map_err(failed)?;
    if !text.contains(old) {
        return Err(failed(std::io::Error::other(format!(
            "{file} does not say `{old}`"
        ))));
    }
    std::fs::write(file, text.replace(old, new)).map_err(failed)
}

fn put(file: &str, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|source| Failure::Demo {
        what: "write a file",
        source,
    })
}
