//! The figures as a table in Markdown, and the machine that they are from.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use crate::measure::{Instructions, Run};
use crate::programs::{Program, find, version};

/// A program with what was measured of it.
pub(crate) struct Row {
    pub(crate) program: Program,
    /// Several, of which the middle counts.
    pub(crate) runs: Vec<Run>,
    /// Where valgrind is, and the program is machine code.
    pub(crate) instructions: Option<Instructions>,
}

const HEAD: &str = "\
| function | binary, MB | zipped, MB | memory, MB | CPU to ready, ms | to the first answer, ms | a warm webhook, ms | \
M instructions to ready | to the first answer | a warm webhook |
|---|---|---|---|---|---|---|---|---|---|
";

/// One line per program.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = HEAD.to_owned();
    for row in rows {
        let (size, zipped) = match &row.program.file {
            Some(file) => {
                let bytes = fs::read(file).expect("it was just run");
                // What a zip holds; its names and sums are some hundred bytes.
                let zipped = miniz_oxide::deflate::compress_to_vec(&bytes, 6);
                (megabytes(bytes.len()), megabytes(zipped.len()))
            }
            None => ("-".to_owned(), "-".to_owned()),
        };
        let memory = median(row, |run| run.memory_peak);
        let cpu = [
            millis(median(row, |run| run.ready)),
            millis(median(row, |run| run.first)),
            millis(median(row, |run| run.warm)),
        ];
        let instructions = match row.instructions {
            Some(count) => [count.ready, count.first, count.warm].map(millions),
            None => ["-", "-", "-"].map(str::to_owned),
        };
        let memory = megabytes(usize::try_from(memory).unwrap_or(usize::MAX));
        let cells =
            [vec![row.program.name.clone(), size, zipped, memory], cpu.into(), instructions.into()];
        let _ = writeln!(table, "| {} |", cells.concat().join(" | "));
    }
    table
}

/// How often a program's way to the first answer fits into another's.
pub(crate) fn ratio(of: &Row, to: &Row) -> f64 {
    median(of, |run| run.first).as_secs_f64() / median(to, |run| run.first).as_secs_f64()
}

fn median<T: Ord + Copy>(row: &Row, of: impl Fn(&Run) -> T) -> T {
    let mut values: Vec<T> = row.runs.iter().map(of).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / 1_000_000.0)
}

#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn millions(count: u64) -> String {
    format!("{:.2}", count as f64 / 1_000_000.0)
}

fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// Processor, load and the versions that matter.
pub(crate) fn machine() -> String {
    let line = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
    };
    let processor = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let versions = ["rustc", "valgrind"].map(|name| find(name).map(|path| version(&path, "")));
    let versions: Vec<String> = versions.into_iter().flatten().collect();
    format!("{processor}, {cores} cores, load {load}; {}", versions.join(", "))
}
