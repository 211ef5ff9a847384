//! The shipped sample set: first-run content, tutorial and test fixture at once.
//!
//! It lies in `prompts/` in the directory form and is embedded as it lies there. Its dates count back from one day,
//! [`EPOCH`]; they are moved so that this day is today, or the waiver that is "near its end" would one day be over.

use std::path::Path;
use std::sync::Arc;

use super::sync::batch_of;
use super::{Error, Workspace};
use crate::files::{self, Tree};
use crate::host::{Host, format_seconds, parse_time};
use crate::ledger::Verdict;
use crate::set::PromptSet;
use crate::store::{Batch, Store};

static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));

/// The day from which the dates in `prompts/` count back.
const EPOCH: &str = "2026-11-01T00:00:00Z";
const DAY: i64 = 86_400;
/// The recorded outputs are a day old.
const OUTPUT_AGE: i64 = DAY;

impl Workspace {
    /// Creates a workspace with the sample set and its recorded outputs.
    pub async fn create_sample(
        path: &Path,
        host: Arc<dyn Host>,
        keys: &Path,
    ) -> Result<Self, Error> {
        let tree = tree();
        let read = files::read_set(&tree)?;
        let now = host.now_millis().div_euclid(1000);
        let days = (now - parse_time(EPOCH).unwrap_or(now)).div_euclid(DAY);
        let set = shifted(read.set, days)?;
        let store = Store::create(path, &host.now(), &set.config_text, true).await?;
        let workspace = Self {
            store,
            host,
            keys: keys.to_owned(),
        };
        match workspace
            .fill_sample(&set, &tree, format_seconds(now - OUTPUT_AGE))
            .await
        {
            Ok(()) => Ok(workspace),
            Err(error) => {
                // Nothing half made stays behind.
                workspace.close().await;
                let _ = std::fs::remove_file(path);
                Err(error)
            }
        }
    }

    async fn fill_sample(&self, set: &PromptSet, tree: &Tree, at: String) -> Result<(), Error> {
        // The config came with the file.
        let batch = Batch {
            config_text: None,
            ..batch_of(set)
        };
        self.store.apply(&batch).await?;
        let set = self.load().await?;
        for (path, bytes) in tree {
            let prompt = path
                .strip_prefix("_outputs/")
                .and_then(|name| name.strip_suffix(".jsonl"));
            if let Some(prompt) = prompt {
                let text = String::from_utf8_lossy(bytes);
                self.record_outputs(&set, prompt, path, &text, &[], &at)
                    .await?;
            }
        }
        Ok(())
    }
}

fn tree() -> Tree {
    FILES
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
        .collect()
}

fn shifted(mut set: PromptSet, days: i64) -> Result<PromptSet, Error> {
    let shift = |text: &mut String| {
        if let Some(time) = parse_time(text) {
            *text = format_seconds(time + days * DAY);
        }
    };
    for prompt in set.prompts.values_mut() {
        for version in prompt
            .variants
            .iter_mut()
            .flat_map(|variant| &mut variant.versions)
        {
            shift(&mut version.at);
        }
        for decision in &mut prompt.ledger {
            shift(&mut decision.at);
            match &mut decision.verdict {
                Verdict::Waive { until, .. } | Verdict::Accept { until, .. } => shift(until),
                Verdict::Start { .. } | Verdict::Match { .. } => {}
            }
        }
    }
    set.config_text =
        files::config::shift_dates(&set.config_text, days).map_err(|error| Error::Config {
            reason: error.to_string(),
        })?;
    set.config = files::config::parse(&set.config_text).map_err(|error| Error::Config {
        reason: error.to_string(),
    })?;
    Ok(set)
}
