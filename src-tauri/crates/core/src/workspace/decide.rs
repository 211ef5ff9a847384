//! Decisions: match, waive, accept.

use super::view::{Accepted, ChangeList, Settled};
use super::{Error, Workspace, lookup};
use crate::check::Code;
use crate::compare::{Comparison, Mode};
use crate::files::dotprompt;
use crate::ledger::{Change, ChangeState, Decision, Verdict, changes};
use crate::prompt::{ContentId, PromptName, Variant, Version};
use crate::store::Batch;

impl Workspace {
    /// All changes of one prompt, or of all, each as each fallback sees it.
    pub async fn changes(
        &self,
        prompt: Option<&str>,
        unmatched_only: bool,
    ) -> Result<ChangeList, Error> {
        let set = self.load().await?;
        let names = match prompt {
            Some(name) => vec![lookup::prompt(&set, name)?.name().clone()],
            None => set.prompts.keys().cloned().collect(),
        };
        let now = self.host.now();
        let mut found = Vec::new();
        for name in &names {
            let Some(primary) = set.primary(name) else {
                continue;
            };
            let prompt = lookup::prompt(&set, name.as_str())?.prompt;
            let mut of_prompt: Vec<Change> = set
                .fallbacks(name)
                .into_iter()
                .flat_map(|fallback| changes(name, primary, fallback, &prompt.ledger, &now))
                .collect();
            // Stable: fallbacks stay in the order of the chain inside a version.
            of_prompt.sort_by_key(|change| change.version);
            found.extend(of_prompt);
        }
        found.retain(|change| !unmatched_only || change.state == ChangeState::Unmatched);
        Ok(ChangeList { changes: found })
    }

    /// Says that a fallback version answers a primary change; its head, unless `with` names another.
    pub async fn match_change(
        &self,
        prompt: &str,
        number: u32,
        model: &str,
        with: Option<u32>,
    ) -> Result<Settled, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let (fallback, head) = found.fallback(Some(model))?;
        let now = self.host.now();
        let change = found.change(number, fallback, &now)?;
        let answer = match with {
            Some(number) => found.version(fallback, number)?,
            None => head,
        };
        let edit = edit_since_last_match(fallback, answer, &found.prompt.ledger)?;
        let verdict = Verdict::Match {
            variant: fallback.model.clone(),
            from: change.from,
            to: change.to,
            with: answer.content_id.clone(),
        };
        self.decide(found.name(), verdict).await?;
        tracing::info!(prompt = %found.name(), change = number, %model, "matched");
        self.settled(found.name(), number, model, edit).await
    }

    /// Says that a change will not be carried over, why, and until when.
    pub async fn waive_change(
        &self,
        prompt: &str,
        number: u32,
        model: &str,
        reason: &str,
        until: Option<&str>,
    ) -> Result<Settled, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let (fallback, _) = found.fallback(Some(model))?;
        let change = found.change(number, fallback, &self.host.now())?;
        let verdict = Verdict::Waive {
            variant: fallback.model.clone(),
            from: change.from,
            to: change.to,
            reason: lookup::reason(reason)?,
            until: lookup::end_date(self.host.as_ref(), until)?,
        };
        self.decide(found.name(), verdict).await?;
        tracing::info!(prompt = %found.name(), change = number, %model, "waived");
        self.settled(found.name(), number, model, None).await
    }

    /// Accepts an error finding for today's heads: when a head moves, the acceptance no longer counts.
    pub async fn accept_finding(
        &self,
        code: &str,
        prompt: &str,
        model: Option<&str>,
        reason: &str,
        until: Option<&str>,
    ) -> Result<Accepted, Error> {
        let refuse = |why: String| Error::NotAcceptable {
            code: code.to_owned(),
            why,
        };
        let code = Code::parse(code).ok_or_else(|| {
            refuse(format!(
                "there is no such finding; there are: {}",
                lookup::list(Code::ALL.map(Code::as_str))
            ))
        })?;
        if matches!(code, Code::UnmatchedChange | Code::WaiverExpired) {
            return Err(refuse(
                "a change is matched or waived: understudy change waive names which".to_owned(),
            ));
        }
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let (primary, head) = found.primary()?;
        let variant = match model {
            Some(model) => Some(found.variant(model)?),
            None => None,
        };
        let report = self.check(&[prompt.to_owned()]).await?;
        let stands = report.findings.iter().any(|finding| {
            finding.code == code && finding.model.as_ref() == variant.map(|variant| &variant.model)
        });
        if !stands {
            return Err(refuse(format!(
                "{} has no such finding{} now",
                found.name(),
                variant
                    .map(|variant| format!(" on {}", variant.model))
                    .unwrap_or_default()
            )));
        }
        let until = lookup::end_date(self.host.as_ref(), until)?;
        let verdict = Verdict::Accept {
            code: code.as_str().to_owned(),
            variant: variant.map(|variant| variant.model.clone()),
            to: head.content_id.clone(),
            with: variant
                .and_then(Variant::head)
                .map(|version| version.content_id.clone()),
            reason: lookup::reason(reason)?,
            until: until.clone(),
        };
        self.decide(found.name(), verdict).await?;
        tracing::info!(prompt = %found.name(), primary = %primary.model, code = code.as_str(), "accepted");
        Ok(Accepted {
            code: code.as_str().to_owned(),
            prompt: found.name().clone(),
            model: variant.map(|variant| variant.model.clone()),
            until,
        })
    }

    async fn decide(&self, prompt: &PromptName, verdict: Verdict) -> Result<(), Error> {
        let decision = Decision {
            id: self.host.new_id(),
            prompt: prompt.clone(),
            author: self.author(),
            at: self.host.now(),
            verdict,
        };
        self.store
            .apply(&Batch {
                decisions: vec![decision],
                ..Batch::default()
            })
            .await?;
        Ok(())
    }

    async fn settled(
        &self,
        prompt: &PromptName,
        number: u32,
        model: &str,
        edit: Option<Comparison>,
    ) -> Result<Settled, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt.as_str())?;
        let (fallback, _) = found.fallback(Some(model))?;
        let change = found.change(number, fallback, &self.host.now())?;
        let findings = self.check(&[prompt.to_string()]).await?.findings;
        Ok(Settled {
            change,
            edit,
            findings,
        })
    }
}

/// What the fallback changed between its last answer and `answer`; `None` when it changed nothing.
fn edit_since_last_match(
    fallback: &Variant,
    answer: &Version,
    ledger: &[Decision],
) -> Result<Option<Comparison>, Error> {
    let lineage = fallback.lineage();
    let place = |content: &ContentId| {
        lineage
            .iter()
            .rposition(|version| &version.content_id == content)
    };
    let last = ledger
        .iter()
        .filter_map(|decision| match &decision.verdict {
            Verdict::Match { variant, with, .. } | Verdict::Start { variant, with, .. }
                if variant == &fallback.model =>
            {
                place(with)
            }
            _ => None,
        })
        .max();
    let Some(before) = last.and_then(|last| lineage.get(last)) else {
        return Ok(None);
    };
    // An answer that is no later than the last one is no edit since.
    if place(&answer.content_id) <= last {
        return Ok(None);
    }
    let text = |version: &Version| dotprompt::write(&fallback.model, &version.content, None);
    Ok(Some(crate::compare::compare(
        &text(before)?,
        &text(answer)?,
        Mode::Lines,
    )))
}
