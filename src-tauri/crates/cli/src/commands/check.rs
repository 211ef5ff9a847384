//! `check`: what stands in the way of trusting the fallbacks.

use understudy_core::workspace::check_dir;
use understudy_core::workspace::view::CheckReport;

use super::{findings, heading};
use crate::args::{CheckArgs, Format};
use crate::failure::{Answer, Failure};
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;

pub(super) async fn check(shell: &mut Shell, args: &CheckArgs) -> Result<Answer, Failure> {
    let host = shell.host.clone();
    let (report, title, sample) = match &args.dir {
        Some(dir) => {
            let report = check_dir(dir, &args.prompts, host.as_ref())?;
            (report, dir.display().to_string(), false)
        }
        None => {
            let workspace = shell.open().await?;
            let report = workspace.check(&args.prompts).await?;
            let title = workspace.path().display().to_string();
            (report, title, workspace.is_sample().await?)
        }
    };
    if args.format == Format::Json || shell.json {
        shell.out.json(&report);
    } else {
        print(shell, &report, &title, sample);
    }
    Ok(Answer::of(report.errors == 0))
}

fn print(shell: &mut Shell, report: &CheckReport, title: &str, sample: bool) {
    let host = shell.host.clone();
    let out = &mut shell.out;
    out.line(&heading(title, sample));
    out.blank();
    findings::print(out, &report.findings, host.as_ref());
    out.line(&findings::totals(report));
    if !report.skipped.is_empty() {
        let skipped = report.skipped.join(", ");
        let line = Line::of(
            Ink::Dim,
            format!("– not asked, because a directory holds no outputs: {skipped}"),
        );
        out.hang(&line, 2);
    }
}
