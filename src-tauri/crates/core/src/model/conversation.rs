//! Turns on their way to a wire: which tool result answers which call, and under which id.
//!
//! A conversation can come from a case, from another provider or from this one. Ids of calls are the provider's own,
//! some give none, and each wire takes another form of them. It must not know a wire: the wire says what fits it.

use serde_json::Value;

use crate::prompt::{Digest, Message, Model, Speaker};

/// A turn, its calls under the ids they are sent with.
#[derive(Debug)]
pub(super) struct Said<'a> {
    /// The turn.
    pub(super) message: &'a Message,
    /// The ids of its calls, in their order.
    pub(super) ids: Vec<String>,
    /// Of a tool's result: the call it answers.
    pub(super) answers: Option<Answered<'a>>,
    /// The turn in this wire's own form, where the same model said it: it goes back as it came.
    pub(super) replay: Option<&'a [Value]>,
}

/// The call that a result answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered<'a> {
    /// The id the call is sent with.
    pub(super) id: String,
    /// The tool; empty where nobody names it.
    pub(super) name: &'a str,
    /// The id that this very model gave the call, where the call goes back as it came.
    pub(super) own_id: Option<&'a str>,
}

struct Made<'a> {
    given: Option<&'a str>,
    sent: String,
    name: &'a str,
    replayed: bool,
    answered: bool,
}

/// What a wire asks of turns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    /// Whether items are in this wire's own form.
    pub(super) owns: fn(&[Value]) -> bool,
    /// Whether the wire takes this id of a call.
    pub(super) takes: fn(&str) -> bool,
    /// How many characters a made-up id has.
    pub(super) id_length: usize,
}

impl Manners {
    /// The id a call is sent with: its own where the wire takes it, else one made from it. The same id is always made
    /// into the same, so that a request can be told by its bytes.
    fn fit(&self, id: &str) -> String {
        if (self.takes)(id) {
            return id.to_owned();
        }
        Digest::of(id)
            .as_str()
            .chars()
            .take(self.id_length)
            .collect()
    }
}

/// Links results to calls. A result without an id answers the next unanswered call of its name, without a name the next
/// of any; one that answers nothing stands alone, which the provider will refuse.
pub(super) fn link<'a>(model: &Model, turns: &'a [Message], manners: &Manners) -> Vec<Said<'a>> {
    let mut made: Vec<Made<'a>> = Vec::new();
    let mut said = Vec::with_capacity(turns.len());
    for (turn, message) in turns.iter().enumerate() {
        let replay = message
            .replay
            .as_deref()
            .filter(|replay| replay.model_id == model.id)
            .and_then(|replay| replay.items.as_array())
            .map(Vec::as_slice)
            .filter(|items| !items.is_empty() && (manners.owns)(items));
        let calls = message.tool_calls.iter().enumerate();
        let ids: Vec<String> = calls
            .map(|(at, call)| {
                let given = call.id.as_deref();
                let sent = match given {
                    Some(id) if replay.is_some() => id.to_owned(),
                    Some(id) => manners.fit(id),
                    None => manners.fit(&format!("call_{turn}_{at}")),
                };
                made.push(Made {
                    given,
                    sent: sent.clone(),
                    name: &call.name,
                    replayed: replay.is_some(),
                    answered: false,
                });
                sent
            })
            .collect();
        let answers = (message.role == Speaker::Tool).then(|| {
            let name = message.name.as_deref().unwrap_or_default();
            match find(&mut made, message) {
                Some(call) => {
                    call.answered = true;
                    Answered {
                        id: call.sent.clone(),
                        name: if name.is_empty() { call.name } else { name },
                        own_id: call.given.filter(|_| call.replayed),
                    }
                }
                None => {
                    let id = message.tool_call_id.as_deref();
                    let id = id.map_or_else(|| format!("call_{turn}"), str::to_owned);
                    Answered {
                        id: manners.fit(&id),
                        name,
                        own_id: None,
                    }
                }
            }
        });
        said.push(Said {
            message,
            ids,
            answers,
            replay,
        });
    }
    said
}

fn find<'m, 'a>(made: &'m mut [Made<'a>], result: &Message) -> Option<&'m mut Made<'a>> {
    let fits = |call: &Made<'_>| match (&result.tool_call_id, &result.name) {
        (Some(id), _) => call.given == Some(id.as_str()),
        (None, Some(name)) => call.name == name,
        (None, None) => true,
    };
    let open = made.iter().position(|call| !call.answered && fits(call));
    // Answered twice: the provider is to see it so.
    let answered = || {
        made.iter()
            .rposition(|call| result.tool_call_id.is_some() && fits(call))
    };
    let at = open.or_else(answered)?;
    made.get_mut(at)
}

/// Whether an id is of the letters that OpenAI and Anthropic take.
pub(super) fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !id.is_empty() && id.chars().all(plain)
}

/// Whether items are each of a `type`, as content blocks and response items are.
pub(super) fn are_typed(items: &[Value]) -> bool {
    items
        .iter()
        .all(|item| item.get("type").is_some_and(Value::is_string))
}

/// Whether items are one message, as on wires that know nothing smaller.
pub(super) fn are_a_message(items: &[Value]) -> bool {
    matches!(items, [message] if message.get("role").is_some() && message.get("type").is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prompt::{Replay, ToolCall, Wire};

    const ANY: Manners = Manners {
        owns: |_| true,
        takes: |id| id.len() < 12,
        id_length: 9,
    };

    fn assistant(calls: &[(&str, Option<&str>)]) -> Message {
        Message {
            tool_calls: calls
                .iter()
                .map(|(name, id)| ToolCall::from_text(name, "").with_id(*id))
                .collect(),
            ..Message::new(Speaker::Assistant, "")
        }
    }

    fn result(name: Option<&str>, id: Option<&str>) -> Message {
        Message {
            name: name.map(str::to_owned),
            tool_call_id: id.map(str::to_owned),
            ..Message::new(Speaker::Tool, "")
        }
    }

    fn linked(turns: &[Message]) -> Vec<String> {
        let model = Model::new(Wire::OpenaiChat, "m");
        link(&model, turns, &ANY)
            .into_iter()
            .map(|said| match said.answers {
                Some(answers) => format!("{}={}", answers.id, answers.name),
                None => said.ids.join(" "),
            })
            .collect()
    }

    #[test]
    fn results_find_their_calls() {
        let turns = [
            assistant(&[("a", Some("x")), ("b", None), ("a", None)]),
            result(Some("a"), None),
            result(Some("a"), None),
            result(None, None),
            assistant(&[("b", Some("x"))]),
            result(None, Some("x")),
            result(None, Some("x")),
            result(Some("b"), Some("unknown")),
            result(None, None),
        ];
        assert_eq!(
            linked(&turns),
            [
                "x call_0_1 call_0_2",
                "x=a",
                "call_0_2=a",
                "call_0_1=b",
                "x",
                "x=b",
                "x=b",
                "unknown=b",
                "call_8="
            ]
        );
    }

    #[test]
    fn an_id_that_does_not_fit_is_made_into_the_same_one_everywhere() {
        let turns = [
            assistant(&[("a", Some("an id with spaces"))]),
            result(None, Some("an id with spaces")),
        ];
        let linked = linked(&turns);
        assert_eq!(linked[1], format!("{}=a", linked[0]));
        assert_eq!(linked[0].len(), 9);
        assert!(linked[0].chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn only_the_model_that_said_it_gets_its_own_form() {
        let mut said = assistant(&[("a", Some("an id with spaces"))]);
        said.replay = Some(
            Replay {
                model_id: "m".into(),
                items: json!([{"type": "x"}]),
            }
            .into(),
        );
        let turns = [said, result(Some("a"), None)];
        let of = |id: &str| {
            let model = Model::new(Wire::OpenaiChat, id);
            let said = link(&model, &turns, &ANY);
            (said[0].replay.is_some(), said[1].answers.clone().unwrap())
        };
        let (replayed, answered) = of("m");
        assert!(replayed);
        assert_eq!(answered.id, "an id with spaces");
        assert_eq!(answered.own_id, Some("an id with spaces"));
        let (replayed, answered) = of("other");
        assert!(!replayed);
        assert_eq!(answered.own_id, None);
    }
}
