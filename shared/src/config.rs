//! Every variable by name.
