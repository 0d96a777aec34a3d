//! What came of many tellings, as a table for whoever reads along. It judges nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use shared::faults::Fault;

use super::stories::{Carried, Story};

/// What came of all tellings of a story.
#[derive(Default)]
pub(super) struct Findings {
    /// Calls at which something went wrong.
    pub(super) points: usize,
    /// A point gone wrong in one way is one.
    pub(super) histories: usize,
    pub(super) deaths: usize,
    /// Messages and hooks that were not seen and should have been, and the other way round.
    pub(super) lost: usize,
    pub(super) doubled: usize,
    /// Where the call of a provider went wrong: in which way, whether it was made again, and how often that was so.
    pub(super) sendings: BTreeMap<(Fault, bool), usize>,
    /// What was not as it should be, in sentences.
    pub(super) wrong: Vec<String>,
}

impl Findings {
    fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.histories += other.histories;
        self.deaths += other.deaths;
        self.lost += other.lost;
        self.doubled += other.doubled;
        for (sending, count) in &other.sendings {
            *self.sendings.entry(*sending).or_default() += count;
        }
        self.wrong.extend(other.wrong.iter().cloned());
    }
}

/// All stories over a provider, and what resolved each sending that went wrong.
pub(super) fn table(carried: Carried, found: &[(Story, Findings)]) -> String {
    let mut table = format!(
        "{:<24}{:>8}{:>11}{:>8}{:>6}{:>9}{:>7}\n",
        format!("over {carried:?}"),
        "points",
        "histories",
        "deaths",
        "lost",
        "doubled",
        "wrong"
    );
    let mut line = |name: &str, f: &Findings| {
        let wrong = f.wrong.len();
        let _ = writeln!(
            table,
            "{name:<24}{:>8}{:>11}{:>8}{:>6}{:>9}{wrong:>7}",
            f.points, f.histories, f.deaths, f.lost, f.doubled
        );
    };
    let mut sum = Findings::default();
    for (story, findings) in found {
        line(&format!("{story:?}"), findings);
        sum.add(findings);
    }
    line("all", &sum);
    for ((fault, is_repeated), count) in &sum.sendings {
        let (what, resolved) = (format!("{fault:?}"), resolved(*fault, *is_repeated));
        let _ = writeln!(table, "  sending, {what:<15} {count:>3} x {resolved}");
    }
    table
}

/// What told how a sending went that went wrong.
fn resolved(fault: Fault, is_repeated: bool) -> &'static str {
    let is_unknown = match fault {
        Fault::DieBefore
        | Fault::DieAfter
        | Fault::LoseCall
        | Fault::LoseAnswer
        | Fault::LoseAnswerOnce => true,
        Fault::Fail | Fault::Throttle | Fault::Status(_) | Fault::Garbage => false,
    };
    match (is_unknown, is_repeated) {
        (true, true) => "unknown; no status came within two minutes, so it was sent again",
        (true, false) => "unknown; a status told that it had arrived",
        (false, true) => "not taken; sent again",
        (false, false) => "not taken; given up",
    }
}
