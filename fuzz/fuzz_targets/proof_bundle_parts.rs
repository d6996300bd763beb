#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dys_fuzz::program::proof_bundle_parts(bytes));
