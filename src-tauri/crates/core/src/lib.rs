//! All that Understudy means.
//!
//! This crate knows no window, no terminal, no environment and no clock of its own: whoever calls it passes a
//! [`host::Host`]. `ARCHITECTURE.md` draws the walls between the modules; a test keeps them.

pub mod case;
pub mod files;
pub mod host;
pub mod ledger;
pub mod prompt;
pub mod store;
