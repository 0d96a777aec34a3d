//! How fast functions start and how little a webhook costs: the built webhook of Meta against stand-ins of the Lambda
//! runtime and of AWS over TLS, a bare function beside it, and the same job in Node.js and Python. It prints figures
//! and judges none.
//!
//! ```sh
//! cargo bench --workspace --bench start              # both profiles: minutes of building when it is run first
//! cargo bench --workspace --bench start -- release   # one of them
//! ```
//!
//! A webhook is one signed text message. The first one reads the channel, opens its credentials by the key service,
//! and puts a message on the queue; the next ones find the channel remembered. The binaries are those that are
//! deployed: the bench's certificate is named to them by `AWS_CA_BUNDLE`, besides the roots of AWS.

#![expect(clippy::print_stdout, reason = "figures are printed")]

mod doubles;
mod lambda;
mod measure;
mod process;
mod programs;
mod report;
mod tls;

use axum::body::Bytes;
use ring::hmac;
use serde_json::json;

use doubles::Aws;
use measure::Bench;
use programs::{Program, find, folder};
use report::Row;

/// Runs of each program, taking turns, so that whatever else the machine does meets all of them.
const RUNS: usize = 15;
const PROFILES: [&str; 2] = ["release", "deploy"];

const MESSAGE: &str = include_str!("../../fixtures/meta/inbound-text.json");

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = folder();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let is_wanted = |profile: &&str| wanted.is_empty() || wanted.iter().any(|w| w == profile);
    let mut programs: Vec<Program> =
        PROFILES.into_iter().filter(is_wanted).flat_map(programs::rust).collect();
    for other in [programs::node(), programs::python()] {
        match other {
            Ok(program) => programs.push(program),
            Err(missing) => println!("{missing}"),
        }
    }
    let aws = Aws::start(&folder.join("tls")).await;
    let event = event(&aws);
    let bench = Bench { aws, event, folder };
    let rows = measure(&bench, programs).await;
    println!("\n{}\n{}", report::machine(), report::table(&rows));
    tell_ratios(&rows);
    tell_files(&bench, &rows).await;
}

/// The webhook as API Gateway hands it over, signed.
fn event(aws: &Aws) -> Bytes {
    let channel = tests::channels::meta();
    let secret = channel.credentials.get("app_secret").expect("Meta signs");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = format!("sha256={}", hex::encode(hmac::sign(&key, MESSAGE.as_bytes())));
    let path = format!("/v1/webhooks/cloud_api/{}", aws.channel);
    let event = json!({
        "version": "2.0",
        "routeKey": "POST /v1/webhooks/cloud_api/{channel}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": MESSAGE.len().to_string(),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "facebookexternalua",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            "x-hub-signature-256": signature,
        },
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "facebookexternalua",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /v1/webhooks/cloud_api/{channel}",
            "stage": "$default",
            "time": "11/Mar/2024:15:00:01 +0000",
            "timeEpoch": 1_710_169_201_000_i64,
        },
        "body": MESSAGE,
        "isBase64Encoded": false,
    });
    event.to_string().into()
}

async fn measure(bench: &Bench, programs: Vec<Program>) -> Vec<Row> {
    let valgrind = find("valgrind");
    if valgrind.is_none() {
        println!("valgrind is not on this machine: instructions are not counted.");
    }
    let mut rows = Vec::new();
    for program in programs {
        let instructions = match &valgrind {
            Some(valgrind) if program.is_native => {
                Some(bench.instructions(&program, valgrind).await)
            }
            Some(_) | None => None,
        };
        rows.push(Row { program, runs: Vec::new(), instructions });
    }
    for _ in 0..RUNS {
        for row in &mut rows {
            row.runs.push(bench.run(&row.program).await);
        }
    }
    rows
}

/// Each webhook of ours against the bare function before it and against other languages.
fn tell_ratios(rows: &[Row]) {
    let is_ours = |row: &&Row| row.program.is_webhook && row.program.is_native;
    for ours in rows.iter().filter(is_ours) {
        for other in rows.iter().filter(|row| !is_ours(row)) {
            let (less, more) = (report::ratio(ours, other), report::ratio(other, ours));
            let (name, other) = (&ours.program.name, &other.program.name);
            println!(
                "CPU to the first answer: {name} is {less:.2} of {other}, which is {more:.1} of it"
            );
        }
    }
}

/// That no store of certificates is read shows in the list of everything that is opened.
async fn tell_files(bench: &Bench, rows: &[Row]) {
    let Some(strace) = find("strace") else {
        println!("strace is not on this machine: opened files are not listed.");
        return;
    };
    for row in rows.iter().filter(|row| row.program.is_webhook && row.program.is_native) {
        let files = bench.opened(&row.program, &strace).await;
        println!("\n{} opens, from its start to the first answer:", row.program.name);
        for file in files {
            println!("  {file}");
        }
    }
}
