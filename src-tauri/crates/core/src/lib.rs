//! All that Understudy means.
//!
//! This crate knows no window, no terminal, no environment and no clock of its own: whoever calls it passes a
//! [`host::Host`]. `ARCHITECTURE.md` draws the walls between the modules; a test keeps them.

pub mod case;
pub mod catalog;
pub mod check;
pub mod compare;
pub mod files;
pub mod gateway;
pub mod host;
pub mod keys;
pub mod ledger;
pub mod model;
pub mod parity;
pub mod prompt;
pub mod run;
pub mod set;
pub mod store;
pub mod telemetry;
pub mod workspace;
