//! How a program is measured: processor and memory as the kernel counts them, instructions under valgrind, opened
//! files under strace. Each measure is a run of its own, from the start of the process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Bytes;

use crate::doubles::Aws;
use crate::lambda::Lambda;
use crate::process::Running;
use crate::programs::Program;

/// Webhooks after the first.
const WARM: u32 = 40;

/// What one run took of the processor and of memory.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// To the first question for work.
    pub(crate) ready: Duration,
    /// To the first answer.
    pub(crate) first: Duration,
    /// Each of the next webhooks, on average.
    pub(crate) warm: Duration,
    /// Bytes.
    pub(crate) memory_peak: u64,
}

/// Valgrind is so slow that warming may run out of its second at the start; the first webhook then does what was cut
/// off once more. The least of some runs is nearest to the truth.
const COUNTS: usize = 3;

/// The same in instructions.
#[derive(Clone, Copy)]
pub(crate) struct Instructions {
    pub(crate) ready: u64,
    pub(crate) first: u64,
    pub(crate) warm: u64,
}

/// The bench's surroundings.
pub(crate) struct Bench {
    pub(crate) aws: Aws,
    /// The webhook as API Gateway hands it over.
    pub(crate) event: Bytes,
    pub(crate) folder: PathBuf,
}

impl Bench {
    /// Starts, answers one webhook, and more of them.
    pub(crate) async fn run(&self, program: &Program) -> Run {
        let (mut lambda, mut running) = self.start(&program.command).await;
        running.until(lambda.asked()).await;
        let ready = running.cpu().await;
        running.until(lambda.invoke(&self.event)).await;
        let first = running.cpu().await;
        for _ in 0..WARM {
            running.until(lambda.invoke(&self.event)).await;
        }
        let warm = running.cpu().await.saturating_sub(first) / WARM;
        self.check_messages(program, WARM + 1);
        Run { ready, first, warm, memory_peak: running.memory_peak() }
    }

    /// Instructions of a program of machine code, by three runs of other lengths.
    pub(crate) async fn instructions(&self, program: &Program, valgrind: &Path) -> Instructions {
        let ready = self.collected(program, valgrind, 0).await;
        let first = self.collected(program, valgrind, 1).await;
        let all = self.collected(program, valgrind, 1 + WARM).await;
        Instructions { ready, first, warm: all.saturating_sub(first) / u64::from(WARM) }
    }

    async fn collected(&self, program: &Program, valgrind: &Path, webhooks: u32) -> u64 {
        let mut least = u64::MAX;
        for _ in 0..COUNTS {
            least = least.min(self.collect(program, valgrind, webhooks).await);
        }
        least
    }

    async fn collect(&self, program: &Program, valgrind: &Path, webhooks: u32) -> u64 {
        let log = self.folder.join("callgrind.log");
        let mut command: Vec<PathBuf> = vec![
            valgrind.to_owned(),
            "--tool=callgrind".into(),
            "--callgrind-out-file=/dev/null".into(),
            format!("--log-file={}", log.display()).into(),
        ];
        command.extend(program.command.clone());
        self.answer(&command, program, webhooks).await;
        let log = fs::read_to_string(log).expect("valgrind writes its log");
        let line = log.lines().find_map(|line| line.split_once("Collected : "));
        line.and_then(|(_, number)| number.trim().parse().ok()).expect("a number of instructions")
    }

    /// The files that a program opens from its start to its first answer, in order.
    pub(crate) async fn opened(&self, program: &Program, strace: &Path) -> Vec<String> {
        let log = self.folder.join("strace.log");
        let mut command = vec![strace.to_owned()];
        command.extend(["-f", "-e", "trace=open,openat,openat2", "-o"].map(PathBuf::from));
        command.push(log.clone());
        command.extend(program.command.clone());
        self.answer(&command, program, 1).await;
        let log = fs::read_to_string(log).expect("strace writes its log");
        // `12 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 9`
        let opened = log.lines().filter(|line| !line.contains(") = -1"));
        opened.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
    }

    /// Starts, answers so many webhooks, and ends.
    async fn answer(&self, command: &[PathBuf], program: &Program, webhooks: u32) {
        let (mut lambda, mut running) = self.start(command).await;
        running.until(lambda.asked()).await;
        for _ in 0..webhooks {
            running.until(lambda.invoke(&self.event)).await;
        }
        running.end();
        self.check_messages(program, webhooks);
    }

    async fn start(&self, command: &[PathBuf]) -> (Lambda, Running) {
        let lambda = Lambda::start().await;
        let mut environment: BTreeMap<_, _> = self.aws.environment.clone();
        environment.extend([
            ("AWS_LAMBDA_RUNTIME_API", lambda.address.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ]);
        let running = Running::start(command, &environment);
        (lambda, running)
    }

    /// A program that answers without doing the work would be fast.
    fn check_messages(&self, program: &Program, webhooks: u32) {
        let expected = if program.is_webhook { webhooks as usize } else { 0 };
        assert_eq!(self.aws.take_messages(), expected, "messages of {}", program.name);
    }
}
