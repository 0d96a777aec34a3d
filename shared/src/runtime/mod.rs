//! What a function's main.rs calls.
