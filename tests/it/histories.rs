//! Histories that nobody wrote: people, providers, customers and time do what a seed says, calls fail and functions die
//! where it says, and at the end it is looked whether what must always hold has held. No model of the gateway is asked:
//! only what was seen, told, stored and counted.
//!
//! A failure names its seed; `HISTORY_SEED=<seed> cargo test --workspace --test it histories` tells this history alone,
//! `HISTORIES=<count>` as many as one likes.

mod oracle;
mod world;

use std::panic::AssertUnwindSafe;

use tests::dice::Dice;

use self::oracle::Findings;
use self::world::World;

/// So many in an ordinary run.
const HISTORIES: u64 = 200;

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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let seeds = match asked("HISTORY_SEED") {
        Some(seed) => seed..seed + 1,
        None => FIRST_SEED..FIRST_SEED + asked("HISTORIES").unwrap_or(HISTORIES),
    };
    let mut all = Findings::default();
    let mut failed: Vec<u64> = Vec::new();
    for seed in seeds {
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
    say(&all.to_string());
    assert!(failed.is_empty(), "these seeds went wrong, as is said above: {failed:?}");
}

/// How to tell it again.
fn again(seed: u64) -> String {
    format!("HISTORY_SEED={seed} cargo test --workspace --test it histories")
}
