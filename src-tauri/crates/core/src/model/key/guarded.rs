//! Looking on without being told a secret.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Redaction;
use crate::model::{Delta, Watch};

/// Looks on in place of another, who is told no secret. One that arrives in pieces is held back until it is whole.
pub(in crate::model) struct Guarded<'a> {
    watch: &'a dyn Watch,
    redaction: &'a Redaction,
    held: Mutex<Held>,
    in_pieces: AtomicBool,
}

/// Ends of what arrived that may be the start of a secret.
#[derive(Default)]
struct Held {
    text: String,
    reasoning: String,
    arguments: String,
}

impl<'a> Guarded<'a> {
    pub(in crate::model) fn new(watch: &'a dyn Watch, redaction: &'a Redaction) -> Self {
        Self {
            watch,
            redaction,
            held: Mutex::default(),
            in_pieces: AtomicBool::new(false),
        }
    }

    /// Whether a secret, or much of one, came in pieces. Whoever reads the bytes of such a reply can put it together,
    /// and no search of them finds it.
    pub(in crate::model) fn met_pieces(&self) -> bool {
        self.in_pieces.load(Ordering::Relaxed)
    }

    /// A text that began with what was held back, without secrets.
    fn joined<'t>(&self, text: &'t str, cut: bool) -> Cow<'t, str> {
        let clean = self.redaction.text(text, cut);
        if matches!(clean, Cow::Owned(_)) {
            self.in_pieces.store(true, Ordering::Relaxed);
        }
        clean
    }

    /// Tells what was held back: the reply is over, and so it was no secret, or not all of one.
    pub(in crate::model) fn end(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = std::mem::take(&mut *held);
        if !held.text.is_empty() {
            self.watch
                .delta(Delta::Text(&self.joined(&held.text, true)));
        }
        if !held.reasoning.is_empty() {
            let reasoning = self.joined(&held.reasoning, true);
            self.watch.delta(Delta::Reasoning(&reasoning));
        }
        self.end_arguments(&held.arguments);
    }

    fn end_arguments(&self, arguments: &str) {
        if !arguments.is_empty() {
            self.watch.delta(Delta::Tool {
                name: "",
                arguments: &self.joined(arguments, true),
            });
        }
    }

    /// Passes on what is certain of `held` and `piece`, and holds the rest.
    fn pass(&self, held: &mut String, piece: &str, tell: impl Fn(&str)) {
        let joined;
        let is_joined = !held.is_empty();
        let text = if held.is_empty() {
            piece
        } else {
            held.push_str(piece);
            joined = std::mem::take(held);
            &joined
        };
        // Forms begin at characters, so this always splits.
        let certain = self.redaction.certain(text);
        let (certain, rest) = text.split_at_checked(certain).unwrap_or((text, ""));
        if !certain.is_empty() {
            tell(&if is_joined {
                self.joined(certain, false)
            } else {
                self.redaction.text(certain, false)
            });
        }
        held.push_str(rest);
    }
}

impl Watch for Guarded<'_> {
    fn delta(&self, delta: Delta<'_>) {
        if self.redaction.is_empty() {
            return self.watch.delta(delta);
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match delta {
            Delta::Text(text) => self.pass(&mut held.text, text, |text| {
                self.watch.delta(Delta::Text(text));
            }),
            Delta::Reasoning(text) => self.pass(&mut held.reasoning, text, |text| {
                self.watch.delta(Delta::Reasoning(text));
            }),
            Delta::Tool { name, arguments } => {
                if !name.is_empty() {
                    let before = std::mem::take(&mut held.arguments);
                    self.end_arguments(&before);
                    self.watch.delta(Delta::Tool {
                        name: &self.redaction.text(name, true),
                        arguments: "",
                    });
                }
                self.pass(&mut held.arguments, arguments, |arguments| {
                    self.watch.delta(Delta::Tool {
                        name: "",
                        arguments,
                    });
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
