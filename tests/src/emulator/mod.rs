//! An AWS emulator for tests, in a process of its own: the same on every machine, with permissions that are enforced
//! and a clock that can be turned. What is known to differ from AWS is written beside the test that would see it.

mod account;
mod clock;
mod patience;
mod stack;
mod story;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

pub use account::{Account, Services};
pub use clock::Turned;
pub use stack::Stack;
pub use story::Deployed;

use crate::python::Environment;

/// Where everything is.
pub const REGION: &str = "eu-central-1";

const LOG: &str = "log";
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What turns the clock of a process that is started with it, and of those that this one starts.
const FAKETIME: &str = "libfaketime/vendor/libfaketime/src/libfaketime.so.1";

/// A running emulator. It ends with this process at the latest.
pub struct Emulator {
    child: Child,
    port: u16,
    environment: Environment,
    /// It lies here, with everything that it and its functions write.
    folder: PathBuf,
    clock: Turned,
    is_shared: bool,
    accounts: AtomicU64,
}

impl Emulator {
    /// The emulator of all tests that take the time as it comes.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::new(&[], true))
    }

    /// One with a clock of its own. Its functions get these variables besides those of their template.
    ///
    /// # Panics
    /// Where it cannot be installed or does not start, with what is missing.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::new(variables, false)
    }

    fn new(variables: &[(&str, &str)], is_shared: bool) -> Self {
        static INSTALLED: LazyLock<Environment> =
            LazyLock::new(|| Environment::of("emulator", REQUIREMENTS));
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let environment = INSTALLED.clone();
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("wharf-emulator-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        let clock = Turned::new(&folder);
        let (mut child, said) = launch(&environment, &folder, &clock, variables);
        let port = said.trim().parse().unwrap_or_else(|_| {
            // Fails where it has ended already.
            let _ = child.kill();
            let log = fs::read_to_string(folder.join(LOG)).unwrap_or_default();
            panic!("the emulator does not start: {log}")
        });
        let accounts = AtomicU64::new(0);
        Self { child, port, environment, folder, clock, is_shared, accounts }
    }

    /// An empty account of its own.
    pub fn account(&self) -> Account<'_> {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        Account::new(self, format!("{:012}", 100_000_000_000 + number))
    }

    /// The account of whoever calls without a signature: HTTP APIs of other accounts are not found by the emulator.
    pub(crate) fn home(&self) -> Account<'_> {
        Account::new(self, "000000000000".to_owned())
    }

    /// The clock of the emulator and of its functions.
    pub fn clock(&self) -> &Turned {
        &self.clock
    }

    /// Turns the clock forward, in whole seconds.
    ///
    /// # Panics
    /// Where it is everybody's clock.
    pub fn turn(&self, by: Duration) {
        assert!(!self.is_shared, "a story that turns the clock starts an emulator of its own");
        self.clock.turn(by);
    }

    /// What it wrote into its log, for whoever wonders why a test fails.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join(LOG)).unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It ends, with its functions and its folder, when nobody holds its input any more.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Starts the launcher. Its first line is the port; nothing, if it ended before.
fn launch(
    environment: &Environment,
    folder: &Path,
    clock: &Turned,
    variables: &[(&str, &str)],
) -> (Child, String) {
    let log = fs::File::create(folder.join(LOG)).expect("a log can be written");
    let launcher = concat!(env!("CARGO_MANIFEST_DIR"), "/src/emulator/launcher.py");
    let mut child = environment
        .python()
        .arg(launcher)
        .current_dir(folder)
        .env_clear()
        // Functions inherit all of this.
        .env("PATH", environment.path())
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("LD_PRELOAD", environment.file(FAKETIME))
        .env("FAKETIME_TIMESTAMP_FILE", clock.file())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("MINISTACK_REGION", REGION)
        .env("AUTH", "true")
        .env("LOG_LEVEL", "WARNING")
        .envs(variables.iter().copied())
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the environment was just made");
    let mut said = String::new();
    let output = child.stdout.take().expect("its output is piped");
    let _ = BufReader::new(output).read_line(&mut said);
    (child, said)
}
