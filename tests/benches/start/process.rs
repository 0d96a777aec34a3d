//! A program that was started as Lambda starts it: what it has used of the processor and of memory, as the kernel
//! counts it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

/// A running program; it ends with this value.
pub(crate) struct Running {
    child: Child,
    /// What it says, once it has ended.
    said: JoinHandle<String>,
}

impl Running {
    pub(crate) fn start<S: AsRef<OsStr>>(
        command: &[S],
        environment: &BTreeMap<&'static str, String>,
    ) -> Self {
        let (program, arguments) = command.split_first().expect("a program");
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(environment);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stderr = child.stderr.take().expect("it is piped");
        let said = spawn_blocking(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).map(|_| said).unwrap_or_default()
        });
        Self { child, said }
    }

    /// Waits for what the program is to do. If it ends instead, so does the bench.
    pub(crate) async fn until<T>(&mut self, done: impl Future<Output = T>) -> T {
        tokio::select! {
            done = done => done,
            said = &mut self.said => panic!("the program has ended: {}", said.unwrap_or_default()),
        }
    }

    /// Asks it to end, and waits until it has. Under strace it is the child that is asked, and strace ends with it.
    pub(crate) fn end(mut self) {
        let own = self.child.id().to_string();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let children = children.expect("the kernel tells about processes that run");
        let id = children.split_whitespace().next().unwrap_or(&own);
        let asked = Command::new("kill").args(["-TERM", id]).status().expect("the command kill");
        assert!(asked.success(), "it was still running");
        self.child.wait().expect("it is ours");
    }

    /// The processor's time of all threads, once all of them wait: the kernel adds a thread's time up when it leaves
    /// the processor.
    pub(crate) async fn cpu(&self) -> Duration {
        while self.threads().iter().any(|thread| is_busy(thread)) {
            tokio::task::yield_now().await;
        }
        let spent = |thread: &PathBuf| -> u64 {
            let schedule = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
            schedule.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
        };
        Duration::from_nanos(self.threads().iter().map(spent).sum())
    }

    /// The most memory that it ever held, in bytes.
    pub(crate) fn memory_peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the kernel tells about processes that run");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes.and_then(|number| number.parse::<u64>().ok()).expect("its peak") * 1024
    }

    fn threads(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let entries = folder.expect("the kernel tells about processes that run");
        entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
    }
}

/// Whether a thread wants the processor. A thread that has just ended does not.
fn is_busy(thread: &std::path::Path) -> bool {
    let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    // Its name stands in brackets before the state and may hold anything.
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('R'))
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
