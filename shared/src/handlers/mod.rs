//! Load, decide, save, emit. A handler is a struct of exactly the ports it uses, which is also its list of
//! permissions in the template.

use async_trait::async_trait;

use crate::error::Result;
use crate::ports::{Done, Taken};

pub mod admit;
mod as_link;
pub mod deliver;
mod effects;
pub mod expire;
pub mod follow_up;
mod holds;
pub mod hook;
mod identity;
pub mod manage;
mod media;
mod outgoing;
pub mod poll;
pub mod receive;
mod review;
pub mod route;
pub mod send;
mod submit;
mod upload;
mod wake;

pub use effects::message_job;

/// Works off a queue.
#[async_trait]
pub trait Worker: Send + Sync {
    /// What became of the job. A transient error is the same as [`Done::Again`]; any other error will not get better:
    /// the job goes to the dead letters.
    async fn work(&self, job: &Taken) -> Result<Done>;
}

/// Works by the clock.
#[async_trait]
pub trait Tick: Send + Sync {
    async fn tick(&self) -> Result<()>;
}
