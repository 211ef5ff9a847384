//! From payload bytes to a statement: is it one, is it canonical, is it ours, does it have the
//! shape.

use serde_json::Value;

use crate::canonical;
use crate::code::{Code, Rejection, quote, reject};
use crate::limits;
use crate::manifest::{PREDICATE_TYPE, SCHEMA_VERSION, STATEMENT_TYPE, Statement};

/// Reads a payload as a statement whose shape is right. Nothing says yet that it is true.
///
/// # Errors
/// [`Code::Statement`], [`Code::NotCanonical`], [`Code::PredicateType`], [`Code::Schema`] or
/// [`Code::Size`].
pub(crate) fn read(payload: &[u8]) -> Result<Statement, Rejection> {
    let loose: Value = serde_json::from_slice(payload).map_err(|error| {
        Rejection::new(Code::Statement, format!("the payload is no JSON: {error}"))
    })?;
    let text = |field: &str| loose.get(field).and_then(Value::as_str);
    if text("_type") != Some(STATEMENT_TYPE) {
        return reject(
            Code::Statement,
            format!("the payload is no in-toto statement (_type {STATEMENT_TYPE})"),
        );
    }
    if !loose.get("subject").is_some_and(Value::is_array)
        || !loose.get("predicate").is_some_and(Value::is_object)
    {
        return reject(
            Code::Statement,
            "the in-toto statement lacks its subject list or its predicate",
        );
    }

    let value = canonical::parse(payload)
        .map_err(|fault| Rejection::new(Code::NotCanonical, format!("the payload is {fault}")))?;
    if canonical::bytes(&value) != payload {
        return reject(
            Code::NotCanonical,
            "the payload is not written in canonical form",
        );
    }

    if text("predicateType") != Some(PREDICATE_TYPE) {
        let found = text("predicateType").map_or_else(|| "missing".to_owned(), quote);
        return reject(
            Code::PredicateType,
            format!("the predicate type is {found}, not \"{PREDICATE_TYPE}\""),
        );
    }

    let statement: Statement = serde_json::from_slice(payload).map_err(|error| {
        Rejection::new(
            Code::Schema,
            format!("the statement does not have its shape: {error}"),
        )
    })?;
    // What is optional is left out, what is nullable is written. Writing the statement again shows
    // either mistake.
    if canonical::to_value(&statement).ok() != Some(value) {
        return reject(
            Code::Schema,
            "the statement lacks a field that may be null, or has one that must be left out",
        );
    }
    shape(&statement)?;
    Ok(statement)
}

/// What serde cannot say about the shape: the schema's version, the span of time, and the limits.
pub(crate) fn shape(statement: &Statement) -> Result<(), Rejection> {
    let predicate = &statement.predicate;
    let meta = &predicate.bundle;
    if predicate.schema_version != SCHEMA_VERSION {
        let found = predicate.schema_version;
        return reject(
            Code::Schema,
            format!("schemaVersion is {found}; this verifier knows {SCHEMA_VERSION}"),
        );
    }
    if meta.version == 0 {
        return reject(Code::Schema, "versions begin with 1");
    }
    // A span that is wrong in itself has nothing to do with the clock, so it is not `E_EXPIRED`: a
    // loader that goes on serving an expired bundle must not take this for one.
    let lifetime = meta.expires_at.as_second() - meta.created_at.as_second();
    if lifetime <= 0 {
        return reject(
            Code::Schema,
            format!(
                "expiresAt {} is not after createdAt {}",
                meta.expires_at, meta.created_at
            ),
        );
    }
    if lifetime.unsigned_abs() > limits::LIFETIME_DAYS * 86_400 {
        return reject(
            Code::Schema,
            format!("a bundle may live {} days at most", limits::LIFETIME_DAYS),
        );
    }
    if predicate.files.len() > limits::FILES {
        let (found, limit) = (predicate.files.len(), limits::FILES);
        return reject(
            Code::Size,
            format!("the bundle lists {found} files, more than {limit}"),
        );
    }
    if let Some(large) = predicate
        .files
        .iter()
        .find(|file| file.size > limits::FILE_BYTES)
    {
        let (path, limit) = (quote(&large.path), limits::FILE_BYTES);
        return reject(
            Code::Size,
            format!("{path} has {} bytes, more than {limit}", large.size),
        );
    }
    Ok(())
}
