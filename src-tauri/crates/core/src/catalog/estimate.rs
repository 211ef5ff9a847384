//! What a call will cost, before it is made. Estimates, and to be shown as such.

use serde::Serialize;
use serde_json::Value;

use super::price::total;
use super::{Entry, PriceRow};
use crate::model::Request;
use crate::prompt::{Price, Usd};

/// Input tokens that a provider adds and the body does not show. Chat templates spend some ten special tokens a message,
/// fewer than the JSON around the message has bytes; what is left is hidden text: with tools Anthropic adds 264 to 530
/// tokens of instructions, others less, and structured output some hundred more.
const HIDDEN_TOKENS: u32 = 1024;
/// Bytes of one token in English prose and JSON, about.
const BYTES_A_TOKEN: usize = 4;
/// Tokens of a reply when nothing limits it and nothing is known.
const USUAL_OUTPUT: u32 = 500;

/// What of a request its price depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Bytes of the body as sent.
    pub body_bytes: usize,
    /// The most tokens of a reply, when the request sets it.
    pub max_output_tokens: Option<u32>,
    /// How many replies are asked for at once (`n`); 0 counts as 1.
    pub replies: u32,
    /// Tokens a reply usually has, when something is known of earlier ones.
    pub usual_output_tokens: Option<u32>,
}

impl Asked {
    /// Reads it off a request, whatever the wire: the limit that counts is the one that is sent.
    pub fn of(request: &Request) -> Self {
        let body = &request.body;
        let number = |pointer: &str| {
            let number = body.pointer(pointer).and_then(Value::as_u64)?;
            Some(u32::try_from(number).unwrap_or(u32::MAX))
        };
        let limits = [
            "/max_completion_tokens",
            "/max_output_tokens",
            "/max_tokens",
            "/generationConfig/maxOutputTokens",
        ];
        let replies = ["/n", "/generationConfig/candidateCount"];
        Self {
            body_bytes: request.body_text().len(),
            max_output_tokens: limits.into_iter().find_map(number),
            replies: replies.into_iter().find_map(number).unwrap_or(1),
            usual_output_tokens: None,
        }
    }
}

/// What a call costs, as far as that can be told beforehand. In JSON decimals of dollars, as strings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Bound {
    /// A guess.
    #[serde(serialize_with = "decimal")]
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub likely: Usd,
    /// What it cannot exceed at these prices; `None` when nothing limits the reply. One try: a repeat costs again.
    #[serde(serialize_with = "optional_decimal")]
    #[cfg_attr(feature = "bindings", ts(type = "string | null"))]
    pub at_most: Option<Usd>,
}

impl Bound {
    /// Both together. What has no limit takes it from the sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            likely: self.likely.plus(other.likely),
            at_most: self
                .at_most
                .zip(other.at_most)
                .map(|(one, two)| one.plus(two)),
        }
    }

    /// The same call `count` times.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self {
            likely: self.likely.times(count),
            at_most: self.at_most.map(|most| most.times(count)),
        }
    }
}

fn decimal<S: serde::Serializer>(amount: &Usd, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

fn optional_decimal<S: serde::Serializer>(
    amount: &Option<Usd>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match amount {
        Some(amount) => serializer.collect_str(amount),
        None => serializer.serialize_none(),
    }
}

/// What a call will cost; `None` without a price.
///
/// `at_most` is strict: tokenizers work on bytes, so the input has no more tokens than the body has bytes, save
/// [`HIDDEN_TOKENS`]; all of it may be billed at the dearest rate of input that can apply, and each reply may be as long
/// as the request allows, or else as the model can write. `likely` takes four bytes for a token, and for the reply what
/// is usual, else a third of what is allowed.
pub fn estimate(asked: &Asked, facts: &Entry, row: Option<&PriceRow>) -> Option<Bound> {
    let row = row?;
    let tokens = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let replies = asked.replies.max(1);
    let limit = asked.max_output_tokens.or(facts.max_output_tokens);

    let most_input = tokens(asked.body_bytes).saturating_add(HIDDEN_TOKENS);
    let dearest = dearest(row, most_input);
    let at_most = limit.map(|limit| {
        total(&[
            (most_input, dearest.input),
            (limit.saturating_mul(replies), dearest.output),
        ])
    });

    let input = tokens(asked.body_bytes.div_ceil(BYTES_A_TOKEN));
    let output = asked.usual_output_tokens.unwrap_or_else(|| {
        let third = asked.max_output_tokens.map(|limit| limit.div_ceil(3));
        third.unwrap_or(USUAL_OUTPUT)
    });
    let output = limit.map_or(output, |limit| output.min(limit));
    let price = row.at(input);
    let likely = total(&[
        (input, price.input),
        (output.saturating_mul(replies), price.output),
    ]);
    // Four bytes a token can lie above one byte a token only by the hidden text, but a guess above the bound would be
    // absurd on a screen.
    let likely = at_most.map_or(likely, |most| likely.min(most));
    Some(Bound { likely, at_most })
}

/// The highest rates of input and output among the prices that can apply up to so many input tokens.
fn dearest(row: &PriceRow, most_input: u32) -> Price {
    let reachable = row
        .steps
        .iter()
        .filter(|step| most_input > step.above)
        .map(|step| &step.price);
    let (mut input, mut output) = (Usd(0), Usd(0));
    for price in std::iter::once(&row.price).chain(reachable) {
        let rates = [Some(price.input), price.cached_input, price.cache_write];
        input = rates.into_iter().flatten().fold(input, Ord::max);
        output = output.max(price.output);
    }
    Price {
        input,
        output,
        cached_input: None,
        cache_write: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PriceSource, Step};
    use super::*;
    use crate::model::Usage;
    use proptest::prelude::*;

    fn price(input: &str, output: &str, write: Option<&str>) -> Price {
        Price {
            input: input.parse().unwrap(),
            output: output.parse().unwrap(),
            cached_input: None,
            cache_write: write.map(|write| write.parse().unwrap()),
        }
    }

    fn row() -> PriceRow {
        PriceRow {
            pattern: "m".into(),
            price: price("1", "10", Some("1.25")),
            steps: vec![Step {
                above: 10_000,
                price: price("2", "15", None),
            }],
            source: PriceSource::Shipped,
            as_of: None,
        }
    }

    fn asked(body_bytes: usize, max: Option<u32>) -> Asked {
        Asked {
            body_bytes,
            max_output_tokens: max,
            replies: 1,
            usual_output_tokens: None,
        }
    }

    fn bound(asked: Asked, facts: &Entry) -> (String, Option<String>) {
        let bound = estimate(&asked, facts, Some(&row())).unwrap();
        (
            bound.likely.to_string(),
            bound.at_most.map(|most| most.to_string()),
        )
    }

    #[test]
    fn without_a_price_nothing_is_known_and_without_a_limit_no_bound() {
        let nothing = Entry::default();
        assert_eq!(estimate(&asked(400, Some(300)), &nothing, None), None);
        // 100 tokens in, 100 of 300 out; 1,424 in at the rate of a cache write, 300 out.
        assert_eq!(
            bound(asked(400, Some(300)), &nothing),
            ("0.0011".into(), Some("0.00478".into()))
        );
        assert_eq!(bound(asked(400, None), &nothing), ("0.0051".into(), None));
        let facts = Entry {
            max_output_tokens: Some(1000),
            ..Entry::default()
        };
        assert_eq!(
            bound(asked(400, None), &facts),
            ("0.0051".into(), Some("0.01178".into()))
        );
    }

    #[test]
    fn several_replies_and_what_is_usual_count() {
        let several = Asked {
            replies: 3,
            usual_output_tokens: Some(50),
            ..asked(400, Some(300))
        };
        assert_eq!(
            bound(several, &Entry::default()),
            ("0.0016".into(), Some("0.01078".into()))
        );
    }

    #[test]
    fn a_body_that_may_reach_a_step_is_bounded_by_its_price() {
        let nothing = Entry::default();
        // 8,976 bytes and 1,024 hidden tokens stay on this side; one more may not.
        assert_eq!(bound(asked(8976, Some(0)), &nothing).1.unwrap(), "0.0125");
        assert_eq!(bound(asked(8977, Some(0)), &nothing).1.unwrap(), "0.020002");
    }

    #[test]
    fn sums_lose_their_bound_with_one_that_has_none() {
        let some = Bound {
            likely: Usd(2),
            at_most: Some(Usd(5)),
        };
        let open = Bound {
            likely: Usd(1),
            at_most: None,
        };
        assert_eq!(some.plus(some).times(2).at_most, Some(Usd(20)));
        assert_eq!(
            some.plus(open),
            Bound {
                likely: Usd(3),
                at_most: None
            }
        );
        assert_eq!(
            serde_json::to_string(&open).unwrap(),
            r#"{"likely":"0.000000000001","at_most":null}"#
        );
    }

    proptest! {
        #[test]
        fn no_call_costs_more_than_its_bound(
            bytes in 0_usize..40_000, share in 0.0_f64..=1.0, hidden in 0_u32..=1024, limit in 0_u32..5000,
            out in 0.0_f64..=1.0, cached in 0.0_f64..=1.0, written in 0.0_f64..=1.0,
        ) {
            let input = (bytes as f64 * share) as u32 + hidden;
            let usage = Usage {
                cached_input_tokens: Some((f64::from(input) * cached) as u32),
                cache_write_tokens: Some((f64::from(input) * written) as u32),
                ..Usage::new(input, (f64::from(limit) * out) as u32)
            };
            let bound = estimate(&asked(bytes, Some(limit)), &Entry::default(), Some(&row())).unwrap();
            prop_assert!(row().cost(&usage) <= bound.at_most.unwrap());
            prop_assert!(bound.likely <= bound.at_most.unwrap());
        }
    }
}
