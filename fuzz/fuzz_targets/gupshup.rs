#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::gupshup::Gupshup;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&Gupshup, bytes));
