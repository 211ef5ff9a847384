//! Saved cases, in and out.

use std::collections::BTreeSet;

use super::view::{CaseList, Imported};
use super::{Error, Workspace, evidence, lookup};
use crate::case::Case;
use crate::files::json_line;
use crate::prompt::PromptName;
use crate::set::PromptSet;
use crate::store::{Batch, Replaced};

impl Workspace {
    /// A prompt's cases in file order.
    pub async fn cases(&self, prompt: &str) -> Result<CaseList, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        Ok(CaseList {
            prompt: found.name().clone(),
            cases: found.prompt.cases.clone(),
        })
    }

    /// Takes cases in, one JSON object a line. A case whose id is known is replaced; the others are added at the end.
    /// `file` names the source in messages.
    pub async fn import_cases(
        &self,
        prompt: &str,
        file: &str,
        text: &str,
    ) -> Result<Imported, Error> {
        let set = self.load().await?;
        evidence::known_prompt(&set, prompt)?;
        let name = PromptName::parse(prompt)?;
        let before = existing(&set, &name);
        let mut cases = before.clone();
        let (mut imported, mut unchanged) = (0, 0);
        let mut seen = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let bad = |reason: String| Error::Line {
                file: file.to_owned(),
                line: index + 1,
                reason,
            };
            let case: Case = json_line(line)
                .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
                .map_err(bad)?;
            if !seen.insert(case.id.clone()) {
                return Err(bad(format!("the case `{}` appears twice", case.id)));
            }
            if case.turns.is_empty() && case.variables.is_empty() {
                return Err(bad(format!(
                    "the case `{}` has neither turns nor variables",
                    case.id
                )));
            }
            match cases.iter_mut().find(|known| known.id == case.id) {
                Some(known) if *known == case => unchanged += 1,
                Some(known) => {
                    *known = case;
                    imported += 1;
                }
                None => {
                    cases.push(case);
                    imported += 1;
                }
            }
        }
        let batch = Batch {
            cases: [(
                name,
                Replaced {
                    before,
                    after: cases,
                },
            )]
            .into(),
            ..Batch::default()
        };
        self.store.apply(&batch).await?;
        tracing::info!(prompt, imported, unchanged, "cases imported");
        Ok(Imported {
            imported,
            unchanged,
            cases_created: 0,
            run: None,
        })
    }
}

pub(super) fn existing(set: &PromptSet, name: &PromptName) -> Vec<Case> {
    set.prompts
        .get(name)
        .map(|prompt| prompt.cases.clone())
        .unwrap_or_default()
}
