//! Histories that nobody wrote: people, providers, customers and time do what a seed says, calls fail and functions die
//! where it says, and at the end it is looked whether what must always hold has held. No model of the gateway is asked:
//! only what was seen, told, stored and counted.
//!
//! A failure names its seed; `HISTORY_SEED=<seed> cargo test --workspace --test it histories` tells this history alone,
//! `HISTORIES=<count>` as many as one likes.

mod oracle;
mod world;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};

use tests::dice::Dice;

use self::oracle::Findings;
use self::world::World;

/// So many in an ordinary run.
const HISTORIES: u64 = 2000;

/// Seeds of an ordinary run begin here.
const FIRST_SEED: u64 = 20_261_122;

#[expect(clippy::disallowed_methods, reason = "who looks for a history names it by a variable")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[expect(
    clippy::print_stdout,
    reason = "what came of the histories is what a reader wants to know"
)]
fn say(line: &str) {
    println!("{line}");
}

/// README 10, 11: whatever people, providers and faults do, nothing that was accepted is lost, and nothing is said twice.
#[test]
fn what_must_always_hold_holds_in_every_history() {
    let seeds = match asked("HISTORY_SEED") {
        Some(seed) => seed..seed + 1,
        None => FIRST_SEED..FIRST_SEED + asked("HISTORIES").unwrap_or(HISTORIES),
    };
    let next = AtomicU64::new(seeds.start);
    let tellers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Findings::default();
    let mut failed: Vec<u64> = Vec::new();
    std::thread::scope(|scope| {
        let tellers: Vec<_> =
            (0..tellers).map(|_| scope.spawn(|| tell(&next, seeds.end))).collect();
        for teller in tellers {
            let (findings, seeds) = teller.join().expect("a teller catches what goes wrong");
            all.add(&findings);
            failed.extend(seeds);
        }
    });
    say(&format!("{all}; lost or doubled something {}", failed.len()));
    assert!(failed.is_empty(), "these seeds went wrong, as is said above: {failed:?}");
}

/// Tells histories until there are no more. What came of them, and the seeds of those that went wrong.
fn tell(next: &AtomicU64, end: u64) -> (Findings, Vec<u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let mut all = Findings::default();
    let mut failed = Vec::new();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return (all, failed);
        }
        let told = std::panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(world.tell(seed, Dice::new(seed)))
        }));
        let wrong = match told {
            Ok(findings) if findings.wrong.is_empty() => {
                all.add(&findings);
                continue;
            }
            Ok(findings) => findings.wrong.join("; "),
            Err(_) => "it could not be told to its end".to_owned(),
        };
        say(&format!("{}: {wrong}", again(seed)));
        failed.push(seed);
    }
}

/// How to tell it again.
fn again(seed: u64) -> String {
    format!("HISTORY_SEED={seed} cargo test --workspace --test it histories")
}
