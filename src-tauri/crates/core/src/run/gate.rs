//! The door of each endpoint: how many calls are inside, until when it is shut, and whether it opens again.
//!
//! An endpoint is an address and a key: that is what providers count by. Models behind the same door share its limits.

use tokio::time::Instant;

use crate::prompt::{Model, Wire};

/// What rate limits are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    origin: String,
    key_env: Option<String>,
}

impl Endpoint {
    pub(super) fn of(model: &Model) -> Self {
        let origin = match &model.base_url {
            // Scheme and host are enough, in any spelling of the rest; a base that is no address fails as a call.
            Some(base) => {
                let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
                let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
                format!("{scheme}://{host}").to_ascii_lowercase()
            }
            // Two wires of one provider have one address.
            None => match model.wire {
                Wire::OpenaiChat | Wire::OpenaiResponses => "openai".to_owned(),
                other => other.as_str().to_owned(),
            },
        };
        Self {
            origin,
            key_env: model.key_env.clone(),
        }
    }
}

/// A door.
#[derive(Debug)]
pub(super) struct Gate {
    limit: usize,
    live: usize,
    shut_until: Option<Instant>,
    closed: bool,
}

impl Gate {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            live: 0,
            shut_until: None,
            closed: false,
        }
    }

    /// Whether a call may go in now.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        !self.closed && self.live < self.limit && self.shut_until.is_none_or(|until| until <= now)
    }

    pub(super) fn enter(&mut self) {
        self.live += 1;
    }

    pub(super) fn leave(&mut self) {
        self.live = self.live.saturating_sub(1);
    }

    /// Shuts it; a wait that is already longer stands.
    pub(super) fn shut(&mut self, until: Instant) {
        self.shut_until = Some(self.shut_until.map_or(until, |other| other.max(until)));
    }

    /// Closes it for the rest of the run.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// When it opens by itself, if it is shut.
    pub(super) fn opens(&self, now: Instant) -> Option<Instant> {
        self.shut_until.filter(|until| *until > now && !self.closed)
    }

    /// Takes another model's wish into account: the narrower one counts.
    pub(super) fn narrow(&mut self, limit: usize) {
        self.limit = self.limit.min(limit.max(1));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn model(base: Option<&str>, key: &str) -> Model {
        Model {
            base_url: base.map(str::to_owned),
            key_env: Some(key.to_owned()),
            ..Model::new(Wire::OpenaiChat, "m")
        }
    }

    #[test]
    fn an_endpoint_is_an_address_and_a_key() {
        let of = |base, key| Endpoint::of(&model(base, key));
        assert_eq!(of(Some("http://h:1/v1/"), "K"), of(Some("http://H:1"), "K"));
        assert_ne!(of(Some("http://h:1"), "K"), of(Some("http://h:1"), "L"));
        assert_ne!(of(Some("http://h:1"), "K"), of(Some("http://h:2"), "K"));
        let responses = Model {
            wire: Wire::OpenaiResponses,
            ..model(None, "K")
        };
        assert_eq!(of(None, "K"), Endpoint::of(&responses));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shut_door_opens_when_the_longest_wait_is_over() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut gate = Gate::new(1);
        gate.shut(now + 2 * second);
        gate.shut(now + second);
        assert!(!gate.is_open(now + second));
        assert_eq!(gate.opens(now), Some(now + 2 * second));
        assert!(gate.is_open(now + 2 * second));
        gate.enter();
        assert!(!gate.is_open(now + 2 * second), "full");
        gate.leave();
        gate.close();
        assert!(!gate.is_open(now + 3 * second) && gate.opens(now).is_none());
    }
}
