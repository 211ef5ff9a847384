//! What a model said, the same for every wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// A tool the model called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ToolCall {
    /// The tool's name.
    pub name: String,
    /// The arguments: a JSON object. Where the model wrote something else (a cut reply, a weak model), its text as it
    /// stands, as a JSON string.
    pub arguments: Value,
}

impl ToolCall {
    /// A call whose arguments arrived as text. Empty text means no arguments.
    pub(super) fn from_text(name: &str, text: &str) -> Self {
        let arguments = match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => object,
            _ if text.trim().is_empty() => Value::Object(Map::new()),
            _ => Value::String(text.to_owned()),
        };
        Self {
            name: name.to_owned(),
            arguments,
        }
    }

    /// A call whose arguments arrived as JSON.
    pub(super) fn from_value(name: &str, arguments: Option<&Value>) -> Self {
        match arguments {
            Some(Value::String(text)) => Self::from_text(name, text),
            Some(object @ Value::Object(_)) => Self {
                name: name.to_owned(),
                arguments: object.clone(),
            },
            None | Some(Value::Null) => Self::from_text(name, ""),
            Some(other) => Self {
                name: name.to_owned(),
                arguments: Value::String(other.to_string()),
            },
        }
    }

    /// The model's text, where it was not a JSON object.
    pub fn unreadable(&self) -> Option<&str> {
        self.arguments.as_str()
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
    fn arguments_that_are_no_object_stay_text() {
        assert_eq!(
            ToolCall::from_text("t", "{\"a\":1}").arguments,
            json!({"a": 1})
        );
        assert_eq!(ToolCall::from_text("t", " ").arguments, json!({}));
        assert_eq!(ToolCall::from_value("t", None).arguments, json!({}));
        let cut = ToolCall::from_text("t", "{\"a\":");
        assert_eq!(cut.unreadable(), Some("{\"a\":"));
        // Valid JSON but no object: the text itself, so that nothing is lost and nothing is mistaken for arguments.
        assert_eq!(
            ToolCall::from_text("t", "\"x\"").unreadable(),
            Some("\"x\"")
        );
        assert_eq!(
            ToolCall::from_value("t", Some(&json!([1]))).unreadable(),
            Some("[1]")
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
