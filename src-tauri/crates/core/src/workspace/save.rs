//! Saving and restoring versions.

use super::view::Saved;
use super::{Error, Workspace, lookup};
use crate::files::{ReadError, dotprompt};
use crate::ledger::{Decision, Verdict};
use crate::prompt::{Content, ModelName, PromptName, Variant, Version};
use crate::set::PromptSet;
use crate::store::{Batch, NewHead, NewVersion, StoreError};

/// What to save.
#[derive(Debug, Clone)]
pub enum SaveText {
    /// A whole `.prompt` file.
    File(String),
    /// A new system text; everything else stays as in the parent.
    System(String),
}

/// A version to be saved.
#[derive(Debug, Clone)]
pub struct SaveRequest {
    /// The prompt.
    pub prompt: String,
    /// The variant.
    pub model: String,
    /// The number of the head it was made from; `None` takes today's head, 0 says there was none.
    pub parent: Option<u32>,
    /// What to save.
    pub text: SaveText,
    /// Why.
    pub message: String,
    /// Primary changes this version answers.
    pub answers: Vec<u32>,
}

impl Workspace {
    /// Saves a version and, with it, what it answers: both or neither.
    pub async fn save_version(&self, request: SaveRequest) -> Result<Saved, Error> {
        let set = self.load().await?;
        let (prompt, model) = target(&set, &request.prompt, &request.model)?;
        let variant = set
            .prompts
            .get(&prompt)
            .and_then(|found| found.variant(&model));
        let head = variant.and_then(Variant::head);
        expect_head(&prompt, &model, head, request.parent)?;
        let message = request.message.trim().to_owned();
        if message.is_empty() {
            return Err(Error::Empty {
                what: "the message",
            });
        }
        let (content, notes) = read_text(request.text, &set, &prompt, &model, head)?;
        self.commit(
            &set,
            &prompt,
            &model,
            content,
            message,
            &request.answers,
            notes,
        )
        .await
    }

    /// Makes an older version's content the head again, as a new version.
    pub async fn restore_version(
        &self,
        prompt: &str,
        model: &str,
        number: u32,
    ) -> Result<Saved, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let variant = found.variant(model)?;
        let content = found.version(variant, number)?.content.clone();
        let message = format!("restore v{number}");
        self.commit(
            &set,
            found.name(),
            &variant.model,
            content,
            message,
            &[],
            Vec::new(),
        )
        .await
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one save is exactly these seven things"
    )]
    async fn commit(
        &self,
        set: &PromptSet,
        prompt: &PromptName,
        model: &ModelName,
        content: Content,
        message: String,
        answers: &[u32],
        notes: Vec<String>,
    ) -> Result<Saved, Error> {
        let variant = set
            .prompts
            .get(prompt)
            .and_then(|found| found.variant(model));
        let head = variant.and_then(Variant::head);
        let content_id = content.id();
        let now = self.host.now();
        let unchanged = head.filter(|head| head.content_id == content_id);
        let version = match unchanged {
            Some(head) => head.clone(),
            None => Version {
                id: self.host.new_id(),
                number: variant
                    .and_then(|variant| variant.versions.iter().map(|version| version.number).max())
                    .unwrap_or(0)
                    + 1,
                content_id: content_id.clone(),
                parent: head.map(|head| head.id.clone()),
                author: self.author(),
                at: now.clone(),
                message,
                content,
            },
        };
        let mut batch = Batch::default();
        let decide = |verdict| Decision {
            id: self.host.new_id(),
            prompt: prompt.clone(),
            author: self.author(),
            at: now.clone(),
            verdict,
        };
        for number in answers {
            let found = lookup::prompt(set, prompt.as_str())?;
            let fallback = Variant {
                model: model.clone(),
                versions: Vec::new(),
                head: String::new(),
            };
            let change = found.change(*number, variant.unwrap_or(&fallback), &now)?;
            batch.decisions.push(decide(Verdict::Match {
                variant: model.clone(),
                from: change.from,
                to: change.to,
                with: content_id.clone(),
            }));
        }
        if unchanged.is_none() {
            let primary = set
                .primary(prompt)
                .filter(|primary| &primary.model != model)
                .and_then(Variant::head);
            if let (None, Some(primary)) = (head, primary) {
                // The first version of a fallback starts its sync point.
                batch.decisions.push(decide(Verdict::Start {
                    variant: model.clone(),
                    to: primary.content_id.clone(),
                    with: content_id.clone(),
                }));
            }
            batch.heads.push(NewHead {
                prompt: prompt.clone(),
                model: model.clone(),
                head: version.id.clone(),
                expected: head.map(|head| head.id.clone()),
            });
            batch.versions.push(NewVersion {
                prompt: prompt.clone(),
                model: model.clone(),
                version: version.clone(),
            });
        }
        self.store.apply(&batch).await?;
        tracing::info!(%prompt, %model, version = version.number, created = unchanged.is_none(), "saved");
        Ok(Saved {
            prompt: prompt.clone(),
            model: model.clone(),
            version: version.number,
            content_id: content_id.to_string(),
            created: unchanged.is_none(),
            answers: answers.to_vec(),
            findings: self.check(&[prompt.to_string()]).await?.findings,
            notes,
        })
    }
}

/// A prompt that understudy.toml names and a model of its chain: a variant of anything else would never be served.
fn target(set: &PromptSet, prompt: &str, model: &str) -> Result<(PromptName, ModelName), Error> {
    let unknown = || Error::UnknownPrompt {
        name: prompt.to_owned(),
        known: lookup::list(set.config.prompts.keys()),
    };
    let name = PromptName::parse(prompt).map_err(|_| unknown())?;
    if !set.config.prompts.contains_key(&name) {
        return Err(unknown());
    }
    let chain = set.config.chain_of(&name);
    let model = ModelName::parse(model)
        .ok()
        .filter(|model| {
            chain.contains(model)
                || set
                    .prompts
                    .get(&name)
                    .is_some_and(|found| found.variant(model).is_some())
        })
        .ok_or_else(|| Error::UnknownVariant {
            prompt: name.clone(),
            model: model.to_owned(),
            known: lookup::list(chain),
        })?;
    Ok((name, model))
}

fn expect_head(
    prompt: &PromptName,
    model: &ModelName,
    head: Option<&Version>,
    parent: Option<u32>,
) -> Result<(), Error> {
    let number = head.map_or(0, |head| head.number);
    match parent {
        Some(parent) if parent != number => Err(StoreError::HeadMoved {
            prompt: prompt.to_string(),
            model: model.to_string(),
            head: number,
            expected: parent,
        }
        .into()),
        _ => Ok(()),
    }
}

fn read_text(
    text: SaveText,
    set: &PromptSet,
    prompt: &PromptName,
    model: &ModelName,
    head: Option<&Version>,
) -> Result<(Content, Vec<String>), Error> {
    match text {
        SaveText::File(file) => {
            // A file that names the schema file means the primary's schema, which is what lies in it.
            let schema = |name: &str| {
                let primary = set.primary(prompt).and_then(Variant::head)?;
                let is_ours = name == format!("{prompt}.schema.json");
                primary.content.output_schema.clone().filter(|_| is_ours)
            };
            let read = dotprompt::read(file.as_bytes(), Some(model), &schema).map_err(refused)?;
            Ok((
                read.content,
                read.notes.iter().map(ToString::to_string).collect(),
            ))
        }
        SaveText::System(system) => {
            let parent = head.map(|head| head.content.clone()).unwrap_or_default();
            let content = Content { system, ..parent };
            // What no file can hold could never leave the workspace again.
            dotprompt::check(model, &content)?;
            Ok((content, Vec::new()))
        }
    }
}

fn refused(error: ReadError) -> Error {
    Error::PromptFile {
        line: error.line,
        reason: error.reason,
    }
}
