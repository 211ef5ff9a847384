//! The binary as people and programs meet it: exit code, standard output, standard error.

mod bad_input;
mod desk;
mod loopback;
mod run;
mod sample;
mod settings;
mod shown;
mod sync;
