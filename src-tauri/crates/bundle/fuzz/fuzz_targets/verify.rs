//! `cargo +nightly fuzz run verify`, in the folder above. The body also runs over the corpus in the
//! crate's own tests.
#![no_main]

#[path = "../body.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = body::verify(data);
});
