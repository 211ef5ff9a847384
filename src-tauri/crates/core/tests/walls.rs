//! The walls of the house, kept by a test: what a crate may depend on, and what a module may name.

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
const HOMES: [(&str, &str); 7] = [
    ("sqlx::", "store"),
    ("reqwest::", "model"),
    ("handlebars::", "prompt"),
    ("similar::", "compare"),
    ("syntect::", "compare"),
    ("jsonschema::", "parity"),
    ("pkcs8::", "keys"),
];

/// What a module of core must not know. `workspace` may know everything below it.
const UNKNOWN: [(&str, &[&str]); 13] = [
    (
        "prompt",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
        ],
    ),
    (
        "ledger",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
        ],
    ),
    (
        "case",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
            "ledger",
        ],
    ),
    (
        "compare",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "parity",
            "check",
            "gateway",
            "keys",
            "ledger",
        ],
    ),
    (
        "parity",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "check",
            "gateway",
            "keys",
            "ledger",
        ],
    ),
    (
        "check",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "gateway",
            "keys",
        ],
    ),
    (
        "model",
        &[
            "store",
            "files",
            "run",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
            "ledger",
        ],
    ),
    (
        "run",
        &[
            "store",
            "files",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
            "ledger",
        ],
    ),
    (
        "store",
        &[
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "check",
            "gateway",
            "keys",
        ],
    ),
    (
        "files",
        &[
            "store",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
        ],
    ),
    (
        "gateway",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "keys",
        ],
    ),
    (
        "keys",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "ledger",
            "prompt",
        ],
    ),
    (
        "host",
        &[
            "store",
            "files",
            "run",
            "model",
            "workspace",
            "compare",
            "parity",
            "check",
            "gateway",
            "keys",
            "ledger",
            "prompt",
        ],
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
                if line.contains(what) && module != home {
                    broken.push(format!("{place}: only {home} may name {what}"));
                }
            }
            let walls = UNKNOWN
                .iter()
                .find(|(name, _)| *name == module)
                .map_or(&[][..], |(_, walls)| walls);
            for wall in walls {
                let named = [
                    format!("crate::{wall}::"),
                    format!("crate::{wall};"),
                    format!("{{{wall}::"),
                ];
                if named.iter().any(|name| line.contains(name.as_str())) && !is_test(relative) {
                    broken.push(format!("{place}: {module} must not know {wall}"));
                }
            }
        }
    }
    assert!(read > 40, "only {read} files were read: the test is broken");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
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
