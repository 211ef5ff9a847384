//! What a call cost: a row of prices, tokens as the provider counted them, whole numbers.

use serde::{Deserialize, Serialize};

use crate::model::{Answer, Usage};
use crate::prompt::{Price, Usd};

/// Who says a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum PriceSource {
    /// `understudy.toml`.
    Workspace,
    /// The user's own table.
    User,
    /// The shipped table.
    Shipped,
}

/// A price from a size of input on. The whole call costs it, not only what lies above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Step {
    /// Input tokens that must be exceeded, cached ones included.
    pub above: u32,
    /// The price then.
    pub price: Price,
}

/// The prices a cost is computed with. A stored cost keeps its row, as compact JSON: tables change, bills do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PriceRow {
    /// The row's name in its table: a provider's id, or its beginning and `*`.
    pub pattern: String,
    /// The price.
    pub price: Price,
    /// Other prices for long input, rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "bindings", ts(optional, as = "Option<Vec<Step>>"))]
    pub steps: Vec<Step>,
    /// Who says it.
    pub source: PriceSource,
    /// The day the table was true for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub as_of: Option<String>,
}

impl PriceRow {
    /// The price for a call of so many input tokens, cached ones included.
    pub fn at(&self, input_tokens: u32) -> &Price {
        self.steps
            .iter()
            .rev()
            .find(|step| input_tokens > step.above)
            .map_or(&self.price, |step| &step.price)
    }

    /// What a call with this usage cost: exact, and rounded up once at the end. Input from a cache and into a cache has
    /// its own price; where the table has none, it costs what input costs, which is rather too much than too little.
    /// Caches that live longer than the provider's shortest cost more than this says: usage does not tell them apart.
    pub fn cost(&self, usage: &Usage) -> Usd {
        let price = self.at(usage.input_tokens);
        // A provider whose parts exceed its whole is believed for the whole.
        let cached = usage
            .cached_input_tokens
            .unwrap_or(0)
            .min(usage.input_tokens);
        let written = usage
            .cache_write_tokens
            .unwrap_or(0)
            .min(usage.input_tokens - cached);
        let plain = usage.input_tokens - cached - written;
        total(&[
            (plain, price.input),
            (cached, price.cached_input.unwrap_or(price.input)),
            (written, price.cache_write.unwrap_or(price.input)),
            (usage.output_tokens, price.output),
        ])
    }
}

/// Tokens at prices a million, rounded up.
pub(super) fn total(parts: &[(u32, Usd)]) -> Usd {
    // 2^32 tokens at 2^64 each fit 128 bits many times.
    let sum: u128 = parts
        .iter()
        .map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0))
        .sum();
    Usd(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// What an answer cost: as its provider reports, else its usage at `row`. `None` is unknown: no usage, or no price.
pub fn cost_of(answer: &Answer, row: Option<&PriceRow>) -> Option<Usd> {
    if let Some(reported) = answer.reported_cost.as_deref().and_then(reported) {
        return Some(reported);
    }
    Some(row?.cost(answer.usage.as_ref()?))
}

/// Reads a reported cost. Unlike a price in a table it is a float printed by somebody: `1.2e-05`, or more places than
/// mean anything, rounded up.
fn reported(text: &str) -> Option<Usd> {
    let text = text.trim();
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = [whole, part].concat();
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u128 = digits.parse().ok()?;
    let places = i32::try_from(part.len()).ok()?;
    let shift = 12_i32.checked_sub(places)?.checked_add(exponent)?;
    let scale = |by: u32| 10_u128.checked_pow(by);
    let units = match u32::try_from(shift) {
        Ok(up) => value.checked_mul(scale(up)?)?,
        // Beyond 38 places nothing is left but the rounding up.
        Err(_) => {
            scale(shift.unsigned_abs()).map_or(u128::from(value > 0), |by| value.div_ceil(by))
        }
    };
    u64::try_from(units).ok().map(Usd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(input: &str, output: &str) -> Price {
        Price {
            input: input.parse().unwrap(),
            output: output.parse().unwrap(),
            cached_input: None,
            cache_write: None,
        }
    }

    fn row() -> PriceRow {
        PriceRow {
            pattern: "m".into(),
            price: Price {
                cached_input: Some("0.3".parse().unwrap()),
                cache_write: Some("3.75".parse().unwrap()),
                ..price("3", "15")
            },
            steps: vec![Step {
                above: 200_000,
                price: price("6", "22.5"),
            }],
            source: PriceSource::Shipped,
            as_of: Some("2026-11-20".into()),
        }
    }

    fn usage(input: u32, output: u32, cached: Option<u32>, written: Option<u32>) -> Usage {
        Usage {
            cached_input_tokens: cached,
            cache_write_tokens: written,
            ..Usage::new(input, output)
        }
    }

    #[test]
    fn each_part_has_its_own_price() {
        let cost = |usage| row().cost(&usage).to_string();
        assert_eq!(cost(usage(1_000_000, 0, Some(1_000_000), None)), "6");
        assert_eq!(cost(usage(1000, 100, None, None)), "0.0045");
        assert_eq!(cost(usage(1000, 100, Some(600), Some(400))), "0.00318");
        assert_eq!(cost(usage(0, 0, None, None)), "0");
        // Parts beyond the whole count for the whole.
        assert_eq!(cost(usage(10, 0, Some(100), Some(100))), "0.000003");
    }

    #[test]
    fn the_step_counts_for_the_whole_call() {
        let cost = |input| row().cost(&usage(input, 1000, None, None)).to_string();
        assert_eq!(cost(200_000), "0.615");
        assert_eq!(cost(200_001), "1.222506");
    }

    #[test]
    fn what_is_smaller_than_the_unit_is_rounded_up_once() {
        let cheap = PriceRow {
            price: price("0.000000000001", "0.000000000001"),
            steps: vec![],
            ..row()
        };
        assert_eq!(cheap.cost(&usage(1, 0, None, None)), Usd(1));
        assert_eq!(cheap.cost(&usage(1, 1, None, None)), Usd(1));
        assert_eq!(cheap.cost(&usage(1_000_000, 1, None, None)), Usd(2));
        let dear = PriceRow {
            price: price("18446744", "18446744"),
            steps: vec![],
            ..row()
        };
        assert_eq!(
            dear.cost(&usage(u32::MAX, u32::MAX, None, None)),
            Usd(u64::MAX)
        );
    }

    proptest! {
        #[test]
        fn more_tokens_never_cost_less(input in 0_u32..400_000, output in 0_u32..200_000, more in 0_u32..1000) {
            let row = row();
            let less = row.cost(&usage(input, output, None, None));
            prop_assert!(row.cost(&usage(input + more, output, None, None)) >= less);
            prop_assert!(row.cost(&usage(input, output + more, None, None)) >= less);
        }
    }

    #[test]
    fn what_the_provider_reports_beats_the_table() {
        let mut answer = Answer::of("x");
        assert_eq!(cost_of(&answer, Some(&row())), None);
        answer.usage = Some(Usage::new(1000, 100));
        assert_eq!(cost_of(&answer, None), None);
        let computed = cost_of(&answer, Some(&row())).unwrap();
        assert_eq!(computed.to_string(), "0.0045");
        answer.reported_cost = Some("0.00014".into());
        let said = cost_of(&answer, Some(&row())).unwrap();
        assert_eq!(said.to_string(), "0.00014");
        answer.usage = None;
        assert!(cost_of(&answer, None).is_some());
        answer.reported_cost = Some("a lot".into());
        assert_eq!(cost_of(&answer, Some(&row())), None);
    }

    #[test]
    fn reported_costs_come_as_floats_are_printed() {
        let read = |text: &str| reported(text).map(|usd| usd.to_string());
        assert_eq!(read("1.2e-05").as_deref(), Some("0.000012"));
        assert_eq!(read("0").as_deref(), Some("0"));
        assert_eq!(read("1E2").as_deref(), Some("100"));
        assert_eq!(
            read("0.0000123456789012345").as_deref(),
            Some("0.000012345679")
        );
        assert_eq!(read("1e-40").as_deref(), Some("0.000000000001"));
        for none in ["", "-1", "NaN", "inf", ".", "1e", "1e99", "0x1"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn a_row_is_stored_compactly_and_reads_back() {
        let text = serde_json::to_string(&row()).unwrap();
        assert_eq!(
            text,
            r#"{"pattern":"m","price":{"input":"3","output":"15","cached_input":"0.3","cache_write":"3.75"},"steps":[{"above":200000,"price":{"input":"6","output":"22.5"}}],"source":"shipped","as_of":"2026-11-20"}"#
        );
        assert_eq!(serde_json::from_str::<PriceRow>(&text).unwrap(), row());
    }
}
