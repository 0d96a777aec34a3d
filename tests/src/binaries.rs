//! The programs of this workspace, built by the tests that start them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use shared::config::Function;

use crate::python::{lock, run, target};
use crate::template::root;

/// The folder that this test was built into; the programs are built into it too, if they are not there yet.
pub fn built() -> PathBuf {
    let own = std::env::current_exe().expect("a test is a program");
    let folder = own.parent().and_then(Path::parent).expect("it lies in deps/").to_owned();
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--workspace", "--bins", "--locked", "--quiet", "--profile", profile]);
    build.arg("--target-dir").arg(folder.parent().expect("it lies below target/"));
    let said = run(as_from_a_shell(&mut build).current_dir(root()));
    assert!(said.is_ok(), "{said:?}");
    folder
}

/// Without what cargo tells a test of its package: a build script that looks at such a variable would run anew, here
/// and again at the next build from a shell, and everything that needs its crate would be built twice each time.
fn as_from_a_shell(command: &mut Command) -> &mut Command {
    let of_package =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_package) {
            command.env_remove(name);
        }
    }
    command
}

/// The functions as they are deployed, `<function>/bootstrap`: built by `infra/build.sh`, once.
pub fn released() -> &'static Path {
    static RELEASED: OnceLock<PathBuf> = OnceLock::new();
    RELEASED.get_or_init(|| {
        let _locked = lock(&target().join("lambda.lock"));
        let mut build = Command::new(root().join("infra/build.sh"));
        let said = run(as_from_a_shell(&mut build));
        assert!(said.is_ok(), "infra/build.sh failed. {said:?}");
        root().join("target/lambda")
    })
}

/// The functions as [`built`], in the same form: they carry what is left out of a release.
pub fn debug() -> &'static Path {
    static DEBUG: OnceLock<PathBuf> = OnceLock::new();
    DEBUG.get_or_init(|| {
        let (built, folder) = (built(), target().join("lambda-debug"));
        let _locked = lock(&target().join("lambda-debug.lock"));
        for function in Function::ALL {
            let own = folder.join(function.name());
            fs::create_dir_all(&own).expect("a folder below target/");
            // Another test process may read it now: it stays whole.
            let new = own.join("bootstrap.new");
            fs::copy(built.join(function.name()), &new).expect("the function was built");
            // A third of the size; where there is no such command, all of it does as well.
            let _ = Command::new("strip").arg(&new).status();
            fs::rename(new, own.join("bootstrap")).expect("a file can be named");
        }
        folder
    })
}
