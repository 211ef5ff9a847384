//! `run`: what it will cost, events as they come, progress on standard error, and what was kept when it is stopped.

mod progress;

use serde::Serialize;
use understudy_core::model::Http;
use understudy_core::prompt::Usd;
use understudy_core::run::{Cancel, Event, Stop, Summary};
use understudy_core::workspace::view::RunQuote;
use understudy_core::workspace::{
    Error, ResumeRequest, RunContext, RunOptions, RunRequest, Workspace,
};

use self::progress::Progress;
use super::quote;
use crate::args::RunArgs;
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::{Line, counted};

/// A run to be made, or to be taken up again.
enum Order {
    New(RunRequest),
    Again(ResumeRequest),
}

impl Order {
    fn options(&mut self) -> &mut RunOptions {
        match self {
            Self::New(request) => &mut request.options,
            Self::Again(request) => &mut request.options,
        }
    }

    async fn quote(&self, workspace: &Workspace) -> Result<RunQuote, Error> {
        match self {
            Self::New(request) => workspace.quote(request).await,
            Self::Again(request) => workspace.quote_resume(request).await,
        }
    }

    async fn run(
        &self,
        workspace: &Workspace,
        context: &RunContext<'_>,
        report: impl FnMut(Event),
    ) -> Result<Summary, Error> {
        match self {
            Self::New(request) => workspace.run(request, context, report).await,
            Self::Again(request) => workspace.resume(request, context, report).await,
        }
    }
}

/// `run --dry-run`.
#[derive(Debug, Serialize)]
struct Quotes {
    /// One a prompt.
    quotes: Vec<RunQuote>,
}

pub(super) async fn run(shell: &mut Shell, args: &RunArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    // A typing error in the last name must not be found after the first prompt was paid for.
    let mut orders = orders(args);
    let mut quotes = Vec::with_capacity(orders.len());
    for order in &orders {
        quotes.push(order.quote(&workspace).await?);
    }
    if args.dry_run {
        let host = shell.host.clone();
        shell.answer(&Quotes { quotes }, |out, all| {
            for (place, one) in all.quotes.iter().enumerate() {
                if place > 0 {
                    out.blank();
                }
                quote::print(out, one, host.as_ref());
            }
        });
        return Ok(Answer::Yes);
    }
    let caller = Http::from_env(shell.host.clone());
    let cancel = Cancel::new();
    let observer = shell.observer()?;
    let mut answer = Answer::Yes;
    let mut budget = args.max_cost;
    for (order, quote) in orders.iter_mut().zip(&quotes) {
        if !shell.json {
            shell.note(&quote::sentence(quote));
            for finding in &quote.findings {
                shell.note(&format!("{}: {}", finding.code.as_str(), finding.message));
            }
        }
        order.options().max_cost = budget;
        let context = RunContext {
            caller: &caller,
            cancel: &cancel,
            observer: observer.as_ref(),
        };
        let ended = run_one(shell, &workspace, order, quote, &context).await?;
        let Some(summary) = ended else {
            return Ok(Answer::SomeFailed);
        };
        if summary.failed > 0 || summary.left > 0 {
            answer = Answer::SomeFailed;
        }
        if cancel.is_cancelled() || summary.stops.contains(&Stop::MaxCost) {
            break;
        }
        let counted = Usd((summary.counted_usd * 1e12).ceil() as u64);
        budget = budget.map(|Usd(most)| Usd(most.saturating_sub(counted.0)));
    }
    Ok(answer)
}

fn orders(args: &RunArgs) -> Vec<Order> {
    let options = RunOptions {
        concurrency: args.concurrency,
        max_cost: args.max_cost,
        cache: args.cache,
        keep_raw: args.keep_raw,
        retry: !args.no_retry,
        stream: args.no_stream.then_some(false),
        deltas: false,
    };
    if let Some(run) = &args.resume {
        return vec![Order::Again(ResumeRequest {
            run: run.clone(),
            retry_errors: args.retry_errors,
            options,
        })];
    }
    let order = |prompt: &String| {
        Order::New(RunRequest {
            prompt: prompt.clone(),
            cases: args.cases.clone(),
            tag: args.tag.clone(),
            models: args.models.clone(),
            version: args.version,
            passthrough: args.passthrough,
            handoff: args.handoff,
            repeat: args.repeat,
            options: options.clone(),
        })
    };
    args.prompts.iter().map(order).collect()
}

/// One run; `None` when it was left at once, at the second Ctrl-C.
async fn run_one(
    shell: &mut Shell,
    workspace: &Workspace,
    order: &Order,
    quote: &RunQuote,
    context: &RunContext<'_>,
) -> Result<Option<Summary>, Failure> {
    let mut progress = Progress::new(shell.draws_progress());
    let json = shell.json;
    let cancel = context.cancel;
    let summary = {
        let out = &mut shell.out;
        let report = |event: Event| {
            if json {
                out.json_line(&event);
                if out.closed() {
                    // Nobody reads any more: calls cost money, and what is finished is kept.
                    cancel.cancel();
                }
            }
            progress.take(&event);
        };
        let mut running = std::pin::pin!(order.run(workspace, context, report));
        let mut stops = 0;
        loop {
            tokio::select! {
                summary = &mut running => break Some(summary?),
                Ok(()) = tokio::signal::ctrl_c() => {
                    stops += 1;
                    if stops > 1 {
                        break None;
                    }
                    cancel.cancel();
                }
            }
        }
    };
    progress.end();
    let Some(summary) = summary else {
        shell.note("left at once: calls that were finished are kept");
        return Ok(None);
    };
    for line in stopped(&summary) {
        shell.note(&line);
    }
    if !json {
        print(&mut shell.out, quote, &summary, &progress);
    }
    Ok(Some(summary))
}

/// Why it ended early, what is left, and how to go on.
fn stopped(summary: &Summary) -> Vec<String> {
    if summary.left == 0 {
        return Vec::new();
    }
    let mut lines: Vec<String> = summary
        .stops
        .iter()
        .map(|stop| match stop {
            Stop::Cancelled => format!(
                "stopped: {} of {} are finished and kept, the rest was not asked",
                summary.finished,
                counted(summary.cells, "call", "calls")
            ),
            Stop::MaxCost => format!(
                "stopped at the limit: {} spent, and the next call could cost more than is left",
                quote::dollars(summary.spent_usd)
            ),
            Stop::Endpoint { model, message } => {
                format!("{model} is not asked any more: {message}")
            }
        })
        .collect();
    lines.push(format!(
        "{} left; `understudy run --resume {}` does the rest",
        counted(summary.left, "call is", "calls are"),
        summary.run
    ));
    lines
}

fn print(out: &mut Out, quote: &RunQuote, summary: &Summary, progress: &Progress) {
    let (ink, shape) = if summary.failed > 0 || summary.left > 0 {
        (Ink::Warning, "▲")
    } else {
        (Ink::Good, "✓")
    };
    let mut text = format!(
        " {}: {} of {} finished, {} failed, in {:.1} s",
        quote.prompt,
        summary.finished,
        counted(summary.cells, "call", "calls"),
        summary.failed,
        summary.seconds
    );
    if summary.cached > 0 {
        text.push_str(&format!(", {} from the cache", summary.cached));
    }
    match (summary.cost_usd, summary.spent_usd > 0.0) {
        (Some(cost), _) => text.push_str(&format!(", {}", quote::dollars(cost))),
        (None, true) => text.push_str(&format!(
            ", {} and {} of unknown cost",
            quote::dollars(summary.spent_usd),
            counted(summary.unpriced, "call", "calls")
        )),
        (None, false) => text.push_str(", cost unknown"),
    }
    out.line(
        &Line::of(ink, shape)
            .then(Ink::Plain, text)
            .then(Ink::Dim, format!("  run {}", summary.run)),
    );
    if summary.unmet > 0 {
        let outputs = counted(summary.unmet, "output does", "outputs do");
        let line = Line::plain("  ").then(Ink::Warning, "▲").then(
            Ink::Plain,
            format!(" {outputs} not hold what its case expects"),
        );
        out.line(&line);
    }
    for ((model, kind, message), count) in progress.failures() {
        let line = Line::plain("  ")
            .then(Ink::Error, format!("◆ {kind}"))
            .then(
                Ink::Plain,
                format!("  {model}, {}: {message}", counted(*count, "call", "calls")),
            );
        out.hang(&line, 4);
    }
}
