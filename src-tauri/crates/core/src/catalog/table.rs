//! The form of a table: TOML, read with the line of what is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CatalogError, Choice, Refusal, Step, host_of};
use crate::host::parse_time;
use crate::prompt::{Model, Price, Wire};

/// A table as it lies in the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    as_of: Option<String>,
    #[serde(default)]
    models: BTreeMap<String, Row>,
}

/// What a row says. Every field may be absent, which is "unknown".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Only for models of this wire.
    wire: Option<Wire>,
    /// Only for models asked at this host, `openrouter.ai` for instance: others sell a model of the same name at another
    /// price.
    host: Option<String>,
    pub(super) price: Option<Price>,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    pub(super) context_window: Option<u32>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) structured_output: Option<bool>,
    pub(super) refuses: Option<Vec<Refusal>>,
    pub(super) refuses_tool_choice: Option<Vec<Choice>>,
    pub(super) retires: Option<String>,
    /// Where the facts were read.
    pub(super) source: Option<String>,
}

impl Table {
    /// Reads a table. `place` names it in messages.
    pub(super) fn parse(place: &str, text: &str) -> Result<Self, CatalogError> {
        let wrong = |line, reason| CatalogError::Row {
            place: place.to_owned(),
            line,
            reason,
        };
        let table: Self = toml_edit::de::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            wrong(
                1 + before.matches('\n').count(),
                error.message().trim_end().to_owned(),
            )
        })?;
        if let Some(day) = table.as_of.as_deref().filter(|day| !is_day(day)) {
            let line = text.lines().position(|line| line.starts_with("as_of"));
            let reason = format!("as_of: `{day}` is no day; write 2026-11-20");
            return Err(wrong(line.map_or(1, |line| line + 1), reason));
        }
        for (pattern, row) in &table.models {
            row.check(pattern)
                .map_err(|reason| wrong(line_of(text, pattern), format!("{pattern}: {reason}")))?;
        }
        Ok(table)
    }

    pub(super) fn as_of(&self) -> Option<&str> {
        self.as_of.as_deref()
    }

    /// The row that fits a model best, among those `wanted`: its very id, else its id without the date of a snapshot,
    /// else the longest beginning.
    pub(super) fn find(
        &self,
        model: &Model,
        wanted: impl Fn(&Row) -> bool,
    ) -> Option<(&str, &Row)> {
        let id = model.id.trim();
        let host = host_of(model);
        let here = |row: &Row| {
            row.wire.is_none_or(|wire| wire == model.wire)
                && row
                    .host
                    .as_deref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(host))
                && wanted(row)
        };
        let whole = |id: &str| {
            let found = self.models.get_key_value(id);
            found.filter(|(pattern, row)| !pattern.ends_with('*') && here(row))
        };
        whole(id)
            .or_else(|| undated(id).and_then(whole))
            .or_else(|| {
                self.models
                    .iter()
                    .filter(|(pattern, row)| {
                        pattern
                            .strip_suffix('*')
                            .is_some_and(|start| id.starts_with(start))
                            && here(row)
                    })
                    .max_by_key(|(pattern, _)| pattern.len())
            })
            .map(|(pattern, row)| (pattern.as_str(), row))
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &BTreeMap<String, Row> {
        &self.models
    }
}

impl Row {
    fn check(&self, pattern: &str) -> Result<(), String> {
        let stars = pattern.matches('*').count();
        if pattern.trim_end_matches('*').trim() != pattern.trim_end_matches('*')
            || pattern.trim_end_matches('*').is_empty()
            || stars > 1
            || (stars == 1 && !pattern.ends_with('*'))
        {
            return Err(
                "a row is named by a provider's id, or by its beginning with one `*` at the end"
                    .to_owned(),
            );
        }
        if let Some(day) = self.retires.as_deref().filter(|day| !is_day(day)) {
            return Err(format!("retires: `{day}` is no day; write 2027-01-14"));
        }
        if !self.steps.is_empty() && self.price.is_none() {
            return Err("steps without a price".to_owned());
        }
        let rising = |pair: &[Step]| matches!(pair, [a, b] if a.above < b.above);
        if !self.steps.windows(2).all(rising) {
            return Err("steps must rise".to_owned());
        }
        if self.max_output_tokens == Some(0) || self.context_window == Some(0) {
            return Err("0 tokens is no limit; leave out what is unknown".to_owned());
        }
        Ok(())
    }
}

/// `2026-11-20`.
fn is_day(text: &str) -> bool {
    text.len() == 10 && parse_time(text).is_some()
}

/// An id without the date of its snapshot: `gpt-4o-2024-11-20`, `claude-sonnet-4-5-20250929`, `…@20250929` on Vertex.
fn undated(id: &str) -> Option<&str> {
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some((rest, day)) = id.rsplit_once(['-', '@'])
        && digits(day, 8)
    {
        return Some(rest);
    }
    let (rest, day) = id.rsplit_once('-')?;
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(day, 2) && digits(month, 2) && digits(year, 4)).then_some(rest)
}

/// The line of a row's header; the parser keeps no span for it.
fn line_of(text: &str, pattern: &str) -> usize {
    let headers = [
        format!("[models.\"{pattern}\"]"),
        format!("[models.'{pattern}']"),
        format!("[models.{pattern}]"),
    ];
    let line = text.lines().position(|line| {
        headers
            .iter()
            .any(|header| line.trim_start().starts_with(header.as_str()))
    });
    line.map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_snapshot_is_told_from_other_numbers() {
        assert_eq!(undated("gpt-4o-2024-11-20"), Some("gpt-4o"));
        assert_eq!(
            undated("claude-sonnet-4-5-20250929"),
            Some("claude-sonnet-4-5")
        );
        assert_eq!(
            undated("claude-sonnet-4-5@20250929"),
            Some("claude-sonnet-4-5")
        );
        for id in [
            "command-a-03-2025",
            "mistral-large-2512",
            "gpt-4o",
            "o3",
            "",
        ] {
            assert_eq!(undated(id), None, "{id}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, part) in [
            ("as_of = \"soon\"\n", 1, "`soon` is no day"),
            ("\n[models.a]\ncolour = 1\n", 3, "unknown field `colour`"),
            (
                "[models.a]\nprice = { input = 3, output = \"1\" }\n",
                2,
                "invalid type",
            ),
            (
                "[models.a]\nprice = { input = \"3,5\", output = \"1\" }\n",
                2,
                "no price",
            ),
            ("[models.a]\n[models.a]\n", 2, "duplicate key"),
            ("\n[models.\"a*b\"]\n", 2, "one `*` at the end"),
            ("[models.\"*\"]\n", 1, "one `*` at the end"),
            ("[models.a]\nretires = \"2027\"\n", 1, "no day"),
            (
                "[models.a]\nsteps = [{ above = 1, price = { input = \"1\", output = \"1\" } }]\n",
                1,
                "without a price",
            ),
            ("[models.a]\nmax_output_tokens = 0\n", 1, "no limit"),
            (
                "[models.a]\nrefuses = [{ field = \"x\" }]\n",
                2,
                "unknown field",
            ),
            ("[models.a]\nrefuses = [\"\"]\n", 2, "names no field"),
            (
                "[models.a]\nrefuses_tool_choice = [\"some\"]\n",
                2,
                "unknown variant",
            ),
        ] {
            let error = Table::parse("mine.toml", text).unwrap_err();
            let CatalogError::Row {
                line: found,
                reason,
                place,
            } = error
            else {
                panic!("{text}");
            };
            assert!(reason.contains(part), "{text}: {reason}");
            assert_eq!(
                (found, place.as_str()),
                (line, "mine.toml"),
                "{text}: {reason}"
            );
        }
    }
}
