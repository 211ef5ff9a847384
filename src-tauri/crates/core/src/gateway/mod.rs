//! What leaves for a gateway: bytes out, nothing else. So far the machine form that every bundle holds; one exporter
//! per gateway joins it later.
//!
//! Pure. Must not know where versions come from or who signs.

mod machine;

pub use machine::{MachineFormError, VariantForm, machine_form};
