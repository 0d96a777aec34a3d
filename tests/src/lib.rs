//! Stories run on a `Bundle`: the whole gateway in one process, on the local ports, against the simulator. Nothing
//! moves by itself: a story posts, steps and turns the clock, and looks at what users saw and customers got.

#![expect(clippy::missing_panics_doc, reason = "a story that cannot go on panics")]

pub mod bundle; // the gateway, and time as it passes there
pub mod clock; // one time for both sides
pub mod count; // calls of AWS services
pub mod customer; // who calls the API and gets hooks
mod gateway; // put together from its handlers
pub mod people; // users with their phones
pub mod stage; // what stories begin with
pub mod wire; // the network of a story

pub use bundle::Bundle;
pub use customer::{Customer, Reply};
pub use people::Person;
