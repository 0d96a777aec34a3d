//! What the local host is started with.

use std::path::PathBuf;

use clap::Parser;

/// The whole gateway on this machine, with simulated WhatsApp providers and a phone to write with.
///
/// Open the phone in a browser, write as a user, approve templates, turn the clock. Nothing leaves this machine.
/// Everything is kept in one folder and goes on after a restart, with its queues and timers. To begin anew, stop it
/// and delete the folder.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "local",
    version,
    after_help = "\
Examples:
  cargo run -p local
  cargo run -p local -- --port 9080 --simulator-port 9081 --folder /tmp/wharf

The API key is made at the first start and kept in the file `api-key` of the folder."
)]
pub(crate) struct Args {
    /// Where state, keys and files are kept; made at the first start
    #[arg(long, value_name = "FOLDER", default_value = ".wharf")]
    pub(crate) folder: PathBuf,

    /// The gateway's port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub(crate) port: u16,

    /// The port of the simulator and its phone on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    pub(crate) simulator_port: u16,

    /// What is logged: error, warn, info or debug, also by module (`shared=debug`)
    #[arg(long, value_name = "FILTER", default_value = "warn,dynoxide=error")]
    pub(crate) log: String,
}
