//! Names that people type: checked once, at the door, and carried as types from there on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that does not have the form its kind asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a {kind}: {rule}")]
pub struct InvalidName {
    /// What the name was meant to be.
    pub kind: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
    /// The offending text, cut to a printable length.
    pub name: String,
}

impl InvalidName {
    fn new(kind: &'static str, rule: &'static str, name: &str) -> Self {
        let name = name
            .chars()
            .take(80)
            .flat_map(char::escape_default)
            .collect();
        Self { kind, rule, name }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $rule:literal, $extra:expr, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
        pub struct $type(String);

        impl $type {
            /// Checks the form; the rule is in the error.
            pub fn parse(name: &str) -> Result<Self, InvalidName> {
                let extra: fn(char) -> bool = $extra;
                let mut chars = name.chars();
                let starts = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                let rest = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || extra(c));
                if starts && rest && name.len() <= $max {
                    Ok(Self(name.to_owned()))
                } else {
                    Err(InvalidName::new($kind, $rule, name))
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidName;
            fn try_from(name: String) -> Result<Self, InvalidName> {
                Self::parse(&name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl std::str::FromStr for $type {
            type Err = InvalidName;
            fn from_str(name: &str) -> Result<Self, InvalidName> {
                Self::parse(name)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A prompt's name, such as `support-triage`. No dot: in file names the dot separates prompt and variant.
    PromptName,
    "prompt name",
    "lower-case letters, digits and dashes, at most 64, starting with a letter or digit",
    |c| c == '-',
    64
);
name!(
    /// A model's name in `understudy.toml`, and so the name of the variant tuned for it.
    ModelName,
    "model name",
    "lower-case letters, digits, dashes and dots, at most 64, starting with a letter or digit",
    |c| c == '-' || c == '.',
    64
);
name!(
    /// A case's id inside its prompt, such as `charged-twice`.
    CaseId,
    "case id",
    "lower-case letters, digits, dashes, dots and underscores, at most 120, starting with a letter or digit",
    |c| c == '-' || c == '.' || c == '_',
    120
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_name_has_no_dot_and_a_model_name_may() {
        assert!(PromptName::parse("support-triage").is_ok());
        assert!(PromptName::parse("support.triage").is_err());
        assert!(ModelName::parse("gpt-4.1").is_ok());
        for bad in ["", "-a", "A", "a b", "a/b", "é", "..", "a\u{0}"] {
            assert!(PromptName::parse(bad).is_err(), "{bad:?}");
            assert!(ModelName::parse(bad).is_err(), "{bad:?}");
        }
        assert!(PromptName::parse(&"a".repeat(65)).is_err());
    }

    #[test]
    fn json_is_checked_too() {
        assert!(serde_json::from_str::<PromptName>("\"ok\"").is_ok());
        assert!(serde_json::from_str::<PromptName>("\"Not ok\"").is_err());
    }
}
