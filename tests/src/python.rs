//! Environments of Python packages below `target/`, which the tests make themselves: once, whichever tests want them
//! at the same time, and anew where an installation was cut off.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Written last, with what was asked for: an environment without it is not whole.
const MADE: &str = "made";

/// An environment that is there.
#[derive(Debug, Clone)]
pub struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The environment `target/<name>` with these packages, in the form of a requirements file: each with its version.
    pub fn of(name: &str, requirements: &str) -> Self {
        let target = target();
        fs::create_dir_all(&target).expect("the build's folder can be made");
        let _locked = lock(&target.join(format!("{name}.lock")));
        let folder = target.join(name);
        let made = folder.join(MADE);
        if fs::read_to_string(&made).is_ok_and(|made| made == requirements) {
            return Self { folder };
        }
        let said = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        assert!(
            said.is_ok(),
            "This test needs Python 3.10 or newer with venv, a C compiler and make. {said:?}"
        );
        let environment = Self { folder };
        let list = environment.folder.join("requirements.txt");
        fs::write(&list, requirements).expect("an environment can be written to");
        let said = run(environment
            .python()
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&list));
        assert!(said.is_ok(), "pip could not install what the tests need from PyPI. {said:?}");
        fs::write(&made, requirements).expect("an environment can be written to");
        environment
    }

    /// Its interpreter, to be given arguments.
    pub fn python(&self) -> Command {
        Command::new(self.folder.join("bin/python"))
    }

    /// Where programs are found: its own first, then the system's.
    pub fn path(&self) -> String {
        format!("{}:/usr/local/bin:/usr/bin:/bin", self.folder.join("bin").display())
    }

    /// A file that a package of this environment brings, by its path inside the folder of packages.
    pub fn file(&self, path: &str) -> PathBuf {
        let lib = fs::read_dir(self.folder.join("lib")).expect("an environment has packages");
        let found = lib
            .filter_map(|entry| Some(entry.ok()?.path().join("site-packages").join(path)))
            .find(|file| file.exists());
        found.unwrap_or_else(|| panic!("the packages bring no {path}"))
    }
}

/// The folder of the build.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

/// Holds a lock between processes and threads until it is dropped.
pub(crate) fn lock(path: &Path) -> File {
    let file = File::create(path).expect("a lock can be made below target/");
    file.lock().expect("a lock can be waited for");
    file
}

/// Runs to the end. What it said, also where it failed or is not there.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() { Ok(said) } else { Err(said + &String::from_utf8_lossy(&stderr)) }
}
