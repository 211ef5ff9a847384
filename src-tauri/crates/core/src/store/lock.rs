//! That a run is under way, told to other programs by a locked file beside the workspace.
//!
//! The system takes the lock back when the program ends, however it ends: after `kill -9` a run can be resumed at
//! once. A time stamp in the file could not say so without waiting.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// A run that is under way as long as this lives.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    file: File,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // First the name, then the lock: whoever opens the name later makes a file of its own.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

impl Store {
    /// Says that the run with this id is under way; refused while it is, here or in another program.
    pub fn lock_run(&self, run: &str) -> Result<RunLock, StoreError> {
        let path = lock_path(&self.path, run);
        let failed = |source| StoreError::Unreachable {
            path: path.clone(),
            source,
        };
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { path, file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::RunGoing {
                run: run.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(StoreError::Unreachable { path, source }),
        }
    }

    /// Whether the run with this id is under way, here or in another program.
    pub fn is_going(&self, run: &str) -> bool {
        let path = lock_path(&self.path, run);
        let Ok(file) = File::options().write(true).open(&path) else {
            return false;
        };
        match file.try_lock() {
            // Left behind by a program that was killed.
            Ok(()) => {
                let _ = std::fs::remove_file(&path);
                false
            }
            Err(_) => true,
        }
    }
}

/// Run ids are letters and digits; anything else cannot leave the folder.
fn lock_path(workspace: &Path, run: &str) -> PathBuf {
    let id: String = run.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut name = workspace.file_name().unwrap_or_default().to_owned();
    name.push(format!("-run-{id}"));
    workspace.with_file_name(name)
}
