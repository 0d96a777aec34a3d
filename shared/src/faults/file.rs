//! The plan of a whole process, in a file that may come and go while it runs. Each line is a fault, the function and
//! the call that it waits for, and which of these calls since the plan came:
//!
//! ```text
//! die message-deliver sqs.SendMessage after 2
//! lose-answer local dynamodb.PutItem 7
//! ```
//!
//! An empty plan only notes what is called, in a file beside it that ends in `.reached`: a line per call. A death is
//! died once: before it the plan is renamed, so that it ends in `.done` and a process that is started again goes on.

use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Fault, Plan};

/// A plan in a file.
pub struct PlanFile {
    path: PathBuf,
    read: Mutex<Read>,
}

/// The plan as it was last read.
#[derive(Default)]
struct Read {
    text: String,
    strikes: Vec<Strike>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Strike {
    fault: Fault,
    function: String,
    call: String,
    /// Calls until it strikes; 0 once it has.
    left: u32,
}

impl PlanFile {
    /// The file need not be there.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), read: Mutex::default() }
    }

    fn note(&self, function: &str, call: &str) {
        let path = self.path.with_extension("reached");
        let file = OpenOptions::new().create(true).append(true).open(path);
        let noted =
            file.and_then(|mut file| file.write_all(format!("{function} {call}\n").as_bytes()));
        if let Err(error) = noted {
            tracing::error!(%error, "a call cannot be noted");
        }
    }
}

#[async_trait]
impl Plan for PlanFile {
    fn meet(&self, function: &str, call: &str) -> Option<Fault> {
        let text = fs::read_to_string(&self.path).ok()?;
        self.note(function, call);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.text != text {
            read.strikes = text.lines().filter_map(strike).collect();
            read.text = text;
        }
        let waiting = read.strikes.iter_mut();
        let met: Vec<_> = waiting
            .filter(|s| s.left > 0 && s.function == function && s.call == call)
            .filter_map(|strike| {
                strike.left -= 1;
                (strike.left == 0).then_some(strike.fault)
            })
            .collect();
        let fault = met.first().copied();
        if fault.is_some_and(Fault::is_death)
            && let Err(error) = fs::rename(&self.path, self.path.with_extension("done"))
        {
            tracing::error!(%error, "a plan cannot be renamed");
        }
        fault
    }

    async fn die(&self) -> Infallible {
        let id = std::process::id().to_string();
        // What is waited for is the signal, which nobody survives; without one the process ends all the same.
        let _ = Command::new("kill").args(["-KILL", &id]).status();
        std::process::abort()
    }
}

/// A line of a plan. One that cannot be read is told and left out.
fn strike(line: &str) -> Option<Strike> {
    let read = read_strike(line);
    if read.is_none() && !line.is_empty() {
        tracing::error!(line, "a line of the plan cannot be read");
    }
    read
}

fn read_strike(line: &str) -> Option<Strike> {
    let mut words = line.split_whitespace();
    let (what, function, call) = (words.next()?, words.next()?, words.next()?);
    let fault = match what {
        "die" => match words.next()? {
            "before" => Fault::DieBefore,
            "after" => Fault::DieAfter,
            _ => return None,
        },
        "fail" => Fault::Fail,
        "throttle" => Fault::Throttle,
        "lose-call" => Fault::LoseCall,
        "lose-answer" => Fault::LoseAnswer,
        "lose-answer-once" => Fault::LoseAnswerOnce,
        _ => return None,
    };
    let left = words.next()?.parse().ok()?;
    let strike = Strike { fault, function: function.to_owned(), call: call.to_owned(), left };
    words.next().is_none().then_some(strike)
}
