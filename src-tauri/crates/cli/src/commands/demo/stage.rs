//! The folder in which the tour plays: made for it, entered, left and gone again.

use std::path::PathBuf;

use understudy_core::host::Host;

use crate::failure::Failure;

/// A temporary folder that is the current one as long as this lives.
pub(super) struct Stage {
    folder: PathBuf,
    back: Option<PathBuf>,
}

impl Stage {
    /// Makes the folder and enters it, so that the commands shown can be typed as they stand.
    pub(super) fn set(host: &dyn Host) -> Result<Self, Failure> {
        let failed = |what| move |source| Failure::Demo { what, source };
        let folder = std::env::temp_dir().join(format!("understudy-demo-{}", host.new_id()));
        std::fs::create_dir(&folder).map_err(failed("make a folder"))?;
        let stage = Self {
            back: std::env::current_dir().ok(),
            folder,
        };
        std::env::set_current_dir(&stage.folder).map_err(failed("enter its folder"))?;
        Ok(stage)
    }

    /// Leaves the folder and takes it away.
    pub(super) fn strike(self) {
        drop(self);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A folder that cannot be removed lies among the system's temporary files; there is nothing better to do.
        let _ = std::env::set_current_dir(self.back.as_deref().unwrap_or(&std::env::temp_dir()));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
