#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::meta::Meta;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&Meta, bytes));
