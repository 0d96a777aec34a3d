//! `docs/behaviours.md`: which test shows which row of the requirements. Made from the comments above the tests, so
//! it is no list that somebody keeps: this test makes it anew and compares.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/behaviours.md";
/// Set to anything, the page is written instead of compared.
const UPDATE: &str = "UPDATE_BEHAVIOURS";

/// A test that names rows.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    rows: Vec<Row>,
    sentence: String,
    test: String,
    file: String,
}

/// `T66`: a letter and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row(char, u32);

#[test]
#[expect(clippy::disallowed_methods, reason = "said by whoever runs the test, no setting")]
fn the_page_of_behaviours_is_what_the_tests_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let page = page(&root_tests(root));
    let path = root.join(PAGE);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == page,
        "{PAGE} is not what the tests say. Make it anew with\n    {UPDATE}=1 cargo test --workspace --test it \
         behaviours\nand commit it."
    );
}

fn root_tests(root: &Path) -> Vec<Shown> {
    let mut files = Vec::new();
    for folder in ["functions", "infra", "shared", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source can be read");
        let name = file.strip_prefix(root).expect("below the workspace").display().to_string();
        all.extend(tests_of(&name, &text));
    }
    all
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder of the workspace");
    for entry in entries {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The tests of a source whose comment begins with rows.
fn tests_of(file: &str, text: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            comment.push(said.trim());
        } else if line.starts_with("#[") {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        } else {
            let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            if let (true, Some(name)) = (is_test, name)
                && let Some((rows, sentence)) = rows_of(&comment)
            {
                let test = name.split('(').next().unwrap_or(name).to_owned();
                found.push(Shown { rows, sentence, test, file: file.to_owned() });
            }
            comment.clear();
            is_test = false;
        }
    }
    found
}

/// `T8, T17-T19: what is shown.` as the rows and what follows the colon, up to the first empty line.
fn rows_of(comment: &[&str]) -> Option<(Vec<Row>, String)> {
    let paragraph: Vec<&str> =
        comment.iter().copied().take_while(|line| !line.is_empty()).collect();
    let text = paragraph.join(" ");
    let (names, sentence) = text.split_once(':')?;
    // What stands in parentheses says where the row is worked out.
    let names = names.split('(').next().unwrap_or(names);
    let mut rows = Vec::new();
    for name in names.split(',').map(str::trim) {
        match name.split_once('-') {
            Some((from, to)) => {
                let (Row(letter, from), Row(last, to)) = (row(from)?, row(to)?);
                if letter != last || from > to {
                    return None;
                }
                rows.extend((from..=to).map(|number| Row(letter, number)));
            }
            None => rows.push(row(name)?),
        }
    }
    Some((rows, sentence.trim().to_owned()))
}

fn row(name: &str) -> Option<Row> {
    let letter = name.chars().next().filter(char::is_ascii_uppercase)?;
    Some(Row(letter, name[1..].parse().ok()?))
}

fn page(tests: &[Shown]) -> String {
    let mut by_row: BTreeMap<Row, Vec<&Shown>> = BTreeMap::new();
    for test in tests {
        for row in &test.rows {
            by_row.entry(*row).or_default().push(test);
        }
    }
    let mut page = String::from(
        "# Behaviours\n\nWhich test shows which behaviour. Made from the comments above the tests; to make it anew:\n\n\
         ```sh\nUPDATE_BEHAVIOURS=1 cargo test --workspace --test it behaviours\n```\n",
    );
    let mut letter = None;
    for (row, tests) in by_row {
        if letter != Some(row.0) {
            letter = Some(row.0);
            write!(page, "\n## {}\n\n| row | shown | test |\n|---|---|---|\n", title(row.0))
                .expect("a text takes everything");
        }
        for test in tests {
            let sentence = test.sentence.replace('|', "\\|");
            writeln!(
                page,
                "| {}{} | {sentence} | `{}` in {} |",
                row.0, row.1, test.test, test.file
            )
            .expect("a text takes everything");
        }
    }
    page
}

fn title(letter: char) -> String {
    let about = match letter {
        'A' => "phone numbers, menus, texts",
        'B' => "business hours, worked cases",
        'D' => "layouts, long texts, service window",
        'F' => "what follows a follow-up",
        'K' => "Gupshup, apps and tokens",
        'P' => "phone numbers, worked cases",
        'T' => "inbounds, outbounds, flows, follow-ups, hooks",
        'X' => "where rules meet",
        _ => "others",
    };
    format!("{letter}: {about}")
}

#[test]
fn rows_are_read_out_of_the_comment_above_a_test() {
    // Not written as comments, or this page would list them.
    let source = "
% T8, B1-B3 (contracts 7): it is so,
% and not otherwise.
%
% More about it.
#[tokio::test]
async fn it_is_so() {}

% No rows here: only words.
#[test]
fn it_is_not() {}

% T9: no test.
fn nothing() {}
"
    .replace('%', "///");
    let found = tests_of("a.rs", &source);
    let [shown] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(shown.rows, [Row('T', 8), Row('B', 1), Row('B', 2), Row('B', 3)]);
    assert_eq!(
        (shown.test.as_str(), shown.sentence.as_str()),
        ("it_is_so", "it is so, and not otherwise.")
    );
    assert!(page(&found).contains("| B2 | it is so, and not otherwise. | `it_is_so` in a.rs |"));
}
