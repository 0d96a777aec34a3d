#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::provider::aws_social::AwsSocial;

fuzz_target!(|bytes: &[u8]| fuzz::feed(&AwsSocial, bytes));
