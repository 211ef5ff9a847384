//! The versions of one variant, as a history: order, numbers, head, forks.

use std::collections::{BTreeMap, BTreeSet};

use crate::host::parse_time;
use crate::prompt::{ContentId, Variant, Version};

/// What is wrong with a history, and with which version.
pub(super) struct Broken {
    pub(super) id: String,
    pub(super) reason: String,
}

/// A version that got another number, because two branches had given the same one.
pub(super) struct Renumbered {
    pub(super) id: String,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Checks that every parent is there and comes first, and makes numbers unique: from the first number that two
/// versions share, all are counted anew by time, then by id, a parent always before its child. The result is the same
/// wherever it is done. Versions come back by number.
pub(super) fn order(versions: Vec<Version>) -> Result<(Vec<Version>, Vec<Renumbered>), Broken> {
    let ids: BTreeSet<&str> = versions.iter().map(|version| version.id.as_str()).collect();
    for version in &versions {
        if let Some(parent) = version
            .parent
            .as_deref()
            .filter(|parent| !ids.contains(parent))
        {
            return Err(Broken {
                id: version.id.clone(),
                reason: format!("its parent `{parent}` is missing; restore that file"),
            });
        }
    }
    let shared = first_shared_number(&versions);
    let (kept, mut open): (Vec<_>, Vec<_>) = versions
        .into_iter()
        .partition(|version| shared.is_none_or(|shared| version.number < shared));
    check_ancestry(kept.iter().chain(&open))?;
    let mut ordered = kept;
    let mut renumbered = Vec::new();
    open.sort_by_cached_key(|version| {
        let time = parse_time(&version.at);
        (time, version.at.clone(), version.id.clone())
    });
    let mut next = shared.unwrap_or(1);
    let mut waiting: BTreeSet<String> = open.iter().map(|version| version.id.clone()).collect();
    while !open.is_empty() {
        // Ancestry has no circle, so one is always free.
        let free = open.iter().position(|version| {
            version
                .parent
                .as_ref()
                .is_none_or(|parent| !waiting.contains(parent))
        });
        let mut version = open.remove(free.unwrap_or(0));
        waiting.remove(&version.id);
        if version.number != next {
            renumbered.push(Renumbered {
                id: version.id.clone(),
                from: version.number,
                to: next,
            });
            version.number = next;
        }
        next = next.saturating_add(1);
        ordered.push(version);
    }
    ordered.sort_by_key(|version| version.number);
    Ok((ordered, renumbered))
}

fn first_shared_number(versions: &[Version]) -> Option<u32> {
    let mut seen = BTreeSet::new();
    versions
        .iter()
        .map(|version| version.number)
        .filter(|number| !seen.insert(*number))
        .min()
}

fn check_ancestry<'v>(versions: impl Iterator<Item = &'v Version>) -> Result<(), Broken> {
    let parents: BTreeMap<&str, Option<&str>> = versions
        .map(|version| (version.id.as_str(), version.parent.as_deref()))
        .collect();
    let mut sound: BTreeSet<&str> = BTreeSet::new();
    for start in parents.keys() {
        let mut path = BTreeSet::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| !sound.contains(id)) {
            if !path.insert(id) {
                return Err(Broken {
                    id: id.to_owned(),
                    reason: "it is its own ancestor; one of the parents is wrong".to_owned(),
                });
            }
            next = parents.get(id).copied().flatten();
        }
        sound.extend(path);
    }
    Ok(())
}

/// Versions that no other was made from, by number.
fn latest(versions: &[Version]) -> Vec<&Version> {
    let parents: BTreeSet<&str> = versions
        .iter()
        .filter_map(|version| version.parent.as_deref())
        .collect();
    versions
        .iter()
        .filter(|version| !parents.contains(version.id.as_str()))
        .collect()
}

/// The latest version with this content, if there is one.
pub(super) fn head_with<'v>(versions: &'v [Version], content: &ContentId) -> Option<&'v Version> {
    latest(versions)
        .into_iter()
        .rfind(|version| version.content_id == *content)
}

/// The latest version of all.
pub(super) fn newest(versions: &[Version]) -> Option<&Version> {
    latest(versions).last().copied()
}

/// The latest versions, when somebody has to choose among them. `merged`: two branches met just now.
/// Otherwise a choice counts as made once something was saved on top of the head's side after the other side's
/// number was taken, and there is nothing to choose between equal contents.
pub(super) fn fork(variant: &Variant, merged: bool) -> Option<Vec<&Version>> {
    let lineage = variant.lineage();
    let head = lineage.last()?;
    let settled = |other: &Version| {
        let saved_on = lineage.iter().rev().skip(1).map(|version| version.number);
        !merged && saved_on.max().is_some_and(|number| number > other.number)
    };
    let latest = latest(&variant.versions);
    let open: Vec<_> = latest
        .into_iter()
        .filter(|other| other.id == head.id || !settled(other))
        .collect();
    let differ = open.iter().any(|other| other.content_id != head.content_id);
    differ.then_some(open)
}
