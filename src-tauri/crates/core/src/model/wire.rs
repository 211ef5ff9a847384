//! What every wire's body builder works with. Knows no wire by name: `request` knows them all, and they know this.

use serde_json::Value;

use crate::prompt::Content;

/// What a wire needs to know of its own: everything else is the same for all.
pub(super) struct Shape {
    /// The provider's own base URL, version segment left out.
    pub(super) origin: &'static str,
    /// What follows the version segment.
    pub(super) endpoint: &'static str,
    /// Whether a version segment anywhere in a configured path counts, or only the last segment.
    pub(super) version_anywhere: bool,
    /// Headers of the wire.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// The parameters a version sends: set, not removed, and not null. In the order of their names.
pub(super) fn params(content: &Content) -> impl Iterator<Item = (&str, &Value)> {
    content
        .params
        .set
        .iter()
        .filter(|(name, value)| !content.params.remove.contains(*name) && !value.is_null())
        .map(|(name, value)| (name.as_str(), value))
}
