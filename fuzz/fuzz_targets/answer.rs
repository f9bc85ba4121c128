//! `cargo fuzz run answer`
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| forebay_fuzz::hold("answer", input));
