//! Releases: what was frozen, and exactly the bytes that were signed.

use sqlx::FromRow;

use super::{Store, StoreError, small};

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRow {
    /// The bundle's name.
    pub name: String,
    /// Its number.
    pub version: u32,
    /// When it was frozen, RFC 3339.
    pub created_at: String,
    /// Until when it is valid, RFC 3339.
    pub expires_at: String,
    /// SHA-256 of the archive, hex.
    pub archive_sha256: String,
    /// The statement, byte for byte as signed.
    pub payload: Vec<u8>,
    /// The heads it froze: `{"prompt": {"model": "content id"}}`.
    pub heads: String,
}

#[derive(FromRow)]
struct Row {
    name: String,
    version: i64,
    created_at: String,
    expires_at: String,
    archive_sha256: String,
    payload: Vec<u8>,
    heads: String,
}

impl Row {
    fn read(self) -> ReleaseRow {
        ReleaseRow {
            name: self.name,
            version: small(self.version),
            created_at: self.created_at,
            expires_at: self.expires_at,
            archive_sha256: self.archive_sha256,
            payload: self.payload,
            heads: self.heads,
        }
    }
}

impl Store {
    /// Keeps a release. The number must be new under its name.
    pub async fn insert_release(&self, release: &ReleaseRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO release (name, version, created_at, expires_at, archive_sha256, payload, heads)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&release.name)
        .bind(release.version)
        .bind(&release.created_at)
        .bind(&release.expires_at)
        .bind(&release.archive_sha256)
        .bind(&release.payload)
        .bind(&release.heads)
        .execute(&self.pool)
        .await
        .map_err(|error| match error.as_database_error() {
            // Another export took the number since it was read.
            Some(known) if known.is_unique_violation() => StoreError::Moved {
                what: format!("the releases of {}", release.name),
            },
            _ => error.into(),
        })?;
        Ok(())
    }

    /// All releases, latest first.
    pub async fn releases(&self) -> Result<Vec<ReleaseRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT name, version, created_at, expires_at, archive_sha256, payload, heads
             FROM release ORDER BY created_at DESC, id DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Row::read).collect())
    }
}
