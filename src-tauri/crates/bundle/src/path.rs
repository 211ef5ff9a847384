//! Paths inside the archive, and what each place and extension holds.
//!
//! The rules are narrow so that a path means the same on every system, needs no escaping anywhere,
//! and can never leave the folder it is unpacked into.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::quote;

/// A path that obeys the rules of the format. Ordered by its bytes, as the archive is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundlePath(String);

/// The rule that a path breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRule {
    /// More than 100 bytes.
    #[error("a path has at most 100 bytes")]
    Length,
    /// Fewer than two segments or more than six.
    #[error("a path has 2 to 6 segments")]
    Depth,
    /// A segment that is not `[a-z0-9_][a-z0-9_.-]*`.
    #[error("a segment begins with one of a-z 0-9 _ and goes on with those, dots and hyphens")]
    Characters,
    /// A segment that ends with a dot.
    #[error("a segment does not end with a dot")]
    TrailingDot,
    /// A segment that Windows takes for a device.
    #[error("a segment is no device name of Windows")]
    Device,
    /// A first segment other than the four.
    #[error("a path begins with prompts/, variants/, tools/ or evidence/")]
    Place,
}

/// A path that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {rule}", quote(.path))]
pub struct PathError {
    /// The path as it came.
    pub path: String,
    /// The first rule it breaks.
    pub rule: PathRule,
}

/// What the first segment says a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `prompts/`: the `.prompt` files as on disk.
    Prompts,
    /// `variants/`: the machine form of each variant.
    Variants,
    /// `tools/`: tool definitions.
    Tools,
    /// `evidence/`: parity reports.
    Evidence,
}

/// The media types of the format, each bound to one extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaType {
    /// `.prompt`
    #[serde(rename = "text/x-dotprompt")]
    Dotprompt,
    /// `.json`
    #[serde(rename = "application/json")]
    Json,
    /// `.md`
    #[serde(rename = "text/markdown")]
    Markdown,
}

const MOST_BYTES: usize = 100;
const SEGMENTS: std::ops::RangeInclusive<usize> = 2..=6;

impl BundlePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the first segment says this file is.
    #[must_use]
    pub fn place(&self) -> Place {
        // Only paths in one of the four places are ever made, so the default is never taken.
        place(&self.0).unwrap_or(Place::Prompts)
    }

    /// The media type that the extension stands for; none for an extension the format does not
    /// know.
    #[must_use]
    pub fn media_type(&self) -> Option<MediaType> {
        match self.0.rsplit_once('.')?.1 {
            "prompt" => Some(MediaType::Dotprompt),
            "json" => Some(MediaType::Json),
            "md" => Some(MediaType::Markdown),
            _ => None,
        }
    }

    /// The last segment.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folders above this file, outermost first.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0
            .match_indices('/')
            .filter_map(|(end, _)| self.0.get(..end))
    }
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for BundlePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for BundlePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        match broken_rule(text) {
            None => Ok(BundlePath(text.to_owned())),
            Some(rule) => Err(PathError {
                path: text.to_owned(),
                rule,
            }),
        }
    }
}

fn broken_rule(path: &str) -> Option<PathRule> {
    if path.len() > MOST_BYTES {
        return Some(PathRule::Length);
    }
    if !SEGMENTS.contains(&path.split('/').count()) {
        return Some(PathRule::Depth);
    }
    if let Some(rule) = path.split('/').find_map(broken_segment_rule) {
        return Some(rule);
    }
    place(path).is_none().then_some(PathRule::Place)
}

fn broken_segment_rule(segment: &str) -> Option<PathRule> {
    let first = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let later = |byte: &u8| first(byte) || matches!(byte, b'.' | b'-');
    let bytes = segment.as_bytes();
    if !bytes.first().is_some_and(first) || !bytes.iter().all(later) {
        Some(PathRule::Characters)
    } else if segment.ends_with('.') {
        Some(PathRule::TrailingDot)
    } else if is_device(segment.split('.').next().unwrap_or_default()) {
        Some(PathRule::Device)
    } else {
        None
    }
}

fn is_device(stem: &str) -> bool {
    let numbered = |digit: &str| matches!(digit.as_bytes(), [b'0'..=b'9']);
    matches!(stem, "con" | "prn" | "aux" | "nul")
        || stem.strip_prefix("com").is_some_and(numbered)
        || stem.strip_prefix("lpt").is_some_and(numbered)
}

fn place(path: &str) -> Option<Place> {
    match path.split('/').next()? {
        "prompts" => Some(Place::Prompts),
        "variants" => Some(Place::Variants),
        "tools" => Some(Place::Tools),
        "evidence" => Some(Place::Evidence),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> Option<PathRule> {
        path.parse::<BundlePath>().err().map(|error| error.rule)
    }

    #[test]
    fn paths_of_the_format_are_taken() {
        let longest = format!("prompts/{}", "a".repeat(92));
        assert_eq!(longest.len(), 100);
        for good in [
            "prompts/triage.prompt",
            "prompts/_shared.prompt",
            "variants/triage.gpt-4o.json",
            "variants/triage.claude-3.5.json",
            "tools/a/b/c/d/e.json",
            "evidence/0-9_.md",
            "prompts/console.prompt",
            "prompts/com10",
            "prompts/lpt",
            "prompts/a..b",
            &longest,
        ] {
            assert_eq!(rule(good), None, "{good}");
        }
    }

    #[test]
    fn each_rule_of_paths_is_kept() {
        let long = format!("prompts/{}", "a".repeat(93));
        for (path, broken) in [
            (long.as_str(), PathRule::Length),
            ("", PathRule::Depth),
            ("prompts", PathRule::Depth),
            ("prompts/a/b/c/d/e/f", PathRule::Depth),
            ("/prompts/a", PathRule::Characters),
            ("prompts/", PathRule::Characters),
            ("prompts//a", PathRule::Characters),
            ("prompts/../etc", PathRule::Characters),
            ("prompts/./a", PathRule::Characters),
            ("prompts/.hidden", PathRule::Characters),
            ("prompts/-a", PathRule::Characters),
            ("prompts/A", PathRule::Characters),
            ("prompts/ä", PathRule::Characters),
            ("prompts/a b", PathRule::Characters),
            ("prompts\\a", PathRule::Depth),
            ("prompts/a\\b", PathRule::Characters),
            ("prompts/a:b", PathRule::Characters),
            ("prompts/a\0", PathRule::Characters),
            ("prompts/a\n", PathRule::Characters),
            ("prompts/a.", PathRule::TrailingDot),
            ("prompts/a./b", PathRule::TrailingDot),
            ("prompts/con", PathRule::Device),
            ("prompts/nul.prompt", PathRule::Device),
            ("prompts/aux.a.prompt", PathRule::Device),
            ("prompts/prn/a", PathRule::Device),
            ("prompts/com0", PathRule::Device),
            ("prompts/lpt9.md", PathRule::Device),
            ("other/a", PathRule::Place),
            ("prompt/a", PathRule::Place),
        ] {
            assert_eq!(rule(path), Some(broken), "{path:?}");
        }
    }

    #[test]
    fn the_extension_gives_the_media_type() {
        let of = |path: &str| path.parse::<BundlePath>().unwrap().media_type();
        assert_eq!(of("prompts/a.b.prompt"), Some(MediaType::Dotprompt));
        assert_eq!(of("tools/a.json"), Some(MediaType::Json));
        assert_eq!(of("evidence/a.md"), Some(MediaType::Markdown));
        assert_eq!(of("evidence/a.txt"), None);
        assert_eq!(of("evidence/a.x/b"), None);
        assert_eq!(of("evidence/json"), None);
    }

    #[test]
    fn the_folders_of_a_path_are_those_above_it() {
        let path: BundlePath = "tools/a/b.json".parse().unwrap();
        assert_eq!(path.folders().collect::<Vec<_>>(), ["tools", "tools/a"]);
        assert_eq!(path.file_name(), "b.json");
    }
}
