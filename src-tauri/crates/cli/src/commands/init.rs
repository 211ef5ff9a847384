//! `init`.

use serde::Serialize;
use understudy_core::workspace::Workspace;

use crate::args::InitArgs;
use crate::failure::{Answer, Failure};
use crate::shell::Shell;

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    /// The workspace file.
    workspace: String,
    /// Whether it holds the sample.
    sample: bool,
}

pub(super) async fn init(shell: &mut Shell, args: &InitArgs) -> Result<Answer, Failure> {
    let (path, host, keys) = (
        shell.workspace.clone(),
        shell.host.clone(),
        shell.keys_or_nowhere(),
    );
    let workspace = if args.sample {
        Workspace::create_sample(&path, host, &keys).await?
    } else {
        Workspace::create(&path, host, &keys).await?
    };
    shell.keep(workspace);
    let made = Made {
        workspace: path.display().to_string(),
        sample: args.sample,
    };
    shell.answer(&made, |out, made| {
        if made.sample {
            out.say(format!("Made {} with the sample set.", made.workspace));
            out.say(
                "Next: understudy check, understudy overview, understudy compare support-triage",
            );
        } else {
            out.say(format!("Made {}.", made.workspace));
            out.say("Next: understudy sync DIR --pull takes a directory of prompt files in.");
        }
    });
    Ok(Answer::Yes)
}
