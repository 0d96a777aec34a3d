//! The table of what was found, as it stands in README.md between its marks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What came of one behaviour at one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// It holds.
    Holds,
    /// The provider has nothing of the kind, and that is said to whoever asks: how.
    Said(&'static str),
}

const BEGIN: &str = "<!-- conformance: begin -->\n";
const END: &str = "<!-- conformance: end -->";

/// The README has exactly this table. `UPDATE_README=1` writes it.
pub(super) fn check(carriers: &[&str], rows: &[(&str, Vec<Cell>)]) {
    let table = table(carriers, rows);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the table");
    let (stands, after) = rest.split_once(END).expect("the place ends");
    if stands == table {
        return;
    }
    if update() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("written");
        return;
    }
    panic!(
        "the conformance table of README.md is not what was found. Make it anew with\n    \
         UPDATE_README=1 cargo test --workspace --test it providers\nand commit it:\n{table}"
    );
}

#[expect(clippy::disallowed_methods, reason = "asks whoever runs the tests, not the settings")]
fn update() -> bool {
    std::env::var_os("UPDATE_README").is_some()
}

fn table(carriers: &[&str], rows: &[(&str, Vec<Cell>)]) -> String {
    let mut table =
        format!("| | {} |\n|---|{}\n", carriers.join(" | "), "---|".repeat(carriers.len()));
    for (name, cells) in rows {
        assert_eq!(cells.len(), carriers.len(), "{name} has an empty cell");
        let words: Vec<&str> = cells
            .iter()
            .map(|cell| match cell {
                Cell::Holds => "✓",
                Cell::Said(how) => how,
            })
            .collect();
        writeln!(table, "| {name} | {} |", words.join(" | ")).expect("memory");
    }
    table
}
