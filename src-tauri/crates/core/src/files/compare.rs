//! A directory and a workspace, three ways: what each side changed since they last agreed.

use std::collections::{BTreeMap, BTreeSet};

use super::Tree;
use super::layout::{OUTPUTS, Place};
use crate::prompt::Digest;

/// Who changed a file since both sides last agreed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Both sides hold the same bytes.
    Same,
    /// Only the workspace changed it.
    WorkspaceChanged,
    /// Only the directory changed it.
    DirectoryChanged,
    /// Both did, differently.
    BothChanged,
}

/// A file and who changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path, relative to the directory.
    pub path: String,
    /// Who changed it.
    pub state: State,
}

/// Compares the files of a sync, by path. `base` holds the digest of each file when both sides last agreed; a file
/// that is on one side only and was never agreed on is new there. Recorded outputs are not part of a sync.
///
/// Versions and decisions only ever come to be: one that a side does not have is always the other side's to give,
/// and only the same file with different bytes can be a conflict.
pub fn compare_trees(
    base: &BTreeMap<String, Digest>,
    workspace: &Tree,
    directory: &Tree,
) -> Vec<Difference> {
    let paths: BTreeSet<&String> = workspace
        .keys()
        .chain(directory.keys())
        .filter(|path| !path.starts_with(OUTPUTS))
        .collect();
    paths
        .into_iter()
        .map(|path| {
            let (ours, theirs) = (workspace.get(path), directory.get(path));
            let agreed = base.get(path);
            let changed = |side: Option<&Vec<u8>>| side.map(Digest::of).as_ref() != agreed;
            let state = match (changed(ours), changed(theirs)) {
                _ if ours == theirs => State::Same,
                _ if only_grows(path) && theirs.is_none() => State::WorkspaceChanged,
                _ if only_grows(path) && ours.is_none() => State::DirectoryChanged,
                (true, false) => State::WorkspaceChanged,
                (false, true) => State::DirectoryChanged,
                _ => State::BothChanged,
            };
            Difference {
                path: path.clone(),
                state,
            }
        })
        .collect()
}

fn only_grows(path: &str) -> bool {
    matches!(
        Place::of(path),
        Some(Ok(Place::Version(..) | Place::Decision(..)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_three_sides_has_its_state() {
        let tree = |text: Option<&str>| -> Tree {
            text.map(|text| ("f".to_owned(), text.as_bytes().to_vec()))
                .into_iter()
                .collect()
        };
        let state = |base: Option<&str>, ours, theirs| {
            let base = base
                .map(|text| ("f".to_owned(), Digest::of(text)))
                .into_iter()
                .collect();
            compare_trees(&base, &tree(ours), &tree(theirs))
                .first()
                .map(|difference| difference.state)
        };
        use State::{BothChanged, DirectoryChanged, Same, WorkspaceChanged};
        for (base, ours, theirs, expected) in [
            (Some("a"), Some("a"), Some("a"), Some(Same)),
            (Some("a"), Some("b"), Some("b"), Some(Same)),
            (None, Some("a"), Some("a"), Some(Same)),
            (Some("a"), Some("b"), Some("a"), Some(WorkspaceChanged)),
            (Some("a"), Some("a"), Some("b"), Some(DirectoryChanged)),
            (Some("a"), Some("b"), Some("c"), Some(BothChanged)),
            (None, Some("a"), Some("b"), Some(BothChanged)),
            (None, Some("a"), None, Some(WorkspaceChanged)),
            (None, None, Some("a"), Some(DirectoryChanged)),
            (Some("a"), None, Some("a"), Some(WorkspaceChanged)),
            (Some("a"), Some("a"), None, Some(DirectoryChanged)),
            (Some("a"), Some("b"), None, Some(BothChanged)),
            (Some("a"), None, None, None),
        ] {
            assert_eq!(
                state(base, ours, theirs),
                expected,
                "{base:?} {ours:?} {theirs:?}"
            );
        }
    }

    #[test]
    fn versions_and_decisions_are_a_union() {
        let tree = |bytes: &[u8]| -> Tree {
            ["_history/p.m/1.json", "_ledger/p/1.json"]
                .map(|path| (path.to_owned(), bytes.to_vec()))
                .into()
        };
        let base: BTreeMap<_, _> = tree(b"a")
            .into_iter()
            .map(|(path, bytes)| (path, Digest::of(bytes)))
            .collect();
        let states = |ours: &Tree, theirs: &Tree| {
            let found = compare_trees(&base, ours, theirs);
            assert_eq!(found.len(), 2);
            found
                .iter()
                .map(|difference| difference.state)
                .collect::<Vec<_>>()
        };
        let none = Tree::new();
        assert_eq!(states(&tree(b"a"), &none), [State::WorkspaceChanged; 2]);
        assert_eq!(states(&tree(b"b"), &none), [State::WorkspaceChanged; 2]);
        assert_eq!(states(&none, &tree(b"a")), [State::DirectoryChanged; 2]);
        assert_eq!(states(&tree(b"b"), &tree(b"c")), [State::BothChanged; 2]);
    }

    #[test]
    fn recorded_outputs_are_not_compared() {
        let tree: Tree = [("_outputs/p.jsonl".to_owned(), vec![1])].into();
        assert_eq!(compare_trees(&BTreeMap::new(), &tree, &Tree::new()), []);
    }
}
