//! Other systems that we call or that call us, as pure build and read.

pub mod hook;
pub mod signature;
