//! Reading the records of a set: cases, versions and decisions, each checked against its file's place.

use super::Reader;
use crate::case::Case;
use crate::files::{Note, ReadError, json, text};
use crate::host::parse_time;
use crate::ledger::{Decision, Verdict};
use crate::prompt::{ModelName, PromptName, Version};
use serde_json::Value;
use std::collections::BTreeSet;

impl Reader {
    pub(super) fn case_lines(
        &mut self,
        path: &str,
        prompt: &PromptName,
        bytes: &[u8],
    ) -> Result<(), ReadError> {
        let mut cases: Vec<Case> = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in text::check(bytes)?.lines().enumerate() {
            let at = index + 1;
            if line.trim().is_empty() {
                self.note(path, note(at, "an empty line is left out"));
                continue;
            }
            let case: Case = typed(json::read(line, at)?, at)?;
            if !seen.insert(case.id.clone()) {
                return refuse(at, format!("the case `{}` stands here twice", case.id));
            }
            if serde_json::to_string(&case).ok().as_deref() != Some(line) {
                self.note(
                    path,
                    note(
                        at,
                        "the case is written compact, its keys in the fixed order",
                    ),
                );
            }
            cases.push(case);
        }
        self.cases.insert(prompt.clone(), cases);
        Ok(())
    }

    pub(super) fn version(
        &mut self,
        path: &str,
        (prompt, model): (&PromptName, &ModelName),
        id: &str,
        bytes: &[u8],
    ) -> Result<(), ReadError> {
        let version: Version = typed(json::read(text::check(bytes)?, 1)?, 1)?;
        if version.id != id {
            return refuse(
                1,
                format!("its id is `{}`, which is not its name", version.id),
            );
        }
        if version.number == 0 {
            return refuse(1, "its number is 0; numbers begin with 1");
        }
        check_time(&version.at)?;
        let digest = version.content.id();
        if digest != version.content_id {
            return refuse(
                1,
                format!(
                    "its content was changed: the content id is {}, not {}; versions are never edited",
                    digest.short(),
                    version.content_id.short()
                ),
            );
        }
        self.note_form(path, &version, bytes);
        let key = (prompt.clone(), model.clone());
        self.versions.entry(key).or_default().push(version);
        Ok(())
    }

    pub(super) fn decision(
        &mut self,
        path: &str,
        prompt: &PromptName,
        id: &str,
        bytes: &[u8],
    ) -> Result<(), ReadError> {
        let decision: Decision = typed(json::read(text::check(bytes)?, 1)?, 1)?;
        if decision.id != id {
            return refuse(
                1,
                format!("its id is `{}`, which is not its name", decision.id),
            );
        }
        if decision.prompt != *prompt {
            return refuse(
                1,
                format!("it is about `{}`, not about {prompt}", decision.prompt),
            );
        }
        check_time(&decision.at)?;
        if let Verdict::Waive { until, .. } | Verdict::Accept { until, .. } = &decision.verdict {
            check_time(until)?;
        }
        self.note_form(path, &decision, bytes);
        self.decisions
            .entry(prompt.clone())
            .or_default()
            .push(decision);
        Ok(())
    }

    pub(super) fn note_form<T: serde::Serialize>(&mut self, path: &str, value: &T, bytes: &[u8]) {
        let written = json::pretty(value).unwrap_or_default();
        let before = String::from_utf8_lossy(bytes);
        if let Some(line) = text::first_difference(&before, &written) {
            let text =
                "from here on the file is written with its keys in the fixed order and two spaces";
            self.note(path, note(line, text));
        }
    }
}

pub(super) fn note(line: usize, text: &str) -> Note {
    Note {
        line,
        text: text.to_owned(),
    }
}

fn refuse<T>(line: usize, reason: impl Into<String>) -> Result<T, ReadError> {
    Err(ReadError {
        line,
        reason: reason.into(),
    })
}

fn typed<T: serde::de::DeserializeOwned + serde::Serialize>(
    value: Value,
    line: usize,
) -> Result<T, ReadError> {
    json::typed(value).or_else(|reason| refuse(line, reason))
}

fn check_time(text: &str) -> Result<(), ReadError> {
    match parse_time(text) {
        Some(_) => Ok(()),
        None => refuse(
            1,
            format!("`{text}` is no date; write 2027-01-31T12:00:00Z"),
        ),
    }
}
