//! What a run would do and cost, as text.

use std::collections::BTreeSet;

use understudy_core::host::Host;
use understudy_core::workspace::view::{QuoteLine, RunQuote};

use super::findings;
use crate::out::Out;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted};

/// An amount of dollars: two significant places at least, and never 0 for what is only small.
pub(super) fn dollars(amount: f64) -> String {
    if amount == 0.0 {
        "$0".to_owned()
    } else if amount >= 1.0 {
        format!("${amount:.2}")
    } else if amount >= 0.01 {
        format!("${amount:.3}")
    } else if amount >= 0.000_1 {
        format!("${amount:.5}")
    } else {
        "under $0.0001".to_owned()
    }
}

/// The same, or `unknown`.
pub(super) fn dollars_if_known(amount: Option<f64>) -> String {
    amount.map_or_else(|| "unknown".to_owned(), dollars)
}

/// One line: calls, and what they cost.
pub(super) fn sentence(quote: &RunQuote) -> String {
    let calls: u32 = quote.lines.iter().map(|line| line.calls).sum();
    let unpriced: BTreeSet<&str> = quote
        .lines
        .iter()
        .filter(|line| line.price.is_none() && line.calls > 0)
        .map(|line| line.model.as_str())
        .collect();
    let unpriced: Vec<&str> = unpriced.into_iter().collect();
    let cost = match (quote.likely_usd, quote.at_most_usd) {
        (Some(likely), Some(most)) => {
            format!("likely {}, at most {}", dollars(likely), dollars(most))
        }
        (Some(likely), None) => format!("likely {}, with no upper bound", dollars(likely)),
        (None, _) => format!("cost unknown: no price for {}", unpriced.join(", ")),
    };
    format!(
        "{}: {}, {cost}",
        quote.prompt,
        counted(calls, "call", "calls")
    )
}

/// The whole quote.
pub(super) fn print(out: &mut Out, quote: &RunQuote, host: &dyn Host) {
    let mut table = Table::new(
        &["MODEL", "CALLS", "IN / OUT A MILLION", "LIKELY", "AT MOST"],
        2,
    );
    for line in &quote.lines {
        table.row(vec![
            model(line),
            Line::plain(line.calls.to_string()),
            price(line),
            Line::plain(dollars_if_known(line.likely_usd)),
            Line::plain(match (&line.price, line.at_most_usd) {
                (Some(_), None) => "no bound".to_owned(),
                (_, most) => dollars_if_known(most),
            }),
        ]);
    }
    out.table(&table);
    out.say(format!("{}; estimates", sentence(quote)));
    if quote.finished > 0 {
        out.say(format!(
            "{} of {} are finished already",
            quote.finished,
            counted(quote.cells, "cell", "cells")
        ));
    }
    let keyless = quote.lines.iter().filter(|line| !line.key_present);
    let keyless: BTreeSet<&str> = keyless.map(|line| line.model.as_str()).collect();
    for model in keyless {
        let text = format!(" {model} has no key here");
        out.line(&Line::of(Ink::Warning, "▲").then(Ink::Plain, text));
    }
    if !quote.findings.is_empty() {
        findings::print(out, &quote.findings, host);
    }
}

fn model(line: &QuoteLine) -> Line {
    let name = Line::of(Ink::Bold, line.model.as_str());
    if line.passthrough {
        name.then(Ink::Dim, " with the primary's prompt")
    } else if line.earlier_turns {
        name.then(Ink::Dim, " earlier turns")
    } else {
        name
    }
}

fn price(line: &QuoteLine) -> Line {
    match &line.price {
        None => Line::of(Ink::Warning, "▲ unknown"),
        Some(price) => {
            let since = price.as_of.as_ref().map(|day| format!(" of {day}"));
            Line::plain(format!("${} / ${}", price.input, price.output)).then(
                Ink::Dim,
                format!("  {}{}", price.source, since.unwrap_or_default()),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn small_amounts_are_never_nothing() {
        for (amount, text) in [
            (0.0, "$0"),
            (0.000_000_1, "under $0.0001"),
            (0.000_25, "$0.00025"),
            (0.025, "$0.025"),
            (12.5, "$12.50"),
        ] {
            assert_eq!(dollars(amount), text);
        }
    }
}
