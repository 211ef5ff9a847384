//! The binary as people and programs meet it: exit code, standard output, standard error.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where something goes wrong; clippy knows that only inside of test functions"
)]

mod bad_input;
mod desk;
mod keychain;
mod loopback;
mod readme;
mod resume;
mod run;
mod sample;
mod secrets;
mod settings;
mod shown;
mod sync;
mod telemetry;
