//! Which primary change has reached which fallback.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Decision, Verdict, has_ended, normalised};
use crate::prompt::{ContentId, ModelName, PromptName, Variant, Version};

/// Where a change stands on one fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ChangeState {
    /// A fallback version answers it.
    Matched,
    /// It is waived, and the waiver is alive.
    Waived,
    /// Neither: the fallback is behind.
    Unmatched,
    /// Nothing to carry over: cosmetic, or undone later.
    None,
}

/// What a primary version changed, seen from one fallback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Change {
    /// The prompt.
    pub prompt: PromptName,
    /// The number of the primary version the change leads to.
    pub version: u32,
    /// That version's message.
    pub message: String,
    /// Who saved it.
    pub author: String,
    /// When, RFC 3339.
    pub at: String,
    /// The fallback.
    pub model: ModelName,
    /// Where it stands there.
    pub state: ChangeState,
    /// The fallback version that answers it.
    pub with: Option<u32>,
    /// Why it is waived.
    pub reason: Option<String>,
    /// Until when it is, or was, waived.
    pub until: Option<String>,
    /// Whether a waiver ran out, so that the change is unmatched again.
    pub expired: bool,
    /// The id of the decision that counts.
    pub decision: Option<String>,
    /// Primary content before.
    pub from: ContentId,
    /// Primary content after.
    pub to: ContentId,
}

/// The index in the primary's lineage at which `fallback` was in sync when it began.
pub fn sync_index(lineage: &[&Version], fallback: &ModelName, ledger: &[Decision]) -> usize {
    ledger
        .iter()
        .filter_map(|decision| match &decision.verdict {
            Verdict::Start { variant, to, .. } if variant == fallback => {
                lineage.iter().position(|version| &version.content_id == to)
            }
            _ => None,
        })
        .next_back()
        .unwrap_or(0)
}

/// All changes of `primary` since `fallback` began, oldest first, with their state on `fallback` at `now`
/// (RFC 3339, UTC).
pub fn changes(
    prompt: &PromptName,
    primary: &Variant,
    fallback: &Variant,
    ledger: &[Decision],
    now: &str,
) -> Vec<Change> {
    let lineage = primary.lineage();
    let start = sync_index(&lineage, &fallback.model, ledger);
    let answers = Answers {
        held: contents_in_force(fallback),
        fallback,
        ledger,
        now,
    };
    let normal: Vec<_> = lineage
        .iter()
        .map(|version| normalised(&version.content))
        .collect();

    let mut found: Vec<Change> = Vec::new();
    // Changes since the last matched one that never reached the fallback, with the normal form each of them started
    // from. When a later version returns to such a form, everything in between has cancelled out.
    let mut pending: Vec<(usize, &String)> = Vec::new();
    for index in start + 1..lineage.len() {
        let (Some(before), Some(version)) = (lineage.get(index - 1), lineage.get(index)) else {
            continue;
        };
        let (Some(was), Some(is)) = (normal.get(index - 1), normal.get(index)) else {
            continue;
        };
        let mut change = Change {
            prompt: prompt.clone(),
            version: version.number,
            message: version.message.clone(),
            author: version.author.clone(),
            at: version.at.clone(),
            model: fallback.model.clone(),
            state: ChangeState::Unmatched,
            with: None,
            reason: None,
            until: None,
            expired: false,
            decision: None,
            from: before.content_id.clone(),
            to: version.content_id.clone(),
        };
        answers.settle(&mut change);
        // Back at a form that something open started from: nothing of what lies between is left to carry over,
        // whatever was decided about the way back.
        let back = pending.iter().position(|(_, form)| *form == is);
        for (cancelled, _) in pending.drain(back.unwrap_or(pending.len())..) {
            if let Some(cancelled) = found
                .get_mut(cancelled)
                .filter(|cancelled| cancelled.state == ChangeState::Unmatched)
            {
                cancelled.state = ChangeState::None;
            }
        }
        match change.state {
            ChangeState::Matched => pending.clear(),
            ChangeState::Unmatched if back.is_some() || was == is => {
                change.state = ChangeState::None;
            }
            // A waiver carries nothing over: undoing the waived change leaves nothing to do.
            ChangeState::Waived if back.is_some() => {}
            _ => pending.push((found.len(), was)),
        }
        found.push(change);
    }
    found
}

/// The contents whose answers still count. Restoring an old content takes back every answer given after it, and what
/// is then saved on top does not bring them back.
fn contents_in_force(fallback: &Variant) -> BTreeSet<&ContentId> {
    let mut held: Vec<&ContentId> = Vec::new();
    for version in fallback.lineage() {
        match held.iter().position(|id| **id == version.content_id) {
            Some(place) => held.truncate(place + 1),
            None => held.push(&version.content_id),
        }
    }
    held.into_iter().collect()
}

struct Answers<'a> {
    held: BTreeSet<&'a ContentId>,
    fallback: &'a Variant,
    ledger: &'a [Decision],
    now: &'a str,
}

impl Answers<'_> {
    /// The latest decision that holds counts; an answer that no longer stands, or a waiver that ran out, does not.
    /// Of waivers only the latest is asked: giving one an earlier end takes it back.
    fn settle(&self, change: &mut Change) {
        let mut replaced = false;
        for decision in self.ledger.iter().rev() {
            match &decision.verdict {
                Verdict::Match {
                    variant,
                    from,
                    to,
                    with,
                } if self.is(change, variant, from, to) && self.held.contains(with) => {
                    change.state = ChangeState::Matched;
                    change.with = self
                        .fallback
                        .lineage()
                        .iter()
                        .find(|version| &version.content_id == with)
                        .map(|version| version.number);
                }
                Verdict::Waive {
                    variant,
                    from,
                    to,
                    reason,
                    until,
                } if !replaced && self.is(change, variant, from, to) => {
                    replaced = true;
                    change.reason.get_or_insert_with(|| reason.clone());
                    change.until.get_or_insert_with(|| until.clone());
                    if has_ended(until, self.now) {
                        change.expired = true;
                        continue;
                    }
                    change.state = ChangeState::Waived;
                    change.reason = Some(reason.clone());
                    change.until = Some(until.clone());
                }
                _ => continue,
            }
            if change.state == ChangeState::Matched {
                (change.reason, change.until) = (None, None);
            }
            change.expired = false;
            change.decision = Some(decision.id.clone());
            return;
        }
    }

    fn is(&self, change: &Change, variant: &ModelName, from: &ContentId, to: &ContentId) -> bool {
        variant == &change.model && from == &change.from && to == &change.to
    }
}
