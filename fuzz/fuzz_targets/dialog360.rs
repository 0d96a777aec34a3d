#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::dialog360::Dialog360;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&Dialog360, bytes));
