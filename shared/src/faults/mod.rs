//! Faults on purpose. Every call that leaves a function passes a plan, which may let it fail, lose its answer, or end
//! the process before or after it. Tests have this module, by the cargo feature `faults`; what is deployed does not.
//! It knows calls and no messages.

mod client; // around the clients of AWS services
mod file; // a plan for a whole process, out of a file
mod ports; // around the ports

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;

pub use file::PlanFile;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The process ends before the call is made.
    DieBefore,
    /// The process ends when the call has taken effect, before anybody heard of it.
    DieAfter,
    /// It fails, without an effect. A call over HTTP does not reach its host.
    Fail,
    /// It is refused for being one too many, without an effect.
    Throttle,
    /// No answer comes, and it had no effect.
    LoseCall,
    /// It takes effect, and no answer comes.
    LoseAnswer,
    /// The same for the first attempt of a client that tries again by itself.
    LoseAnswerOnce,
    /// Over HTTP it is answered with this status, without an effect. Any other call fails.
    Status(u16),
    /// Over HTTP it is answered with bytes that mean nothing, without an effect. Any other call fails.
    Garbage,
}

impl Fault {
    /// Whether the process ends of it.
    pub const fn is_death(self) -> bool {
        matches!(self, Self::DieBefore | Self::DieAfter)
    }
}

/// Says what goes wrong.
#[async_trait]
pub trait Plan: Send + Sync {
    /// Asked once for each call, before it is made, whatever attempts it takes. `call` is the service and the
    /// operation, such as `dynamodb.PutItem` or `queue.message`.
    fn meet(&self, function: &str, call: &str) -> Option<Fault>;

    /// Ends the process: whoever waits for this goes no further.
    async fn die(&self) -> Infallible;
}

/// The faults of one function.
#[derive(Clone)]
pub struct Faults {
    function: &'static str,
    plan: Arc<dyn Plan>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("function", &self.function).finish_non_exhaustive()
    }
}

/// What is left of a call that went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Broken {
    #[error("it failed on purpose")]
    Failed,
    #[error("it was throttled on purpose")]
    Throttled,
    #[error("its answer was lost on purpose")]
    NoAnswer,
    #[error("it was answered with {0} on purpose")]
    Answered(u16),
    #[error("it was answered with garbage on purpose")]
    Garbled,
}

impl Faults {
    pub fn new(function: &'static str, plan: Arc<dyn Plan>) -> Self {
        Self { function, plan }
    }

    fn meet(&self, call: &str) -> Option<Fault> {
        self.plan.meet(self.function, call)
    }

    /// Makes a call, unless the plan has it otherwise.
    async fn around<T>(&self, call: &str, made: impl Future<Output = T>) -> Result<T, Broken> {
        self.strike(self.meet(call), made).await
    }

    async fn strike<T>(
        &self,
        fault: Option<Fault>,
        made: impl Future<Output = T>,
    ) -> Result<T, Broken> {
        match fault {
            None => Ok(made.await),
            Some(Fault::DieBefore) => match self.plan.die().await {},
            Some(Fault::DieAfter) => {
                made.await;
                match self.plan.die().await {}
            }
            Some(Fault::Fail) => Err(Broken::Failed),
            Some(Fault::Throttle) => Err(Broken::Throttled),
            Some(Fault::LoseCall) => Err(Broken::NoAnswer),
            Some(Fault::LoseAnswer | Fault::LoseAnswerOnce) => {
                made.await;
                Err(Broken::NoAnswer)
            }
            Some(Fault::Status(status)) => Err(Broken::Answered(status)),
            Some(Fault::Garbage) => Err(Broken::Garbled),
        }
    }
}

#[cfg(test)]
mod tests;
