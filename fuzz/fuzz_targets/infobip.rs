#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::infobip::Infobip;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&Infobip, bytes));
