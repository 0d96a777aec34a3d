//! The ports in one process, for the local host and the tests. Queues and timers stand still until somebody steps
//! them; the clock can be turned. What must survive a restart lies in the engine's file.

pub mod audit;
pub mod clock;
pub mod engine;
pub mod media;
pub mod queue;
pub mod random;
pub mod secrets;
pub mod shelf;
pub mod timers;
