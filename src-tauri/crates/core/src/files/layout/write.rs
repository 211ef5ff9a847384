//! From a set to files.

use serde::Serialize;
use serde_json::Value;

use super::LONG_SCHEMA;
use crate::files::{FilesError, Problem, Tree, dotprompt};
use crate::prompt::Variant;
use crate::set::{Prompt, PromptSet};

/// Writes a set. A prompt that `understudy.toml` no longer names has no place in a directory and is left out.
///
/// # Errors
/// Heads that no `.prompt` file can hold, each with its file.
pub fn write_set(set: &PromptSet) -> Result<Tree, FilesError> {
    let mut tree = Tree::new();
    let mut problems = Vec::new();
    if !set.config_text.is_empty() {
        tree.insert(
            "understudy.toml".to_owned(),
            set.config_text.clone().into_bytes(),
        );
    }
    for (name, prompt) in set
        .prompts
        .iter()
        .filter(|(name, _)| set.config.prompts.contains_key(*name))
    {
        let schema = long_schema(set.primary(name));
        if let Some(schema) = schema {
            tree.insert(format!("{name}.schema.json"), pretty(schema));
        }
        write_heads(set, prompt, schema, &mut tree, &mut problems);
        write_records(prompt, &mut tree);
    }
    if problems.is_empty() {
        Ok(tree)
    } else {
        Err(FilesError { problems })
    }
}

fn long_schema(primary: Option<&Variant>) -> Option<&Value> {
    let schema = primary?.head()?.content.output_schema.as_ref()?;
    (schema.to_string().len() > LONG_SCHEMA).then_some(schema)
}

fn write_heads(
    set: &PromptSet,
    prompt: &Prompt,
    schema: Option<&Value>,
    tree: &mut Tree,
    problems: &mut Vec<Problem>,
) {
    let name = &prompt.name;
    // Equality of JSON values forgets the order of properties; that of their text does not.
    let shared = schema.map(Value::to_string);
    for variant in &prompt.variants {
        let Some(head) = variant.head() else { continue };
        let is_primary = set.config.chain_of(name).first() == Some(&variant.model);
        let file = if is_primary {
            format!("{name}.prompt")
        } else {
            format!("{name}.{}.prompt", variant.model)
        };
        let own = head.content.output_schema.as_ref().map(Value::to_string);
        let reference = (own.is_some() && own == shared).then(|| format!("{name}.schema.json"));
        match dotprompt::write(&variant.model, &head.content, reference.as_deref()) {
            Ok(text) => {
                tree.insert(file, text.into_bytes());
            }
            Err(error) => problems.push(Problem {
                file,
                line: None,
                reason: error.reason,
            }),
        }
    }
}

fn write_records(prompt: &Prompt, tree: &mut Tree) {
    let name = &prompt.name;
    for variant in &prompt.variants {
        for version in &variant.versions {
            tree.insert(
                format!("_history/{name}.{}/{}.json", variant.model, version.id),
                pretty(version),
            );
        }
    }
    for decision in &prompt.ledger {
        tree.insert(
            format!("_ledger/{name}/{}.json", decision.id),
            pretty(decision),
        );
    }
    if !prompt.cases.is_empty() {
        let mut lines = String::new();
        for case in &prompt.cases {
            lines.push_str(&serde_json::to_string(case).unwrap_or_default());
            lines.push('\n');
        }
        tree.insert(format!("{name}.cases.jsonl"), lines.into_bytes());
    }
}

/// Pretty JSON with a final line feed. Our own types always serialise.
pub(super) fn pretty<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
