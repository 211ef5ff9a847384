//! Moving the dates of an understudy.toml: the sample's count back from the day it is made.

use toml_edit::{DocumentMut, Item, Value};

use super::{ReadError, line_of};
use crate::host::{format_seconds, parse_time};

/// Moves every date under a key `until` by whole days; comments and layout stay. A plain date stays a plain date.
///
/// # Errors
/// When the text is no TOML.
pub fn shift_dates(text: &str, days: i64) -> Result<String, ReadError> {
    let mut document: DocumentMut =
        text.parse()
            .map_err(|error: toml_edit::TomlError| ReadError {
                line: line_of(text, error.span()),
                reason: error.message().trim_end().to_owned(),
            })?;
    for (_, item) in document.iter_mut() {
        shift_item(item, days);
    }
    Ok(document.to_string())
}

fn shift_item(item: &mut Item, days: i64) {
    match item {
        Item::Table(table) => {
            for (key, inner) in table.iter_mut() {
                match inner {
                    Item::Value(value) => shift_value(key.get(), value, days),
                    other => shift_item(other, days),
                }
            }
        }
        Item::ArrayOfTables(tables) => {
            for (_, inner) in tables.iter_mut().flat_map(toml_edit::Table::iter_mut) {
                shift_item(inner, days);
            }
        }
        Item::Value(value) => shift_value("", value, days),
        Item::None => {}
    }
}

fn shift_value(key: &str, value: &mut Value, days: i64) {
    match value {
        Value::InlineTable(table) => {
            for (key, inner) in table.iter_mut() {
                shift_value(key.get(), inner, days);
            }
        }
        Value::String(text) if key == "until" => {
            let Some(time) = parse_time(text.value()) else {
                return;
            };
            let moved = format_seconds(time.saturating_add(days.saturating_mul(86_400)));
            let moved = if text.value().contains('T') {
                moved
            } else {
                moved.chars().take(10).collect()
            };
            let decor = text.decor().clone();
            let mut formatted = toml_edit::Formatted::new(moved);
            *formatted.decor_mut() = decor;
            *text = formatted;
        }
        _ => {}
    }
}
