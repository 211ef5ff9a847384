//! What is publicly known of models: prices and capabilities, a small dated table of data; and what a fallback's
//! request would lose against the primary's, told before any call.
//!
//! Owns `models.toml`, the user's own table of the same form, prices looked up in them, costs and estimates. It must not
//! know cases, runs, the database or where outputs are. Facts about single models belong in the table, never in code:
//! they change monthly.
//!
//! ```text
//! Model --price_row--> PriceRow --cost--> Usd            workspace, else user, else shipped; unknown is None, never 0
//! Model --entry------> Entry                             what it refuses, how much it writes, when it retires
//! (primary, fallback) --losses--> Vec<Loss>
//! ```
//!
//! Deliberately absent: prices of batches, of regions and of service tiers (the wire does not say beforehand which one
//! serves), prices of images and audio, and any look-up over the network.

mod asks;
mod estimate;
mod losses;
mod price;
mod refusal;
mod table;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use crate::host::{Host, data_folder};
use crate::prompt::{Model, Wire};

pub use asks::Choice;
pub use estimate::{Asked, Bound, estimate};
pub use losses::{Loss, LossKind, Side, losses};
pub use price::{PriceRow, PriceSource, Step, cost_of};
pub use refusal::{Condition, Refusal};

use table::{Row, Table};

/// The shipped table.
const SHIPPED: &str = include_str!("models.toml");
/// Bytes of a user's table, at most.
const FILE_BYTES: u64 = 1024 * 1024;

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Something in it is wrong.
    #[error("{place}, line {line}: {reason}")]
    Row {
        /// The file.
        place: String,
        /// From 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// The file itself.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What is known of one model. What is unknown is absent, and means neither yes nor no.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Tokens of input and output together, or of input alone: whatever the provider calls it.
    pub context_window: Option<u32>,
    /// The most tokens one reply can have, reasoning included.
    pub max_output_tokens: Option<u32>,
    /// Whether replies can be held to a JSON schema on the wire.
    pub structured_output: Option<bool>,
    /// What its API answers with an error.
    pub refuses: Vec<Refusal>,
    /// Tool choices its API answers with an error.
    pub refuses_tool_choice: Vec<Choice>,
    /// The day it stops answering, as `2027-01-14`.
    pub retires: Option<String>,
    /// Where that was read.
    pub source: Option<String>,
}

/// The tables: the shipped one, and the user's before it.
#[derive(Debug, Clone)]
pub struct Catalog {
    shipped: &'static Table,
    user: Option<Table>,
}

impl Catalog {
    /// The shipped table alone. Parsed once.
    pub fn shipped() -> Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        Self {
            // A test reads the shipped table, so nothing is ever left empty here.
            shipped: TABLE.get_or_init(|| {
                Table::parse("the shipped models.toml", SHIPPED).unwrap_or_default()
            }),
            user: None,
        }
    }

    /// The shipped table under a user's own, which has the same form and wins row by row, fact by fact.
    ///
    /// # Errors
    /// The line and the reason.
    pub fn with_user(text: &str) -> Result<Self, CatalogError> {
        Self::with_user_at("models.toml", text)
    }

    fn with_user_at(place: &str, text: &str) -> Result<Self, CatalogError> {
        Ok(Self {
            user: Some(Table::parse(place, text)?),
            ..Self::shipped()
        })
    }

    /// The shipped table under that of this user: the file that `UNDERSTUDY_MODELS` names, else `models.toml` in the
    /// user's data folder, where there need be none.
    ///
    /// # Errors
    /// A file that cannot be read, or is no table. One that was named and is not there is an error too: a slip of the
    /// pen must not quietly leave every price unknown.
    pub fn of_user(host: &dyn Host) -> Result<Self, CatalogError> {
        let named = host.env("UNDERSTUDY_MODELS").map(PathBuf::from);
        let usual = || data_folder(host).map(|folder| folder.join("models.toml"));
        let is_named = named.is_some();
        let Some(path) = named.or_else(usual) else {
            return Ok(Self::shipped());
        };
        match read(&path) {
            Ok(text) => Self::with_user_at(&path.display().to_string(), &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => {
                Ok(Self::shipped())
            }
            Err(source) => Err(CatalogError::Unreadable { path, source }),
        }
    }

    /// What the shipped table was true for, as `2026-11-20`.
    pub fn as_of(&self) -> Option<&str> {
        self.shipped.as_of()
    }

    /// What a model costs: as the workspace says, else as the user says, else as the shipped table says. `None` is
    /// unknown, and never free.
    ///
    /// The shipped table holds for what the providers themselves charge. A server on this machine or in a private
    /// network may call its model like a provider's; what that costs is unknown until somebody says it.
    pub fn price_row(&self, model: &Model) -> Option<PriceRow> {
        if let Some(price) = &model.price {
            return Some(PriceRow {
                pattern: model.id.clone(),
                price: price.clone(),
                steps: Vec::new(),
                source: PriceSource::Workspace,
                as_of: None,
            });
        }
        let priced = |row: &Row| row.price.is_some();
        let of = |table: &Table, source| {
            let (pattern, row) = table.find(model, priced)?;
            Some(PriceRow {
                pattern: pattern.to_owned(),
                price: row.price.clone()?,
                steps: row.steps.clone(),
                source,
                as_of: table.as_of().map(str::to_owned),
            })
        };
        let user = self.user.as_ref();
        user.and_then(|table| of(table, PriceSource::User))
            .or_else(|| {
                (!is_private(model))
                    .then(|| of(self.shipped, PriceSource::Shipped))
                    .flatten()
            })
    }

    /// What is known of a model beside its price. A fact in the user's row replaces that of the shipped row.
    pub fn entry(&self, model: &Model) -> Entry {
        let user = self.user.as_ref();
        let user = user.and_then(|table| table.find(model, |_| true));
        let shipped = self.shipped.find(model, |_| true);
        let rows: Vec<&Row> = [user, shipped]
            .into_iter()
            .flatten()
            .map(|(_, row)| row)
            .collect();
        Entry {
            context_window: rows.iter().find_map(|row| row.context_window),
            max_output_tokens: rows.iter().find_map(|row| row.max_output_tokens),
            structured_output: rows.iter().find_map(|row| row.structured_output),
            refuses: rows
                .iter()
                .find_map(|row| row.refuses.clone())
                .unwrap_or_default(),
            refuses_tool_choice: rows
                .iter()
                .find_map(|row| row.refuses_tool_choice.clone())
                .unwrap_or_default(),
            retires: rows.iter().find_map(|row| row.retires.clone()),
            source: rows.iter().find_map(|row| row.source.clone()),
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    // Asked first, because opening a pipe would wait for a writer.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("this is no file"));
    }
    if about.len() > FILE_BYTES {
        return Err(io::Error::other("it is larger than 1 MB"));
    }
    fs::read_to_string(path)
}

/// The host a model is asked at.
fn host_of(model: &Model) -> &str {
    let Some(base) = &model.base_url else {
        return match model.wire {
            Wire::OpenaiChat | Wire::OpenaiResponses => "api.openai.com",
            Wire::Anthropic => "api.anthropic.com",
            Wire::Gemini => "generativelanguage.googleapis.com",
            Wire::Cohere => "api.cohere.com",
            Wire::Mistral => "api.mistral.ai",
        };
    };
    let rest = base.trim();
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    if let Some(inner) = rest.strip_prefix('[') {
        return inner.split(']').next().unwrap_or_default();
    }
    rest.split(':').next().unwrap_or_default()
}

/// Whether the host is this machine or one that only a private network knows.
fn is_private(model: &Model) -> bool {
    let host = host_of(model).trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_loopback()
            || address.is_private()
            || address.is_link_local()
            || address.is_unspecified();
    }
    if let Ok(address) = host.parse::<std::net::Ipv6Addr>() {
        return address.is_loopback()
            || address.is_unspecified()
            || address.is_unique_local()
            || address.is_unicast_link_local();
    }
    // A name without a dot is known to a hosts file or a container network alone.
    let ends = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];
    !host.contains('.') || ends.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests;
