//! What is measured, built as it is deployed: the functions by `infra/build.sh`, a bare function beside them, and the
//! same webhook in other languages. A language that is not on this machine is told and left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that Lambda could start.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: Vec<PathBuf>,
    /// What is deployed, where that is one file of ours.
    pub(crate) file: Option<PathBuf>,
    /// It does the webhook's work, so it puts a message on the queue.
    pub(crate) is_webhook: bool,
    /// It is machine code, whose instructions can be counted.
    pub(crate) is_native: bool,
}

/// The workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

/// Everything that the bench makes, below the target folder.
pub(crate) fn folder() -> PathBuf {
    let own = std::env::current_exe().expect("a bench is a file");
    let target = own.ancestors().nth(3).expect("target/<profile>/deps/<bench>");
    target.join("bench")
}

/// The bare function and the webhook of this profile.
pub(crate) fn rust(profile: &str) -> [Program; 2] {
    let into = folder().join(profile);
    let target = folder().parent().expect("it lies in the target folder").to_owned();
    let mut script = Command::new(root().join("infra/build.sh"));
    script.args(["--profile", profile, "--function", "webhook-meta", "--into"]).arg(&into);
    run(script.env("CARGO_TARGET_DIR", &target));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--profile", profile, "--package", "bare", "--target-dir"]);
    run(cargo.arg(&target).current_dir(root()));
    let program = |name: &str, file: PathBuf, is_webhook| Program {
        name: format!("{name}, {profile}"),
        command: vec![file.clone()],
        file: Some(file),
        is_webhook,
        is_native: true,
    };
    [
        program("bare `lambda_http`", target.join(profile).join("bare"), false),
        program("`webhook-meta`", into.join("webhook-meta/bootstrap"), true),
    ]
}

/// The same webhook in Node.js, bundled.
pub(crate) fn node() -> Result<Program, &'static str> {
    let node = find("node").ok_or("Node.js is not on this machine.")?;
    let npm = find("npm").ok_or("npm is not on this machine.")?;
    let folder = folder().join("node");
    let file = folder.join("webhook.cjs");
    if is_new("node", &folder) || !file.exists() {
        let npm = |arguments: &[&str]| run(Command::new(&npm).args(arguments).current_dir(&folder));
        npm(&["ci", "--no-audit", "--no-fund", "--silent"]);
        npm(&["run", "build", "--silent"]);
    }
    Ok(Program {
        name: format!("Node.js {}, SDK v3", version(&node, "v")),
        command: vec![node, file.clone()],
        file: Some(file),
        is_webhook: true,
        is_native: false,
    })
}

/// The same webhook in Python.
pub(crate) fn python() -> Result<Program, &'static str> {
    let python = find("python3").ok_or("Python 3 is not on this machine.")?;
    let folder = folder().join("python");
    let own = folder.join("environment/bin/python3");
    if is_new("python", &folder) || !own.exists() {
        run(Command::new(&python).args(["-m", "venv", "environment"]).current_dir(&folder));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(Command::new(&own).args(pip).arg("requirements.txt").current_dir(&folder));
    }
    Ok(Program {
        name: format!("Python {}, boto3", version(&own, "Python ")),
        command: vec![own, folder.join("webhook.py")],
        file: None,
        is_webhook: true,
        is_native: false,
    })
}

/// Copies the sources of a language's folder. Whether they are others than before.
fn is_new(language: &str, into: &Path) -> bool {
    fs::create_dir_all(into).expect("a folder below target");
    let mut is_new = false;
    for entry in fs::read_dir(root().join("tests/bench").join(language)).expect("its sources") {
        let entry = entry.expect("an entry of a folder");
        let (from, to) = (entry.path(), into.join(entry.file_name()));
        let text = fs::read(&from).expect("a source");
        if fs::read(&to).ok().as_ref() != Some(&text) {
            fs::write(&to, &text).expect("a copy below target");
            is_new = true;
        }
    }
    is_new
}

/// Where a command is.
pub(crate) fn find(command: &str) -> Option<PathBuf> {
    let output = Command::new("which").arg(command).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

/// What a command answers to `--version`, without the word in front.
pub(crate) fn version(command: &Path, prefix: &str) -> String {
    let output = Command::new(command).arg("--version").output().expect("it was found");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().unwrap_or_default().trim_start_matches(prefix).to_owned()
}

fn run(command: &mut Command) {
    let status = command.status();
    let is_good = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    assert!(is_good, "{command:?}: {status:?}");
}
