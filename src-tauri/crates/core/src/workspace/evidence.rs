//! Gathering what outputs say, and `check`.

use super::view::CheckReport;
use super::{Error, Workspace, lookup, outlook};
use crate::catalog::Catalog;
use crate::check::{self, Code, Evidence, VariantEvidence};
use crate::compare::JsonForm;
use crate::parity::{Judge, Tally};
use crate::prompt::{ContentId, ModelName, PromptName};
use crate::set::PromptSet;

impl Workspace {
    /// Checks the named prompts, or all.
    pub async fn check(&self, prompts: &[String]) -> Result<CheckReport, Error> {
        let set = self.load().await?;
        self.check_set(&set, prompts).await
    }

    pub(super) async fn check_set(
        &self,
        set: &PromptSet,
        prompts: &[String],
    ) -> Result<CheckReport, Error> {
        for name in prompts {
            known_prompt(set, name)?;
        }
        let wanted = |name: &PromptName| {
            prompts.is_empty() || prompts.iter().any(|prompt| prompt == name.as_str())
        };
        let mut evidence = Evidence::new();
        for name in set.config.prompts.keys().filter(|name| wanted(name)) {
            self.gather(set, name, &mut evidence).await?;
        }
        let catalog = Catalog::of_user(self.host.as_ref())?;
        let outlook = outlook::outlook(set, &catalog, wanted);
        let now = self.host.now();
        let report = report(check::check(set, Some(&evidence), &outlook, &now, wanted));
        let findings = report.findings.len();
        tracing::debug!(findings, errors = report.errors, "checked");
        Ok(report)
    }

    async fn gather(
        &self,
        set: &PromptSet,
        name: &PromptName,
        evidence: &mut Evidence,
    ) -> Result<(), Error> {
        let Some(primary) = set.primary(name) else {
            return Ok(());
        };
        let judge = judge_of(set, name);
        for variant in std::iter::once(primary).chain(set.fallbacks(name)) {
            let Some(head) = variant.head() else { continue };
            let head = self
                .tally(name, &variant.model, &head.content_id, false, &judge)
                .await?;
            let ever = head.outputs > 0
                || self
                    .store
                    .last_output(name, &variant.model)
                    .await?
                    .is_some();
            evidence.insert(
                (name.clone(), variant.model.clone()),
                VariantEvidence { ever, head },
            );
        }
        Ok(())
    }

    /// The tally of one model for one content. Outputs that were never judged against this schema are judged now, and
    /// the judgements kept.
    pub(super) async fn tally(
        &self,
        prompt: &PromptName,
        model: &ModelName,
        content: &ContentId,
        passthrough: bool,
        judge: &Judge,
    ) -> Result<Tally, Error> {
        let judged: Vec<_> = self
            .store
            .unjudged(prompt, model, content, judge.id())
            .await?
            .iter()
            .map(|cell| {
                let judgement = judge.judge(&cell.output, cell.called_tool);
                (cell.cell_id, form_word(judgement.form), judgement.held)
            })
            .collect();
        self.store.keep_judgements(judge.id(), &judged).await?;
        Ok(self
            .store
            .tally(prompt, model, content, passthrough, judge.id())
            .await?)
    }
}

/// Both sides are judged by the primary's schema: that is what the caller's parser expects.
pub(super) fn judge_of(set: &PromptSet, name: &PromptName) -> Judge {
    let schema = set
        .primary(name)
        .and_then(|primary| primary.head())
        .and_then(|head| head.content.output_schema.as_ref());
    Judge::new(schema)
}

pub(super) fn report(report: check::Report) -> CheckReport {
    CheckReport {
        errors: u32::try_from(report.errors()).unwrap_or(u32::MAX),
        skipped: report
            .skipped
            .into_iter()
            .map(|code: Code| code.as_str().to_owned())
            .collect(),
        findings: report.findings,
    }
}

pub(super) fn known_prompt(set: &PromptSet, name: &str) -> Result<(), Error> {
    let known = PromptName::parse(name).is_ok_and(|name| set.config.prompts.contains_key(&name));
    if known {
        return Ok(());
    }
    Err(Error::UnknownPrompt {
        name: name.to_owned(),
        known: lookup::list(set.config.prompts.keys()),
    })
}

fn form_word(form: JsonForm) -> &'static str {
    match form {
        JsonForm::Raw => "raw",
        JsonForm::Fenced => "fenced",
        JsonForm::Wrapped => "wrapped",
        JsonForm::Invalid => "invalid",
        JsonForm::None => "none",
    }
}
