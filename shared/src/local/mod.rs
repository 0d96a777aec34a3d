//! The ports in one process, for the local host and the tests.
