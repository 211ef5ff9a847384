//! Findings as text: grouped by prompt, each with a way out.

use understudy_core::check::Finding;
use understudy_core::host::Host;
use understudy_core::prompt::Level;
use understudy_core::workspace::view::CheckReport;

use crate::out::Out;
use crate::text::style::Ink;
use crate::text::{Line, counted, date};

/// The shape and ink of a level: never one without the other.
pub(super) fn mark(level: Level) -> (Ink, &'static str) {
    match level {
        Level::Error => (Ink::Error, "◆"),
        Level::Warning => (Ink::Warning, "▲"),
        Level::Off => (Ink::Dim, "–"),
    }
}

/// All findings, the prompts in the order of their worst.
pub(super) fn print(out: &mut Out, findings: &[Finding], host: &dyn Host) {
    let mut prompts = Vec::new();
    for finding in findings {
        if !prompts.contains(&&finding.prompt) {
            prompts.push(&finding.prompt);
        }
    }
    for prompt in prompts {
        out.line(&Line::of(Ink::Bold, prompt.as_str()));
        for finding in findings.iter().filter(|finding| &finding.prompt == prompt) {
            print_one(out, finding, host);
        }
        out.blank();
    }
}

fn print_one(out: &mut Out, finding: &Finding, host: &dyn Host) {
    let (ink, shape) = mark(finding.level);
    let first = Line::plain("  ")
        .then(ink, format!("{shape} {}", finding.code.as_str()))
        .then(Ink::Plain, format!("  {}", finding.message));
    out.hang(&first, 4);
    let reason = finding.reason.as_deref().unwrap_or_default();
    match &finding.accepted_until {
        Some(until) => {
            let until = date::until(until, host);
            out.hang(
                &Line::of(Ink::Dim, format!("    accepted until {until}: {reason}")),
                6,
            );
        }
        None if !reason.is_empty() => {
            out.hang(
                &Line::of(Ink::Dim, format!("    level set by hand: {reason}")),
                6,
            );
        }
        None => {}
    }
    out.hang(&Line::of(Ink::Dim, format!("    → {}", finding.help)), 6);
}

/// `◆ 2 errors  ▲ 3 warnings`, or that nothing stands in the way.
pub(super) fn totals(report: &CheckReport) -> Line {
    let warnings = report
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Warning)
        .count();
    let warnings = u32::try_from(warnings).unwrap_or(u32::MAX);
    totals_of(report.errors, warnings)
}

pub(super) fn totals_of(errors: u32, warnings: u32) -> Line {
    let mut line = match errors {
        0 => Line::of(Ink::Good, "✓ nothing stands in the way"),
        errors => Line::of(
            Ink::Error,
            format!("◆ {}", counted(errors, "error", "errors")),
        ),
    };
    if warnings > 0 {
        line.push(Ink::Plain, "  ");
        line.push(
            Ink::Warning,
            format!("▲ {}", counted(warnings, "warning", "warnings")),
        );
    }
    line
}

/// What `check` says of a prompt now, in one line after something was saved or decided.
pub(super) fn aftermath(out: &mut Out, prompt: &str, findings: &[Finding]) {
    let of = |level: Level| {
        let count = findings
            .iter()
            .filter(|finding| finding.level == level)
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let line = Line::of(Ink::Bold, prompt).then(Ink::Plain, ": ");
    out.line(&line.join(totals_of(of(Level::Error), of(Level::Warning))));
    for finding in findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
    {
        let (ink, shape) = mark(finding.level);
        let line = Line::plain("  ")
            .then(ink, format!("{shape} {}", finding.code.as_str()))
            .then(Ink::Plain, format!("  {}", finding.message));
        out.hang(&line, 4);
    }
}
