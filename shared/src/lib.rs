//! The gateway, but for the few lines that make a function of it. The modules from the middle outwards:

mod aead; // sealing with a key at hand
pub mod aws; // the ports on AWS
pub mod config; // every variable by name
pub mod domain; // pure rules and types
pub mod error; // the one error type
#[cfg(feature = "faults")]
pub mod faults; // calls that go wrong on purpose
pub mod handlers; // load, decide, save, emit
pub mod http; // routers and their errors
#[cfg(feature = "local")]
pub mod local; // the ports in one process
pub mod partner; // other systems, the same way: the customer's hooks
pub mod ports; // what is needed from the outside, as traits
pub mod provider; // WhatsApp providers: pure functions over bytes
pub mod runtime; // what a function's main.rs calls
pub mod store; // the single table
