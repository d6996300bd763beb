#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dys_fuzz::readers::package_parts(bytes));
