//! The lists of a statement among themselves: chains, changes, waivers, evals, approvals.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::Contents;
use crate::code::{Code, Rejection, quote, reject};
use crate::key::KeyId;
use crate::limits;
use crate::manifest::{
    CoverageEntry, Decision, EvalEntry, Predicate, Status, Verdict, WaiverEntry,
};
use crate::moment::Moment;

/// Chains are numbered, and every change covers exactly the fallbacks of its prompt.
pub(super) fn coverage(predicate: &Predicate) -> Result<(), Rejection> {
    for prompt in &predicate.prompts {
        let numbered = (1..)
            .zip(&prompt.fallbacks)
            .all(|(order, fallback)| fallback.order == order);
        if !numbered {
            return reject(
                Code::Coverage,
                format!("the fallbacks of {} are not numbered 1, 2, 3…", prompt.name),
            );
        }
    }
    let mut ids = BTreeSet::new();
    for change in &predicate.changes {
        let id = quote(&change.id);
        if change.id.is_empty() || !ids.insert(&change.id) {
            return reject(
                Code::Coverage,
                format!("the change {id} has no id of its own"),
            );
        }
        let Some(prompt) = predicate
            .prompts
            .iter()
            .find(|prompt| prompt.name == change.prompt)
        else {
            let prompt = quote(&change.prompt);
            return reject(
                Code::Coverage,
                format!("the change {id} is one of {prompt}, which is not in the bundle"),
            );
        };
        let covered: BTreeMap<&str, &CoverageEntry> = change
            .fallbacks
            .iter()
            .map(|entry| (entry.variant.as_str(), entry))
            .collect();
        if covered.len() != change.fallbacks.len() {
            return reject(
                Code::Coverage,
                format!("the change {id} names a fallback twice"),
            );
        }
        for fallback in &prompt.fallbacks {
            let variant = fallback.variant.as_str();
            let holds = match covered
                .get(variant)
                .map(|entry| (entry.status, &entry.file, &entry.waiver))
            {
                Some((Status::Matched, Some(file), None)) => *file == fallback.file,
                Some((Status::Waived, None, Some(_))) => true,
                _ => false,
            };
            if !holds {
                return reject(
                    Code::Coverage,
                    format!("the change {id} is neither matched nor waived on {variant}"),
                );
            }
        }
        if covered.len() != prompt.fallbacks.len() {
            return reject(
                Code::Coverage,
                format!("the change {id} names a variant that is no fallback"),
            );
        }
    }
    Ok(())
}

/// Waivers are alive at that moment and say who and why, and those that changes rest on are there.
pub(super) fn waivers(predicate: &Predicate, at: Moment) -> Result<(), Rejection> {
    let known = predicate.waivers_by_id();
    if known.len() != predicate.waivers.len() {
        return reject(Code::Waiver, "two waivers have one id");
    }
    for WaiverEntry {
        id,
        author,
        reason,
        expires_at,
    } in &predicate.waivers
    {
        let id = quote(id);
        if author.trim().is_empty() {
            return reject(Code::Waiver, format!("the waiver {id} has no author"));
        }
        if reason.trim().chars().count() < limits::REASON_CHARACTERS {
            let least = limits::REASON_CHARACTERS;
            return reject(
                Code::Waiver,
                format!("the waiver {id} gives no reason of {least} characters"),
            );
        }
        if *expires_at <= at {
            return reject(Code::Waiver, format!("the waiver {id} ended {expires_at}"));
        }
    }
    let needed = predicate
        .changes
        .iter()
        .flat_map(|change| &change.fallbacks)
        .filter_map(|entry| entry.waiver.as_ref());
    match needed
        .into_iter()
        .find(|id| !known.contains_key(id.as_str()))
    {
        Some(id) => reject(
            Code::Waiver,
            format!(
                "a change rests on the waiver {}, which is missing",
                quote(id)
            ),
        ),
        None => Ok(()),
    }
}

/// Every fallback was judged, and every judgement lets it through.
pub(super) fn evals(predicate: &Predicate, contents: &Contents) -> Result<(), Rejection> {
    let mut owed: BTreeSet<(&str, &str)> = predicate
        .prompts
        .iter()
        .flat_map(|prompt| {
            prompt
                .fallbacks
                .iter()
                .map(|fallback| (prompt.name.as_str(), fallback.variant.as_str()))
        })
        .collect();
    let fallbacks = owed.clone();
    let known = predicate.waivers_by_id();
    let mut suites = BTreeSet::new();
    for EvalEntry {
        prompt,
        variant,
        suite,
        cases,
        passed,
        verdict,
        waiver,
        report,
        ..
    } in &predicate.evals
    {
        let whose = format!(
            "the eval {} of {} on {}",
            quote(suite),
            quote(prompt),
            quote(variant)
        );
        let pair = (prompt.as_str(), variant.as_str());
        if !fallbacks.contains(&pair) {
            return reject(
                Code::Eval,
                format!("{whose} is about no fallback of this bundle"),
            );
        }
        if !suites.insert((pair, suite)) {
            return reject(Code::Eval, format!("{whose} stands twice"));
        }
        if passed > cases {
            return reject(Code::Eval, format!("{whose} passed more cases than it has"));
        }
        if !report.starts_with("evidence/") || !contents.files.contains_key(report.as_str()) {
            return reject(
                Code::Eval,
                format!("{whose} has no report in the bundle's evidence"),
            );
        }
        match (verdict, waiver) {
            (Verdict::Pass, None) => {}
            // Its author, reason and end were judged with all waivers.
            (Verdict::Accepted, Some(id)) if known.contains_key(id.as_str()) => {}
            (Verdict::Accepted, _) => {
                return reject(Code::Eval, format!("{whose} is accepted without a waiver"));
            }
            (Verdict::Pass, Some(_)) => {
                return reject(Code::Eval, format!("{whose} passed and names a waiver"));
            }
            (Verdict::Fail, _) => return reject(Code::Eval, format!("{whose} did not pass")),
        }
        owed.remove(&pair);
    }
    match owed.first() {
        Some((prompt, variant)) => reject(Code::Eval, format!("{variant} of {prompt} has no eval")),
        None => Ok(()),
    }
}

/// Everybody who was named has signed, and they are enough.
pub(super) fn approvals(
    predicate: &Predicate,
    signers: &BTreeSet<KeyId>,
    threshold: NonZeroUsize,
) -> Result<(), Rejection> {
    let mut keys = BTreeSet::new();
    for approval in &predicate.approvals {
        let reviewer = quote(&approval.reviewer);
        if approval.decision != Decision::Approve {
            return reject(Code::Approval, format!("{reviewer} rejected the bundle"));
        }
        if !keys.insert(approval.keyid) {
            return reject(
                Code::Approval,
                format!("two approvals rest on the key {}", approval.keyid),
            );
        }
        if !signers.contains(&approval.keyid) {
            let key = approval.keyid;
            let sentence = format!(
                "{reviewer} has not signed, or the key {key} is not among the trusted ones"
            );
            return reject(Code::Approval, sentence);
        }
    }
    if keys.len() < threshold.get() {
        return reject(
            Code::Approval,
            format!("{} of {threshold} approvals", keys.len()),
        );
    }
    Ok(())
}
