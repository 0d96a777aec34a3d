#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::karix::Karix;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&Karix, bytes));
