//! A conversation handed over: the primary answers the earlier turns, live, and the fallback takes over at the last.
//!
//! Every real failover in a chat is one: the fallback reads a history that another model wrote, tool calls included.
//! The case gives what the user said and what the tools returned; the primary's own words are asked for anew, so that
//! they are today's. Pure: whoever drives this makes the calls.

use std::collections::VecDeque;

use crate::model::{Answer, CallError, ErrorKind};
use crate::prompt::{Message, Speaker};

/// The most calls for one turn: a model that goes on calling tools for ever is not handed over.
const MOST_ROUNDS: u32 = 8;

/// A handoff under way.
#[derive(Debug, Clone)]
pub(super) struct Handoff {
    /// What is still to come of the saved conversation.
    saved: VecDeque<Message>,
    /// What was said so far.
    said: Vec<Message>,
    /// Results the saved turn holds, not used yet.
    results: Vec<Message>,
    /// Whether the saved conversation ends with these results, and the fallback answers them.
    open: bool,
    rounds: u32,
    wants_primary: bool,
}

impl Handoff {
    /// Whether a conversation has earlier turns of the assistant at all.
    pub(super) fn applies_to(turns: &[Message]) -> bool {
        Self::turns_of(turns) > 0
    }

    /// How many messages of the assistant stand before the takeover.
    pub(super) fn turns_of(turns: &[Message]) -> u32 {
        let before = turns.iter().take(takeover(turns));
        let said = before.filter(|message| message.role == Speaker::Assistant);
        u32::try_from(said.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn new(turns: &[Message]) -> Self {
        let mut handoff = Self {
            saved: turns.iter().take(takeover(turns)).cloned().collect(),
            said: Vec::new(),
            results: Vec::new(),
            open: false,
            rounds: 0,
            wants_primary: false,
        };
        handoff.advance();
        handoff
    }

    /// Whether the primary has to say something before the fallback takes over.
    pub(super) fn wants_primary(&self) -> bool {
        self.wants_primary
    }

    /// The conversation so far.
    pub(super) fn said(&self) -> &[Message] {
        &self.said
    }

    /// Takes the primary's answer.
    pub(super) fn take(&mut self, answer: &Answer) -> Result<(), CallError> {
        self.rounds += 1;
        self.said.push(Message {
            tool_calls: answer.tool_calls.clone(),
            replay: answer.replay.clone(),
            ..Message::new(Speaker::Assistant, answer.text.clone())
        });
        if answer.tool_calls.is_empty() {
            if self.open {
                return Err(failed(
                    "the case hands over after a tool's result, but the primary answered without calling it",
                ));
            }
            self.wants_primary = false;
            self.advance();
            return Ok(());
        }
        for call in &answer.tool_calls {
            let found = self
                .results
                .iter()
                .position(|result| result.name.as_deref().is_none_or(|name| name == call.name));
            let Some(found) = found else {
                return Err(failed(&format!(
                    "the primary called `{}`, for which the case holds no result",
                    call.name
                )));
            };
            let result = self.results.remove(found);
            self.said.push(Message {
                name: Some(call.name.clone()),
                tool_call_id: call.id.clone(),
                ..Message::new(Speaker::Tool, result.text)
            });
        }
        if self.open && self.results.is_empty() {
            self.wants_primary = false;
        } else if self.rounds >= MOST_ROUNDS {
            return Err(failed("the primary went on calling tools"));
        }
        Ok(())
    }

    /// Goes on to the next turn of the primary, or to the end.
    fn advance(&mut self) {
        while let Some(message) = self.saved.pop_front() {
            if message.role == Speaker::User {
                self.said.push(message);
                continue;
            }
            // The whole of the assistant's turn, its tools' results included, is one thing to say anew.
            let mut turn = vec![message];
            while self
                .saved
                .front()
                .is_some_and(|next| next.role != Speaker::User)
            {
                turn.extend(self.saved.pop_front());
            }
            self.open =
                self.saved.is_empty() && turn.last().is_some_and(|last| last.role == Speaker::Tool);
            turn.retain(|message| message.role == Speaker::Tool);
            self.results = turn;
            self.rounds = 0;
            self.wants_primary = true;
            return;
        }
    }
}

/// Where the fallback takes over: an answer at the very end is the one it has to give.
fn takeover(turns: &[Message]) -> usize {
    let given = |message: &Message| message.role != Speaker::Assistant;
    turns.iter().rposition(given).map_or(0, |last| last + 1)
}

fn failed(why: &str) -> CallError {
    CallError::new(ErrorKind::Handoff, why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prompt::ToolCall;

    fn turns(value: serde_json::Value) -> Vec<Message> {
        serde_json::from_value(value).unwrap()
    }

    fn calling(name: &str, id: &str) -> Answer {
        Answer {
            tool_calls: vec![ToolCall::from_text(name, "").with_id(Some(id))],
            ..Answer::of("")
        }
    }

    fn words(handoff: &Handoff) -> Vec<&str> {
        let said = handoff.said().iter();
        said.map(|message| message.text.as_str()).collect()
    }

    #[test]
    fn the_primary_says_its_turns_anew_and_the_fallback_gets_the_last() {
        let saved = turns(json!([
            {"role": "user", "text": "a"}, {"role": "assistant", "text": "old"},
            {"role": "user", "text": "b"}, {"role": "assistant", "text": "old"},
            {"role": "user", "text": "c"}, {"role": "assistant", "text": "to be given"},
        ]));
        assert!(Handoff::applies_to(&saved));
        let mut handoff = Handoff::new(&saved);
        assert_eq!(words(&handoff), ["a"]);
        handoff.take(&Answer::of("new 1")).unwrap();
        assert_eq!(words(&handoff), ["a", "new 1", "b"]);
        handoff.take(&Answer::of("new 2")).unwrap();
        assert_eq!(words(&handoff), ["a", "new 1", "b", "new 2", "c"]);
        assert!(!handoff.wants_primary());
        assert!(!Handoff::applies_to(&saved[..1]) && !Handoff::applies_to(&saved[..2]));
    }

    fn with_tool(last: serde_json::Value) -> Vec<Message> {
        let mut turns = turns(json!([
            {"role": "user", "text": "where is it?"},
            {"role": "assistant", "text": "", "tool_calls": [{"id": "old", "name": "track", "arguments": {}}]},
            {"role": "tool", "name": "track", "tool_call_id": "old", "text": "in Ghent"},
        ]));
        turns.extend(self::turns(last));
        turns
    }

    #[test]
    fn tool_results_answer_the_call_that_was_really_made() {
        let saved = with_tool(json!([
            {"role": "assistant", "text": "It is in Ghent."}, {"role": "user", "text": "thanks"}
        ]));
        let mut handoff = Handoff::new(&saved);
        handoff.take(&calling("track", "new")).unwrap();
        assert!(handoff.wants_primary(), "it has to speak about the result");
        let result = handoff.said().last().unwrap();
        assert_eq!(
            (result.tool_call_id.as_deref(), result.text.as_str()),
            (Some("new"), "in Ghent")
        );
        handoff.take(&Answer::of("Ghent!")).unwrap();
        assert!(!handoff.wants_primary());
        assert_eq!(words(&handoff).last(), Some(&"thanks"));
    }

    #[test]
    fn the_fallback_can_take_over_in_the_middle_of_a_tool_loop() {
        let mut handoff = Handoff::new(&with_tool(json!([])));
        handoff.take(&calling("track", "new")).unwrap();
        assert!(!handoff.wants_primary());
        assert_eq!(handoff.said().len(), 3);
        let error = Handoff::new(&with_tool(json!([])))
            .take(&Answer::of("no idea"))
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Handoff);
    }

    #[test]
    fn a_tool_without_a_saved_result_ends_the_handoff() {
        let mut handoff = Handoff::new(&with_tool(json!([{"role": "user", "text": "x"}])));
        let error = handoff.take(&calling("refund", "1")).unwrap_err();
        assert!(error.message.contains("`refund`"), "{error}");
    }

    #[test]
    fn a_primary_that_calls_tools_for_ever_is_stopped() {
        let results = vec![json!({"role": "tool", "name": "track", "text": "?"}); 20];
        let mut list = vec![
            json!({"role": "user", "text": "x"}),
            json!({"role": "assistant", "text": ""}),
        ];
        list.extend(results);
        list.push(json!({"role": "user", "text": "y"}));
        let mut handoff = Handoff::new(&turns(json!(list)));
        let ended = (0..20).find(|_| handoff.take(&calling("track", "1")).is_err());
        assert_eq!(ended, Some(7));
    }
}
