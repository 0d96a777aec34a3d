//! Other systems that we call or that call us, as pure build and read.

pub mod bot; // the customer's bots
mod bot_reply; // one reply of theirs
pub mod hook;
pub mod signature;
