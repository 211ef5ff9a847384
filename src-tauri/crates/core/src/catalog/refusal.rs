//! What an API answers with an error, as data: fields, and when.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asks::Asks;
use crate::prompt::Wire;

/// Fields that an API refuses. In a table a word, which is "whenever it is sent", or more:
///
/// ```toml
/// refuses = [
///     "top_k",
///     { fields = ["temperature"], except = [1] },                       # any value but this
///     { fields = ["temperature"], above = 1.0 },                        # a number beyond this
///     { fields = ["reasoning_effort"], is = ["minimal"] },              # one of these values
///     { fields = ["temperature"], with = "top_p" },                     # not together
///     { fields = ["temperature", "top_p"], unless = "reasoning_effort=none" },
///     { fields = ["tools"], with = "thinking.type=enabled|adaptive", wire = "openai-chat" },
/// ]
/// ```
///
/// Fields have the names that prompt files use (`temperature`, `top_p`, `reasoning_effort`, …), or are paths in the
/// body (`thinking.type`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Refusal {
    /// The fields, each by itself.
    pub fields: Vec<String>,
    /// Only these values.
    pub is: Vec<Value>,
    /// All values but these.
    pub except: Vec<Value>,
    /// Only numbers above this.
    pub above: Option<f64>,
    /// Only together with this.
    pub with: Option<Condition>,
    /// Not together with this.
    pub unless: Option<Condition>,
    /// Only on this wire.
    pub wire: Option<Wire>,
}

/// `field`, which is "is sent", or `field=value`, or `field=one|other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    /// The field.
    pub field: String,
    /// Its value, as text; several are parted by `|`.
    pub value: Option<String>,
}

impl Refusal {
    /// The fields that the API would refuse of what is asked.
    pub(super) fn hits<'a>(
        &'a self,
        wire: Wire,
        asks: &'a Asks<'_>,
    ) -> impl Iterator<Item = &'a str> {
        let here = self.wire.is_none_or(|only| only == wire)
            && self.with.as_ref().is_none_or(|with| with.holds(asks))
            && !self
                .unless
                .as_ref()
                .is_some_and(|unless| unless.holds(asks));
        self.fields
            .iter()
            .map(String::as_str)
            .filter(move |field| here && self.forbids(field, asks))
    }

    fn forbids(&self, field: &str, asks: &Asks<'_>) -> bool {
        let Some(value) = asks.field(field) else {
            return false;
        };
        let among = |list: &[Value]| list.iter().any(|one| same(one, value));
        (self.is.is_empty() || among(&self.is))
            && !among(&self.except)
            && self
                .above
                .is_none_or(|most| value.as_f64().is_some_and(|value| value > most))
    }

    /// What its API does, to be put behind the model's name.
    pub(super) fn sentence(&self, field: &str, asks: &Asks<'_>) -> String {
        let sent = asks
            .field(field)
            .filter(|value| !value.is_array() && !value.is_object());
        let sent = sent.map(|value| format!(" {value}")).unwrap_or_default();
        let mut text = match self.above {
            Some(most) => format!("refuses `{field}`{sent}, it ends at {most}"),
            None => format!("refuses `{field}`{sent}"),
        };
        if !self.except.is_empty() {
            text.push_str(&format!(", it takes only {}", list(&self.except)));
        }
        if let Some(with) = &self.with {
            text.push_str(&format!(" together with {with}"));
        }
        if let Some(unless) = &self.unless {
            text.push_str(&format!(" unless {unless} is sent"));
        }
        text
    }
}

impl Condition {
    fn holds(&self, asks: &Asks<'_>) -> bool {
        asks.field(&self.field).is_some_and(|found| {
            self.value.as_ref().is_none_or(|wanted| {
                wanted.split('|').any(|wanted| match found {
                    Value::String(text) => text == wanted,
                    other => serde_json::from_str(wanted).is_ok_and(|wanted| same(&wanted, other)),
                })
            })
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "`{}` {}", self.field, value.replace('|', " or ")),
            None => write!(f, "`{}`", self.field),
        }
    }
}

impl FromStr for Condition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (field, value) = match text.split_once('=') {
            Some((field, value)) => (field, Some(value)),
            None => (text, None),
        };
        if field.is_empty() || value.is_some_and(str::is_empty) {
            return Err("a condition is `field` or `field=value`");
        }
        Ok(Self {
            field: field.to_owned(),
            value: value.map(str::to_owned),
        })
    }
}

impl TryFrom<String> for Condition {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        match condition.value {
            Some(value) => format!("{}={value}", condition.field),
            None => condition.field,
        }
    }
}

/// Whether two values are one: 1 and 1.0 are.
fn same(one: &Value, two: &Value) -> bool {
    match (one.as_f64(), two.as_f64()) {
        (Some(one), Some(two)) => (one - two).abs() < f64::EPSILON,
        _ => one == two,
    }
}

fn list(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(Value::to_string).collect();
    values.join(" or ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    fields: Vec<String>,
    #[serde(default)]
    is: Vec<Value>,
    #[serde(default)]
    except: Vec<Value>,
    above: Option<f64>,
    with: Option<Condition>,
    unless: Option<Condition>,
    wire: Option<Wire>,
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand, because an untagged enum would hide what is wrong inside the table.
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Refusal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name, or a table with `fields`")
            }

            fn visit_str<E: de::Error>(self, field: &str) -> Result<Refusal, E> {
                named(Refusal {
                    fields: vec![field.to_owned()],
                    ..Refusal::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Refusal, A::Error> {
                let full = Full::deserialize(MapAccessDeserializer::new(map))?;
                named(Refusal {
                    fields: full.fields,
                    is: full.is,
                    except: full.except,
                    above: full.above,
                    with: full.with,
                    unless: full.unless,
                    wire: full.wire,
                })
            }
        }

        fn named<E: de::Error>(refusal: Refusal) -> Result<Refusal, E> {
            if refusal.fields.is_empty() || refusal.fields.iter().any(String::is_empty) {
                return Err(E::custom("a refusal names no field"));
            }
            Ok(refusal)
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hits(refusal: Value, body: Value) -> bool {
        let refusal: Refusal = serde_json::from_value(refusal).unwrap();
        let asks = Asks::read(Wire::OpenaiChat, &body);
        refusal.hits(Wire::OpenaiChat, &asks).count() > 0
    }

    #[test]
    fn a_refusal_hits_when_all_it_says_is_so() {
        let warm = json!({"temperature": 0.7});
        let one = json!({"temperature": 1.0});
        let both = json!({"temperature": 0.7, "top_p": 0.9});
        let thinking = json!({"temperature": 0.7, "reasoning_effort": "high"});
        let none = json!({"temperature": 0.7, "reasoning_effort": "none"});
        for (refusal, hit, missed) in [
            (json!("temperature"), &warm, &json!({})),
            (
                json!({"fields": ["temperature"], "except": [1]}),
                &warm,
                &one,
            ),
            (json!({"fields": ["temperature"], "is": [1]}), &one, &warm),
            (
                json!({"fields": ["temperature"], "above": 0.9}),
                &one,
                &warm,
            ),
            (
                json!({"fields": ["temperature"], "with": "top_p"}),
                &both,
                &warm,
            ),
            (
                json!({"fields": ["temperature"], "unless": "reasoning_effort=none"}),
                &warm,
                &none,
            ),
            (
                json!({"fields": ["temperature"], "with": "reasoning_effort", "unless": "reasoning_effort=none"}),
                &thinking,
                &none,
            ),
        ] {
            assert!(hits(refusal.clone(), hit.clone()), "{refusal}");
            assert!(!hits(refusal.clone(), missed.clone()), "{refusal}");
        }
        let elsewhere = json!({"fields": ["temperature"], "wire": "openai-responses"});
        assert!(!hits(elsewhere, warm));
        let inside = json!({"fields": ["thinking.type"], "is": ["enabled"]});
        assert!(hits(inside, json!({"thinking": {"type": "enabled"}})));
    }

    #[test]
    fn the_sentence_says_what_was_sent_and_what_would_be_taken() {
        let body = json!({"temperature": 0.7, "top_p": 0.9});
        let asks = Asks::read(Wire::OpenaiChat, &body);
        let said = |refusal: Value| {
            let refusal: Refusal = serde_json::from_value(refusal).unwrap();
            refusal.sentence("temperature", &asks)
        };
        assert_eq!(said(json!("temperature")), "refuses `temperature` 0.7");
        assert_eq!(
            said(json!({"fields": ["temperature"], "except": [1]})),
            "refuses `temperature` 0.7, it takes only 1"
        );
        assert_eq!(
            said(json!({"fields": ["temperature"], "with": "top_p"})),
            "refuses `temperature` 0.7 together with `top_p`"
        );
        assert_eq!(
            said(json!({"fields": ["temperature"], "unless": "reasoning_effort=none"})),
            "refuses `temperature` 0.7 unless `reasoning_effort` none is sent"
        );
    }
}
