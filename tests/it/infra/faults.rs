//! The faults that a check has found so far. A check goes on after the first one.

use std::fmt::Debug;

#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// A fault, unless it holds.
    pub(super) fn expect(&mut self, holds: bool, fault: impl Into<String>) {
        if !holds {
            self.0.push(fault.into());
        }
    }

    /// A fault, unless both are the same.
    #[expect(clippy::needless_pass_by_value, reason = "checks make both on the spot")]
    pub(super) fn same<T: PartialEq + Debug>(&mut self, what: &str, is: T, should_be: T) {
        if is != should_be {
            self.0.push(format!("{what} is {is:?} and should be {should_be:?}"));
        }
    }

    pub(super) fn found(self) -> Vec<String> {
        self.0
    }
}
