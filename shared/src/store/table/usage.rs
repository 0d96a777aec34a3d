//! What the table was asked for, counted (README 17: the bundle counts its calls and units), and by which actions: a
//! function is allowed those and no others.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// An action as permissions name it. In a transaction each write is the action that it would be alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    GetItem,
    /// Of the table itself.
    Query,
    /// Of the index, which is a resource of its own.
    QueryIndex,
    BatchGetItem,
    PutItem,
    UpdateItem,
    DeleteItem,
    ConditionCheckItem,
}

impl Action {
    pub const ALL: [Self; 8] = [
        Self::GetItem,
        Self::Query,
        Self::QueryIndex,
        Self::BatchGetItem,
        Self::PutItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::ConditionCheckItem,
    ];

    /// As it stands in a policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetItem => "dynamodb:GetItem",
            Self::Query | Self::QueryIndex => "dynamodb:Query",
            Self::BatchGetItem => "dynamodb:BatchGetItem",
            Self::PutItem => "dynamodb:PutItem",
            Self::UpdateItem => "dynamodb:UpdateItem",
            Self::DeleteItem => "dynamodb:DeleteItem",
            Self::ConditionCheckItem => "dynamodb:ConditionCheckItem",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What the table was asked for so far in this process.
#[derive(Debug, Default)]
pub struct Usage {
    calls: AtomicU64,
    /// One bit for each [`Action`].
    actions: AtomicU32,
    /// In tenths, because an eventually consistent read is half a unit.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
}

/// A reading of [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Units {
    pub calls: u64,
    pub read: f64,
    pub write: f64,
}

impl Usage {
    #[expect(clippy::cast_precision_loss, reason = "counts of a process stay far below 2^52")]
    pub fn units(&self) -> Units {
        let tenths = |n: &AtomicU64| n.load(Ordering::Relaxed) as f64 / 10.0;
        Units {
            calls: self.calls.load(Ordering::Relaxed),
            read: tenths(&self.read_tenths),
            write: tenths(&self.write_tenths),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "units are small and positive"
    )]
    pub(super) fn add(&self, capacity: Option<&ConsumedCapacity>, is_write: bool) {
        let tenths = capacity
            .and_then(ConsumedCapacity::capacity_units)
            .map_or(0, |units| (units * 10.0) as u64);
        let counter = if is_write { &self.write_tenths } else { &self.read_tenths };
        counter.fetch_add(tenths, Ordering::Relaxed);
    }

    /// The actions that were used so far.
    pub fn actions(&self) -> Vec<Action> {
        let used = self.actions.load(Ordering::Relaxed);
        Action::ALL.into_iter().filter(|action| used & action.bit() != 0).collect()
    }

    /// A call of one action.
    pub(super) fn call(&self, action: Action) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.note(action);
    }

    /// A transaction: one call of several actions.
    pub(super) fn transaction(&self, actions: impl IntoIterator<Item = Action>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        actions.into_iter().for_each(|action| self.note(action));
    }

    fn note(&self, action: Action) {
        self.actions.fetch_or(action.bit(), Ordering::Relaxed);
    }
}
