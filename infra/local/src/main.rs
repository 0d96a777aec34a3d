//! `cargo run -p local`: the whole gateway in one process, and beside it the simulator with its phone. It is for
//! trying out and developing; it listens on this machine only and is never deployed.

mod args; // what it is started with
mod clock; // turning time
mod demo; // what is there at the first start
mod failure; // why it does not start, in sentences
mod folder; // where everything is kept
mod gateway; // the handlers on the local ports
mod loops; // what goes on by itself
mod serve; // two listeners, and the end
mod words; // what it says when it has started

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use args::Args;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    // A condition that does not hold is no fault of the engine's, yet it warns of each.
    let filter = format!("dynoxide=error,{}", args.log);
    let filter: Result<Targets, _> = filter.parse();
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
    match serve::run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where nobody reads the error there is nobody to tell.
            let _ = writeln!(stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}
