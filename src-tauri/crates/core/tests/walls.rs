//! The walls of the house, kept by a test: what a crate may depend on, and what a module may name.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each crate must never see, directly or through anything it depends on.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    (
        "understudy-bundle",
        &[
            "tokio",
            "sqlx",
            "reqwest",
            "tauri",
            "clap",
            "understudy-core",
        ],
    ),
    (
        "understudy-core",
        &["tauri", "clap", "understudy", "understudy-desktop"],
    ),
    ("understudy", &["tauri", "understudy-desktop"]),
];

/// What only one module of core may name.
const HOMES: [(&str, &str); 12] = [
    ("sqlx::", "store"),
    ("reqwest::", "model"),
    ("handlebars::", "prompt"),
    ("similar::", "compare"),
    ("syntect::", "compare"),
    ("jsonschema::", "parity"),
    ("pkcs8::", "keys"),
    ("keyring_core::", "keys"),
    ("opentelemetry::", "telemetry"),
    ("opentelemetry_sdk::", "telemetry"),
    ("opentelemetry_proto::", "telemetry"),
    ("prost::", "telemetry"),
];

/// What each module of core may name of the others. The order is a proof that there is no cycle: a module names only
/// modules above it.
const KNOWS: [(&str, &str); 17] = [
    ("host", ""),
    ("prompt", ""),
    ("case", "prompt"),
    ("ledger", "host prompt"),
    ("set", "prompt case ledger"),
    ("compare", ""),
    ("parity", "prompt case compare"),
    ("gateway", "prompt"),
    ("keys", ""),
    ("model", "prompt host keys"),
    ("catalog", "prompt model host"),
    ("check", "prompt ledger set parity catalog host"),
    ("run", "prompt case parity model host"),
    ("telemetry", "run model prompt host"),
    ("files", "prompt case ledger set host"),
    ("store", "prompt case ledger set parity"),
    (
        "workspace",
        "host prompt case ledger set compare parity gateway keys model catalog check run files store",
    ),
];

#[test]
fn no_crate_sees_what_it_must_not() {
    let metadata = cargo_metadata::MetadataCommand::new().exec().unwrap();
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (package.id.clone(), package.name.to_string()))
        .collect();
    let edges: BTreeMap<_, Vec<_>> = metadata
        .resolve
        .unwrap()
        .nodes
        .into_iter()
        .map(|node| {
            // What a crate is tested with is not what it is made of.
            let built = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds
                    .iter()
                    .any(|kind| kind.kind != cargo_metadata::DependencyKind::Development)
            };
            let deps = node
                .deps
                .iter()
                .filter(built)
                .map(|dep| dep.pkg.clone())
                .collect();
            (node.id, deps)
        })
        .collect();
    for (name, forbidden) in FORBIDDEN {
        let start = names
            .iter()
            .find(|(_, package)| *package == name)
            .unwrap()
            .0;
        let mut seen = BTreeSet::new();
        let mut next = vec![start.clone()];
        while let Some(id) = next.pop() {
            if seen.insert(id.clone()) {
                next.extend(edges[&id].iter().cloned());
            }
        }
        let reached: BTreeSet<&str> = seen.iter().map(|id| names[id].as_str()).collect();
        assert!(
            reached.len() > 3,
            "the walk from {name} found nothing: the test is broken"
        );
        for wall in forbidden {
            assert!(!reached.contains(wall), "{name} must not see {wall}");
        }
    }
}

#[test]
fn no_module_of_core_names_what_it_must_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    let mut read = 0;
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        read += 1;
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let place = format!("{}:{}", relative.display(), number + 1);
            for (what, home) in HOMES {
                if names(line, what) && module != home {
                    broken.push(format!("{place}: only {home} may name {what}"));
                }
            }
            for wall in KNOWS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| *name != module)
            {
                let named = [
                    format!("crate::{wall}::"),
                    format!("crate::{wall};"),
                    format!("crate::{{{wall}"),
                ];
                let may = may_know(&module).contains(&wall) || module == "lib" || is_test(relative);
                if !may && named.iter().any(|name| line.contains(name.as_str())) {
                    broken.push(format!("{place}: {module} must not know {wall}"));
                }
            }
        }
    }
    assert!(read > 40, "only {read} files were read: the test is broken");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn modules_know_only_what_stands_above_them() {
    for (place, (module, knows)) in KNOWS.iter().enumerate() {
        for known in knows.split_whitespace() {
            let above = KNOWS.iter().position(|(name, _)| *name == known);
            assert!(
                above.is_some_and(|above| above < place),
                "{module} knows {known}: a cycle"
            );
        }
    }
}

/// Whether a line names a crate; `super::similar::` is a module of ours.
fn names(line: &str, what: &str) -> bool {
    let at = line.find(what);
    at.is_some_and(|at| {
        !line[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric())
    })
}

fn may_know(module: &str) -> Vec<&'static str> {
    let found = KNOWS.iter().find(|(name, _)| *name == module);
    found
        .map(|(_, knows)| knows.split_whitespace().collect())
        .unwrap_or_default()
}

fn is_test(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
