//! Who may import what: the layers, read out of the sources. Also that no second TLS stack is locked.

use std::fs;
use std::path::{Path, PathBuf};

/// A layer: its folder below `shared/src`, the modules of the crate that it may name, and words of others' crates
/// that it may not.
struct Layer {
    folder: &'static str,
    modules: &'static [&'static str],
    never: &'static [&'static str],
}

/// Everything that reaches outside of the process.
const OUTSIDE: [&str; 10] = [
    "aws_sdk_",
    "aws_smithy_",
    "aws_sigv4",
    "axum::",
    "dynoxide",
    "lambda_",
    "reqwest",
    "tokio::",
    "std::net",
    "std::env",
];
const HTTP_SERVER: [&str; 7] =
    ["aws_sdk_", "aws_smithy_", "axum::", "dynoxide", "lambda_", "reqwest", "std::env"];
const AWS: [&str; 6] = ["aws_sdk_", "aws_smithy_", "dynoxide", "lambda_", "reqwest", "std::env"];

const LAYERS: [Layer; 9] = [
    // Which timer to arm is a decision; the port only names it.
    Layer { folder: "domain", modules: &["domain", "ports::Timer"], never: &OUTSIDE },
    Layer { folder: "provider", modules: &["domain", "provider"], never: &OUTSIDE },
    Layer { folder: "partner", modules: &["domain", "partner"], never: &OUTSIDE },
    Layer {
        folder: "store",
        // Secrets are opened where they are read; an answer that is kept names the jobs to put again.
        modules: &["domain", "error", "ports::Secrets", "ports::{Job", "store"],
        never: &["axum::", "dynoxide", "lambda_", "reqwest", "std::env"],
    },
    Layer {
        folder: "handlers",
        modules: &["domain", "error", "handlers", "partner", "ports", "provider", "store"],
        never: &HTTP_SERVER,
    },
    Layer {
        folder: "http",
        modules: &["domain", "error", "handlers", "http", "provider"],
        never: &AWS,
    },
    Layer {
        folder: "aws",
        modules: &[
            "aead",
            "aws",
            "config",
            "domain::aws_key",
            "domain::channel::Secret",
            "domain::ids",
            "domain::time",
            "error",
            "ports",
        ],
        never: &["axum::", "dynoxide", "lambda_", "std::env"],
    },
    Layer {
        folder: "faults",
        modules: &[
            "aws",
            "domain::ids",
            "domain::time",
            "error",
            "faults",
            "ports",
            "store::Store",
        ],
        never: &["axum::", "dynoxide", "lambda_", "reqwest", "std::env", "tokio::"],
    },
    Layer {
        folder: "local",
        modules: &[
            "aead",
            "domain::ids",
            "domain::time",
            "error",
            "local",
            "ports",
            "store::table",
        ],
        never: &[
            "aws_sdk_kms",
            "aws_sdk_s3",
            "aws_sdk_scheduler",
            "aws_sdk_sqs",
            "axum::",
            "lambda_",
        ],
    },
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

/// All sources below a folder that are not tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry of a folder").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && name != "tests" {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test(&name) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn is_test(name: &str) -> bool {
    name == "tests.rs" || name == "stand_in.rs" || name.ends_with("_tests.rs")
}

/// The lines of a source that are code, without what is compiled for its tests only: that stands at its end.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = text.lines().enumerate();
    let is_tests = |line: &str, next: &str| {
        line == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{')
    };
    let ends = text.lines().zip(text.lines().skip(1)).position(|(line, next)| is_tests(line, next));
    lines
        .take(ends.unwrap_or(usize::MAX))
        .map(|(n, line)| (n + 1, line.split("//").next().unwrap_or_default().to_owned()))
        .collect()
}

/// The paths behind each `crate::` of a line.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, word)| &line[at + word.len()..])
}

/// Whether a path begins with one of these, as whole words.
fn is_within(path: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| {
        path.strip_prefix(module).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

#[test]
fn each_layer_names_only_what_it_may() {
    let mut wrong = Vec::new();
    for layer in LAYERS {
        let folder = root().join("shared/src").join(layer.folder);
        let files = sources(&folder);
        assert!(!files.is_empty(), "{} has sources", layer.folder);
        for file in files {
            for (n, line) in code(&file) {
                let at = format!("{}:{n}", file.strip_prefix(root()).unwrap_or(&file).display());
                for path in named(&line).filter(|path| !is_within(path, layer.modules)) {
                    wrong.push(format!("{at}: {} may not name crate::{path}", layer.folder));
                }
                for word in layer.never.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!("{at}: {} may not use {word}", layer.folder));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// But for the form that several of them share, and the table of everybody's codes.
#[test]
fn providers_do_not_know_each_other() {
    let folder = root().join("shared/src/provider");
    let is_folder = |entry: &fs::DirEntry| entry.path().is_dir();
    let names: Vec<String> = fs::read_dir(&folder)
        .expect("the providers")
        .filter_map(Result::ok)
        .filter(is_folder)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() > 1);
    for name in &names {
        for file in sources(&folder.join(name)) {
            for (n, line) in code(&file) {
                for other in names.iter().filter(|other| *other != name && !shared(other)) {
                    for way in ["crate::provider::", "super::super::"] {
                        let path = format!("{way}{other}");
                        assert!(!line.contains(&path), "{}:{n} names {other}", file.display());
                    }
                }
            }
        }
    }
}

fn shared(folder: &str) -> bool {
    ["cloud", "codes"].contains(&folder)
}

#[test]
fn the_table_alone_knows_its_client_and_its_expressions() {
    for file in sources(&root().join("shared/src/store")) {
        if file.ends_with("store/table.rs") || file.components().any(|c| c.as_os_str() == "table") {
            continue;
        }
        for (n, line) in code(&file) {
            for word in
                ["aws_sdk_dynamodb", "attribute_not_exists", "if_not_exists", "SET ", "ADD "]
            {
                assert!(!line.contains(word), "{}:{n} holds {word}", file.display());
            }
        }
    }
}

#[test]
fn variables_are_read_in_one_place() {
    for file in sources(&root().join("shared/src")) {
        if file.ends_with("src/config.rs") {
            continue;
        }
        for (n, line) in code(&file) {
            assert!(!line.contains("env::var"), "{}:{n} reads a variable", file.display());
        }
    }
}

#[test]
fn a_function_is_a_few_lines_that_name_its_handler() {
    for entry in fs::read_dir(root().join("functions")).expect("the functions") {
        let folder = entry.expect("a function").path();
        let files = sources(&folder);
        assert_eq!(files, [folder.join("src/main.rs")]);
        let lines: Vec<String> = code(&files[0]).into_iter().map(|(_, line)| line).collect();
        let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
        assert!(filled <= 8, "{} has {filled} lines", folder.display());
        for line in lines.iter().filter(|line| line.starts_with("use ")) {
            assert!(line.starts_with("use shared::"), "{}: {line}", folder.display());
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
        let (_, uses) = manifest.split_once("[dependencies]").expect("its dependencies");
        let (uses, _) = uses.split_once("\n[").unwrap_or((uses, ""));
        let uses: Vec<&str> = uses.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(uses, ["shared.workspace = true", "tokio.workspace = true"], "{name}");
    }
}

/// README 19: one TLS stack.
#[test]
fn no_second_tls_stack_is_locked() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    assert!(lock.contains("name = \"ring\"\n"));
    for name in
        ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "openssl", "openssl-sys", "native-tls"]
    {
        assert!(!lock.contains(&format!("name = \"{name}\"\n")), "{name} is locked");
    }
    assert_eq!(lock.matches("name = \"rustls\"\n").count(), 1, "one rustls");
}
