//! When functions die and calls fail, nothing is lost and nothing is said twice. Each main story is told once as it
//! should go, while every call that a function makes is noted; then each of its steps again for each of these calls,
//! with something going wrong there. What came of it must be the same.
//!
//! In an ordinary run each call goes wrong in one way, the ways taking turns. `CRASHES=all cargo test --workspace --test
//! it crashes -- --nocapture` lets each go wrong in every way, which takes most of an hour. Each test closes with a table
//! of what it did and what was lost, doubled or resolved.

mod findings;
mod redrive;
mod stories;

use shared::faults::Fault;
use tests::Bundle;
use tests::bundle::Moment;
use tests::fate::Point;
use tests::ledger::Ledger;

use self::findings::{Findings, table};
use self::stories::{Carried, Stage, Step, Story};

/// What may befall any call.
const FAULTS: [Fault; 7] = [
    Fault::DieBefore,
    Fault::DieAfter,
    Fault::LoseAnswer,
    Fault::LoseAnswerOnce,
    Fault::Fail,
    Fault::Throttle,
    Fault::LoseCall,
];

/// What a provider may answer besides. A receiver that answers 200 has been told, so there it is no fault.
const ANSWERS: [Fault; 3] = [Fault::Status(500), Fault::Status(503), Fault::Garbage];

/// A step as it should go.
struct Told {
    before: Moment,
    step: Step,
    /// The calls that it made.
    reached: Vec<Point>,
    /// What had come of the story after it.
    ledger: Ledger,
}

/// Tells a story as it should go.
async fn tell(story: Story, carried: Carried, bundle: &Bundle) -> (Stage<'_>, Vec<Told>) {
    let (stage, steps) = story.begin(bundle, carried).await;
    let mut told = Vec::new();
    for step in steps {
        let before = bundle.moment();
        bundle.fate.watch(Vec::new());
        stage.take(&step).await;
        let (reached, ledger) = (bundle.fate.reached(), stage.ledger().await);
        told.push(Told { before, step, reached, ledger });
    }
    (stage, told)
}

#[expect(clippy::disallowed_methods, reason = "who wants the long run says so by a variable")]
pub(crate) fn all_ways() -> bool {
    std::env::var("CRASHES").is_ok_and(|value| value == "all")
}

#[expect(clippy::print_stdout, reason = "the ledger is what a reader of these tests wants")]
fn say(table: &str) {
    println!("{table}");
}

/// The ways in which the call at this place goes wrong in this run.
fn faults(point: &Point, place: usize) -> Vec<Fault> {
    let answers = if point.call == "http.provider" { &ANSWERS[..] } else { &[] };
    let ways: Vec<Fault> = FAULTS.iter().chain(answers).copied().collect();
    if all_ways() { ways } else { vec![ways[place % ways.len()]] }
}

/// Tells each step of the story again with faults at each of its calls that `concerns` us.
async fn everywhere(story: Story, carried: Carried, concerns: fn(&Point) -> bool) -> Findings {
    let bundle = Bundle::start().await;
    let (stage, told) = tell(story, carried, &bundle).await;
    let mut findings = Findings::default();
    for step in &told {
        for point in step.reached.iter().filter(|point| concerns(point)) {
            for fault in faults(point, findings.points) {
                findings.histories += 1;
                findings.deaths += usize::from(fault.is_death());
                again(&mut findings, &stage, step, point, fault).await;
            }
            findings.points += 1;
        }
    }
    findings
}

/// The step again with a fault. It must come to the same.
async fn again(
    findings: &mut Findings,
    stage: &Stage<'_>,
    told: &Told,
    point: &Point,
    fault: Fault,
) {
    let bundle = told.before.again();
    let stage = stage.again(&bundle);
    let strike = (point.clone(), fault);
    bundle.fate.watch(vec![strike.clone()]);
    stage.take(&told.step).await;
    assert_eq!(bundle.fate.struck(), [strike], "it went another way");
    let ledger = stage.ledger().await;
    let differences = ledger.differs(&told.ledger);
    if is_sending(point) && differences.is_empty() {
        let calls = |reached: &[Point]| reached.iter().filter(|point| is_sending(point)).count();
        let is_repeated = calls(&bundle.fate.reached()) > calls(&told.reached);
        *findings.sendings.entry((fault, is_repeated)).or_default() += 1;
    }
    findings.lost += ledger.misses(&told.ledger);
    findings.doubled += told.ledger.misses(&ledger);
    if !differences.is_empty() {
        let what = format!("{:?}: {fault:?} at {point}", told.step);
        findings.wrong.push(format!("{what}: {}", differences.join("; ")));
    }
}

/// A call that hands a message to its provider.
fn is_sending(point: &Point) -> bool {
    point.function == "message-deliver" && point.call == "http.provider"
}

/// All stories over a provider.
async fn all(carried: Carried, concerns: fn(&Point) -> bool) {
    let mut found = Vec::new();
    for story in Story::ALL {
        found.push((story, everywhere(story, carried, concerns).await));
    }
    say(&table(carried, &found));
    let wrong: Vec<&str> =
        found.iter().flat_map(|(_, found)| found.wrong.iter().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What differs from provider to provider.
fn is_providers(point: &Point) -> bool {
    let functions = ["webhook-gupshup", "message-deliver", "template-poll"];
    all_ways() || functions.contains(&point.function.as_str())
}

/// README 10, 11: over the Cloud API, whichever call of whichever function goes wrong.
#[tokio::test]
async fn meta_stories_come_to_the_same_whatever_goes_wrong() {
    all(Carried::Meta, |_| true).await;
}

/// README 10, 11: over Gupshup's self-serve product, which brings no reference of ours back.
#[tokio::test]
async fn self_serve_stories_come_to_the_same_whatever_goes_wrong() {
    all(Carried::SelfServe, is_providers).await;
}

/// README 10, 11: over Gupshup's enterprise gateway.
#[tokio::test]
async fn enterprise_stories_come_to_the_same_whatever_goes_wrong() {
    all(Carried::Enterprise, is_providers).await;
}
