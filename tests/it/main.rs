//! Stories over the whole gateway, and what holds for the repository as a whole.

mod behaviours;
mod hooks;
mod statuses;
