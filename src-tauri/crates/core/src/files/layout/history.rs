//! The versions of one variant: numbered, connected, and which of them is the head.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fork, LooseHead};
use crate::prompt::{Content, ModelName, PromptName, Variant, Version};

/// A variant put together from its history and its `.prompt` file.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) variant: Option<Variant>,
    pub(super) loose: Option<LooseHead>,
    pub(super) fork: Option<Fork>,
}

/// Puts a variant together. `file` is what its `.prompt` file holds, if there is one.
///
/// # Errors
/// The id of a version that hangs in the air, and why.
pub(super) fn join(
    prompt: &PromptName,
    model: &ModelName,
    versions: Vec<Version>,
    file: Option<Content>,
) -> Result<Joined, (String, String)> {
    let versions = renumbered(versions);
    check_parents(&versions)?;
    let loose = |content| LooseHead {
        prompt: prompt.clone(),
        model: model.clone(),
        content,
    };
    let ends = ends(&versions);
    let Some(newest) = ends.last() else {
        return Ok(Joined {
            loose: file.map(loose),
            ..Joined::default()
        });
    };
    let held = file.as_ref().and_then(|content| {
        let id = content.id();
        let same = |version: &&Version| version.content_id == id;
        // Of equal contents the one nothing follows is the head: restoring an old content makes a new version.
        ends.iter()
            .copied()
            .rfind(same)
            .or_else(|| versions.iter().rfind(same))
    });
    let (head, loose) = match (held, file) {
        (Some(held), _) => (held, None),
        (None, None) => (*newest, None),
        (None, Some(content)) => (*newest, Some(loose(content))),
    };
    let fork = (ends.len() > 1).then(|| Fork {
        prompt: prompt.clone(),
        model: model.clone(),
        ends: ends
            .iter()
            .map(|end| (end.number, end.message.clone(), end.author.clone()))
            .collect(),
        head: head.number,
    });
    let head = head.id.clone();
    Ok(Joined {
        variant: Some(Variant {
            model: model.clone(),
            versions,
            head,
        }),
        loose,
        fork,
    })
}

/// Two branches give the same number to different versions. The older keeps it; the others get the next free ones,
/// in the order of their numbers, times and ids, so that every clone comes to the same result.
fn renumbered(mut versions: Vec<Version>) -> Vec<Version> {
    versions.sort_by(|a, b| (a.number, &a.at, &a.id).cmp(&(b.number, &b.at, &b.id)));
    let mut next = versions
        .iter()
        .map(|version| version.number)
        .max()
        .unwrap_or(0);
    let mut taken = BTreeSet::new();
    for version in &mut versions {
        if !taken.insert(version.number) {
            next += 1;
            version.number = next;
            taken.insert(next);
        }
    }
    versions.sort_by_key(|version| version.number);
    versions
}

fn check_parents(versions: &[Version]) -> Result<(), (String, String)> {
    let numbers: BTreeMap<&str, u32> = versions
        .iter()
        .map(|version| (version.id.as_str(), version.number))
        .collect();
    for version in versions {
        let Some(parent) = &version.parent else {
            continue;
        };
        let reason = match numbers.get(parent.as_str()) {
            None => format!("its parent {parent} is not there"),
            Some(number) if *number >= version.number => {
                format!("its parent {parent} has no smaller number")
            }
            Some(_) => continue,
        };
        return Err((version.id.clone(), reason));
    }
    Ok(())
}

/// Versions that nothing follows, by number.
fn ends(versions: &[Version]) -> Vec<&Version> {
    let parents: BTreeSet<&str> = versions
        .iter()
        .filter_map(|version| version.parent.as_deref())
        .collect();
    versions
        .iter()
        .filter(|version| !parents.contains(version.id.as_str()))
        .collect()
}
