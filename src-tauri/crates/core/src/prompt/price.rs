//! Money, in whole numbers. Prices are decimal strings, because `0.075` has no binary fraction and a bill has no
//! rounding errors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in millionths of a millionth of a US dollar: fine enough for one token of the cheapest model. Sums
/// saturate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(pub u64);

impl Usd {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount `count` times.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// For screens and JSON; exact up to some thousand dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

impl FromStr for Usd {
    type Err = InvalidPrice;

    /// A decimal number of dollars with at most 12 places, such as `0.25`.
    fn from_str(text: &str) -> Result<Self, InvalidPrice> {
        let invalid = || InvalidPrice {
            text: text.chars().take(40).collect(),
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !digits(whole)
            || !digits(part)
            || part.len() > 12
            || text.ends_with('.')
        {
            return Err(invalid());
        }
        let whole: u64 = whole.parse().map_err(|_| invalid())?;
        let part: u64 = format!("{part:0<12}").parse().map_err(|_| invalid())?;
        whole
            .checked_mul(1_000_000_000_000)
            .and_then(|whole| whole.checked_add(part))
            .map(Self)
            .ok_or_else(invalid)
    }
}

impl fmt::Display for Usd {
    /// The shortest exact decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000_000_000, self.0 % 1_000_000_000_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let part = format!("{part:012}");
        write!(f, "{whole}.{}", part.trim_end_matches('0'))
    }
}

/// A text that is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no price: a decimal number of dollars in quotes, such as \"0.25\", is one")]
pub struct InvalidPrice {
    /// What was there.
    pub text: String,
}

/// US dollars a million tokens, as decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Price {
    /// Input.
    #[serde(with = "decimal")]
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub input: Usd,
    /// Output, reasoning included.
    #[serde(with = "decimal")]
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub output: Usd,
    /// Input read from a cache; as `input` when absent.
    #[serde(
        default,
        with = "decimal::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "bindings", ts(optional, type = "string"))]
    pub cached_input: Option<Usd>,
    /// Input written to a cache; as `input` when absent.
    #[serde(
        default,
        with = "decimal::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "bindings", ts(optional, type = "string"))]
    pub cache_write: Option<Usd>,
}

mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Usd;

    pub(super) fn serialize<S: Serializer>(amount: &Usd, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }

    pub(super) mod optional {
        use serde::{Deserializer, Serializer};

        use super::Usd;

        pub(in super::super) fn serialize<S: Serializer>(
            amount: &Option<Usd>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match amount {
                Some(amount) => serializer.collect_str(amount),
                None => serializer.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Usd>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_both_ways() {
        for text in ["0", "3", "0.075", "15.5", "0.000000000001", "18446744"] {
            assert_eq!(text.parse::<Usd>().unwrap().to_string(), text);
        }
        assert_eq!("2.50".parse::<Usd>().unwrap().to_string(), "2.5");
        for text in [
            "",
            ".5",
            "5.",
            "-1",
            "1e3",
            "1,5",
            "0.0000000000001",
            "18446745",
            "NaN",
            "+1",
        ] {
            assert!(text.parse::<Usd>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_price_is_a_table_of_strings() {
        let price: Price = serde_json::from_str(r#"{"input":"0.15","output":"0.60"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&price).unwrap(),
            r#"{"input":"0.15","output":"0.6"}"#
        );
        // A number would already have been rounded.
        assert!(serde_json::from_str::<Price>(r#"{"input":0.15,"output":"1"}"#).is_err());
    }
}
