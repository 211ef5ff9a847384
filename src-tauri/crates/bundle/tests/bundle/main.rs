//! The bundle format from outside: what the crate makes, what it refuses, and what other programs
//! say to it.

#[cfg(test)]
mod files;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod freeze;
#[cfg(test)]
mod fuzz_corpus;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tamper;
