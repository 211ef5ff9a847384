//! Opening and creating the file, with one clear sentence for everything that is not a workspace.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{APPLICATION_ID, MIGRATOR, Store, StoreError};

impl Store {
    /// Creates a new workspace. Refuses to touch anything that is already there.
    pub async fn create(
        path: &Path,
        now: &str,
        config: &str,
        sample: bool,
    ) -> Result<Self, StoreError> {
        match std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
        {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(StoreError::Exists(path.to_owned()));
            }
            Err(source) => {
                return Err(StoreError::Unreachable {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        let made = Self::fill(path, now, config, sample).await;
        match &made {
            Ok(_) => tracing::info!(path = %path.display(), sample, "made"),
            // The empty file is ours: leave nothing half made behind.
            Err(_) => drop(std::fs::remove_file(path)),
        }
        made
    }

    async fn fill(path: &Path, now: &str, config: &str, sample: bool) -> Result<Self, StoreError> {
        let pool = connect(path).await.map_err(|error| error.at(path))?;
        migrate(&pool, path).await?;
        // A pragma takes no parameters; the number is APPLICATION_ID, checked by a test.
        sqlx::query("PRAGMA application_id = 1430541140")
            .execute(&pool)
            .await?;
        sqlx::query("INSERT INTO workspace (id, created_at, sample, config) VALUES (1, ?, ?, ?)")
            .bind(now)
            .bind(sample)
            .bind(config)
            .execute(&pool)
            .await?;
        Ok(Self {
            pool,
            path: path.to_owned(),
        })
    }

    /// Opens a workspace.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        check_header(path)?;
        let pool = connect(path).await.map_err(|error| error.at(path))?;
        let (id,): (i64,) = sqlx::query_as("PRAGMA application_id")
            .fetch_one(&pool)
            .await
            .map_err(|error| StoreError::from(error).at(path))?;
        if id != APPLICATION_ID {
            return Err(StoreError::NotAWorkspace(path.to_owned()));
        }
        migrate(&pool, path).await?;
        tracing::debug!(path = %path.display(), "opened");
        Ok(Self {
            pool,
            path: path.to_owned(),
        })
    }
}

/// Reads the file's first hundred bytes by hand: SQLite opens lazily, reports a cut file late and in its own words,
/// and would create a missing one.
fn check_header(path: &Path) -> Result<(), StoreError> {
    let unreachable = |source| StoreError::Unreachable {
        path: path.to_owned(),
        source,
    };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Err(source) => return Err(unreachable(source)),
    };
    let length = file.metadata().map_err(unreachable)?;
    if !length.is_file() {
        return Err(StoreError::NotAWorkspace(path.to_owned()));
    }
    let mut head = [0_u8; 100];
    if file.read_exact(&mut head).is_err() || !head.starts_with(b"SQLite format 3\0") {
        return Err(StoreError::NotAWorkspace(path.to_owned()));
    }
    let field = |at: usize| -> u64 {
        let bytes = head
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or([0; 4]);
        u64::from(u32::from_be_bytes(bytes))
    };
    let page = match field(14) & 0xffff {
        1 => 65_536,
        size => size,
    };
    // While a write-ahead log waits to be folded in, the main file may honestly be shorter than its header says.
    let log = path.with_file_name(format!(
        "{}-wal",
        path.file_name().unwrap_or_default().to_string_lossy()
    ));
    let folded = std::fs::metadata(log).map_or(true, |log| log.len() == 0);
    if folded && length.len() < page * field(28) {
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            what: format!("it has {} of {} bytes", length.len(), page * field(28)),
        });
    }
    Ok(())
}

async fn connect(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A saved version must survive a power cut, not only a killed process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    Ok(SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await?)
}

#[tracing::instrument(name = "migrate", level = "debug", skip_all)]
async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    MIGRATOR.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
            StoreError::Newer(path.to_owned())
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from(error).at(path)
        }
        other => StoreError::Damaged {
            path: path.to_owned(),
            what: other.to_string(),
        },
    })?;
    let newest = MIGRATOR.iter().map(|migration| migration.version).max();
    tracing::debug!(newest, "migrated");
    Ok(())
}
