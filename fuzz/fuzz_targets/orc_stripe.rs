//! `cargo fuzz run orc-stripe`
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| forebay_fuzz::hold("orc-stripe", input));
