//! Calls whose other half is not merged yet.

use std::path::Path;
use std::sync::Arc;

use understudy_core::host::Host;
use understudy_core::workspace::view::{CheckReport, SyncReport};
use understudy_core::workspace::{Error, Workspace};

pub(crate) enum SyncMode {
    Both,
    Push,
    Pull,
    Check,
}

pub(crate) enum Take {
    Directory,
    Workspace,
}

pub(crate) async fn create_sample(
    path: &Path,
    host: Arc<dyn Host>,
    keys: &Path,
) -> Result<Workspace, Error> {
    Workspace::create(path, host, keys).await
}

pub(crate) async fn sync(
    _: &Workspace,
    _: &Path,
    _: SyncMode,
    _: Option<Take>,
) -> Result<SyncReport, Error> {
    Err(Error::Bundle("pending".into()))
}

pub(crate) async fn check_dir(_: &Path, _: &[String], _: &dyn Host) -> Result<CheckReport, Error> {
    Err(Error::Bundle("pending".into()))
}
