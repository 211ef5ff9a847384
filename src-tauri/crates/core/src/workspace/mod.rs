//! The use cases: the whole API that the window and the command line call.
//!
//! A [`Workspace`] is an open file and a [`Host`]. Each use case loads what it needs, lets the pure modules decide,
//! and writes at most one change-set. Nothing here prints, knows a flag, or knows a window.

mod cases;
mod compare;
mod decide;
mod error;
mod evidence;
mod lookup;
mod outlook;
mod outputs;
mod overview;
mod parity;
mod read;
mod release;
mod run;

mod sample;
mod save;
mod sync;

pub mod view;

pub use error::{Error, ErrorCode};
pub use release::{
    ExportRequest, VerifyRequest, export_key, key_list, new_key, show_envelope, sign_envelope,
    verify_bundle,
};
pub use run::{ModelDraft, ResumeRequest, RunContext, RunOptions, RunRequest};
pub use save::{SaveRequest, SaveText};
pub use sync::{SyncMode, Take, check_dir};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::Host;
use crate::set::PromptSet;
use crate::store::Store;
use crate::{files, keys};

/// An open workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    store: Store,
    host: Arc<dyn Host>,
    keys: PathBuf,
}

impl Workspace {
    /// Opens the workspace at `path`. `keys` is the folder of the signing keys; it need not exist.
    pub async fn open(path: &Path, host: Arc<dyn Host>, keys: &Path) -> Result<Self, Error> {
        let store = Store::open(path).await?;
        Ok(Self {
            store,
            host,
            keys: keys.to_owned(),
        })
    }

    /// Creates an empty workspace.
    pub async fn create(path: &Path, host: Arc<dyn Host>, keys: &Path) -> Result<Self, Error> {
        let store = Store::create(path, &host.now(), EMPTY_CONFIG, false).await?;
        Ok(Self {
            store,
            host,
            keys: keys.to_owned(),
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Whether it holds the shipped sample, which is labelled so wherever it is shown.
    pub async fn is_sample(&self) -> Result<bool, Error> {
        Ok(self.store.settings().await?.sample)
    }

    /// Writes everything out and lets go of the file.
    pub async fn close(self) {
        self.store.close().await;
    }

    fn key_ring(&self) -> keys::KeyRing {
        keys::KeyRing::open(&self.keys)
    }

    /// The whole set, without outputs; variants in the order of the chain, those outside it last.
    async fn load(&self) -> Result<PromptSet, Error> {
        let settings = self.store.settings().await?;
        let config =
            files::config::parse(&settings.config_text).map_err(|error| Error::Config {
                reason: error.to_string(),
            })?;
        let mut prompts = self.store.prompts().await?;
        for (name, prompt) in &mut prompts {
            let chain = config.chain_of(name);
            prompt.variants.sort_by_key(|variant| {
                let place = chain.iter().position(|model| model == &variant.model);
                (place.unwrap_or(usize::MAX), variant.model.clone())
            });
        }
        Ok(PromptSet {
            config,
            config_text: settings.config_text,
            prompts,
        })
    }

    fn author(&self) -> String {
        ["UNDERSTUDY_AUTHOR", "GIT_AUTHOR_NAME", "USER", "USERNAME"]
            .into_iter()
            .find_map(|name| self.host.env(name))
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

/// What `understudy init` writes when there is nothing yet: a config that can be filled in.
const EMPTY_CONFIG: &str = "\
# Models, chains and prompts of this workspace. No secrets: key_env names an environment variable.
#
# [models.claude-sonnet]
# wire = \"anthropic\"            # openai-chat | openai-responses | anthropic | gemini | cohere | mistral
# id = \"claude-sonnet-4-5\"
# key_env = \"ANTHROPIC_API_KEY\"
# price = { input = \"3\", output = \"15\" }   # US dollars a million tokens, where the known price is not yours
#
# [chains.customer-facing]
# models = [\"claude-sonnet\"]
#
# [prompts.support-triage]
# chain = \"customer-facing\"
# owner = \"support\"
# policy = \"strict\"             # strict | relaxed | { kind = \"primary-only\", reason, until, message }
";

#[cfg(test)]
mod tests;
