//! `cargo fuzz run store-page`
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| forebay_fuzz::hold("store-page", input));
