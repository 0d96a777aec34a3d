//! The single table: the DynamoDB client, and in `expression` every expression there is. What the items mean is in the
//! files beside this folder; their keys are in `keys`.

mod client;
mod expression;
mod item;
mod range;
mod usage;
mod write;

pub use client::Table;
pub use item::{Item, Value};
pub use range::{Page, Range};
pub use usage::{Action, Units, Usage};
pub use write::{Changes, When, Write, Written};

/// Name of the index over `gpk` and `gsk`. It projects keys only.
pub const INDEX: &str = "index1";

/// Names of attributes. Short, because names are paid for.
pub mod attr {
    pub const PK: &str = "pk";
    pub const SK: &str = "sk";
    /// Partition and sort key of the index.
    pub const GPK: &str = "gpk";
    pub const GSK: &str = "gsk";
    /// The item's type as JSON.
    pub const DOC: &str = "d";
    /// The same, packed: in place of it.
    pub const PACKED: &str = "z";
    pub const VERSION: &str = "v";
    /// Epoch seconds after which the item is gone; DynamoDB deletes it within days, readers at once.
    pub const TTL: &str = "ttl";
    /// Rank of a message's status, for the rank guard.
    pub const RANK: &str = "sr";
    /// Who wrote the item: the id of the queue's job.
    pub const WRITER: &str = "w";
}
