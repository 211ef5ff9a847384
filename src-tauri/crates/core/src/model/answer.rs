//! What a model said, the same for every wire.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::prompt::{Replay, ToolCall};

/// Why a reply ended. Every provider's list is open: what is not known here is kept in the provider's own word.
///
/// In JSON a plain string: `stop`, `length`, `tool_calls`, `refusal`, `content_filter`, or that word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
pub enum Finish {
    /// The model was done.
    Stop,
    /// Cut at the token limit.
    Length,
    /// It called tools.
    ToolCalls,
    /// It declined, and said so on the wire (not merely in its words).
    Refusal,
    /// A filter of the provider stopped the prompt or the reply.
    ContentFilter,
    /// Anything else; `absent` when the reply names no reason.
    Other(String),
}

impl Finish {
    /// The word used in JSON and SQL.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }

    /// A reason this program has no word for.
    pub(super) fn unknown(raw: Option<&str>) -> Self {
        let word: String = raw
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(64)
            .collect();
        if word.is_empty() {
            Self::Other("absent".to_owned())
        } else {
            Self::from(word)
        }
    }
}

impl From<String> for Finish {
    fn from(word: String) -> Self {
        match word.as_str() {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" => Self::ToolCalls,
            "refusal" => Self::Refusal,
            "content_filter" => Self::ContentFilter,
            _ => Self::Other(word),
        }
    }
}

impl From<Finish> for String {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Other(word) => word,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Usage {
    /// All input, cached input included.
    pub input_tokens: u32,
    /// All output, reasoning included.
    pub output_tokens: u32,
    /// Of the input, what was read from a cache; `None` when the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub cached_input_tokens: Option<u32>,
    /// Of the input, what was written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub cache_write_tokens: Option<u32>,
    /// Of the output, reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub reasoning_tokens: Option<u32>,
}

impl Usage {
    /// Input and output alone.
    pub fn new(input_tokens: u32, output_tokens: u32) -> Self {
        Self {
            input_tokens,
            output_tokens,
            cached_input_tokens: None,
            cache_write_tokens: None,
            reasoning_tokens: None,
        }
    }
}

/// A model's reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Answer {
    /// The text, all text parts joined; a refusal's own words where there are no others. Reasoning is left out.
    pub text: String,
    /// Tools called, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens; `None` when the provider did not say, which is not the same as none.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// The model as answered: aliases resolve to dated ids.
    #[serde(default)]
    pub model: Option<String>,
    /// What the provider says the call cost, in US dollars as a decimal (OpenRouter); it beats every table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub reported_cost: Option<String>,
    /// Whether lone surrogates were replaced by U+FFFD somewhere in the text: what is kept is not what was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "bindings", ts(optional, as = "Option<bool>"))]
    pub mended: bool,
    /// The reply in the provider's own form, for the next turn of a conversation with the same model.
    #[serde(skip)]
    #[cfg_attr(feature = "bindings", ts(skip))]
    pub replay: Option<Arc<Replay>>,
}

impl Answer {
    /// A finished reply of plain text, without usage: what scripts and imports start from.
    pub fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tool_calls: Vec::new(),
            finish: Finish::Stop,
            usage: None,
            model: None,
            reported_cost: None,
            mended: false,
            replay: None,
        }
    }
}

/// A token count: providers send integers, floats and null. `None` for what is no count at all.
pub(super) fn tokens(value: Option<&Value>) -> Option<u32> {
    let number = value?;
    if let Some(whole) = number.as_u64() {
        return Some(u32::try_from(whole).unwrap_or(u32::MAX));
    }
    let float = number
        .as_f64()
        .filter(|float| float.is_finite() && *float >= 0.0)?;
    // The cast saturates, and the fraction of a token means nothing.
    Some(float.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_reasons_keep_their_word_through_json() {
        for word in [
            "stop",
            "length",
            "tool_calls",
            "refusal",
            "content_filter",
            "pause_turn",
        ] {
            let finish: Finish = serde_json::from_value(json!(word)).unwrap();
            assert_eq!(serde_json::to_value(&finish).unwrap(), json!(word));
        }
        assert_eq!(Finish::unknown(None), Finish::Other("absent".into()));
        assert_eq!(
            Finish::unknown(Some("\u{1b}[2Jodd")),
            Finish::Other("[2Jodd".into())
        );
    }

    #[test]
    fn token_counts_come_in_many_forms() {
        assert_eq!(tokens(Some(&json!(7))), Some(7));
        assert_eq!(tokens(Some(&json!(7.0))), Some(7));
        assert_eq!(tokens(Some(&json!(1e300))), Some(u32::MAX));
        assert_eq!(tokens(Some(&json!(u64::MAX))), Some(u32::MAX));
        for none in [json!(-1), json!(null), json!("7"), json!([])] {
            assert_eq!(tokens(Some(&none)), None, "{none}");
        }
        assert_eq!(tokens(None), None);
    }
}
