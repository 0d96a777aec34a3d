//! The template, deployed as it is: packaged as `sam package` does it, and created by `CloudFormation`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::Value;
use shared::config::Function;
use tokio::sync::OnceCell;

use super::{Account, Emulator};
use crate::binaries::released;
use crate::python::run;
use crate::template;

const NAME: &str = "gateway";
/// A zip of each file after the first pair of names: `source archive`. The file keeps its mode.
const ZIP: &str = "
import sys, zipfile
for source, archive in zip(sys.argv[1::2], sys.argv[2::2]):
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.write(source, 'bootstrap')
";

/// A deployed template.
pub struct Stack<'e> {
    pub account: Account<'e>,
    /// By the names of the template.
    pub outputs: BTreeMap<String, String>,
    /// What was made for each resource: a name, an address or an id, whatever `Ref` gives.
    pub resources: BTreeMap<String, String>,
}

/// The zip of each function.
type Packages = BTreeMap<&'static str, Vec<u8>>;

impl Stack<'static> {
    /// The project's template with the release, in the emulator that tests share. Tests have tenants of their own.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Stack<'static>> = OnceCell::const_new();
        SHARED.get_or_init(|| Stack::released(Emulator::shared())).await
    }
}

impl<'e> Stack<'e> {
    /// The project's template with the release.
    pub async fn released(emulator: &'e Emulator) -> Self {
        Self::deploy(emulator, &template::text(), released())
            .await
            .unwrap_or_else(|why| panic!("the template is not taken: {why}"))
    }

    /// Deploys a template with the functions of a folder, `<function>/bootstrap`; once in each emulator. Why not, if
    /// `CloudFormation` refuses.
    pub async fn deploy(
        emulator: &'e Emulator,
        template: &str,
        binaries: &Path,
    ) -> Result<Self, String> {
        let account = emulator.home();
        let bucket = account.bucket("packages").await;
        let packaged = packaged(template, &bucket).into_bytes();
        let mut files = vec![("template.yaml".to_owned(), packaged)];
        for (function, package) in packages(&account, binaries).iter() {
            files.push((format!("{function}.zip"), package.clone()));
        }
        upload(&account, &bucket, files).await;
        let url = format!("{}/{bucket}/template.yaml", account.endpoint());
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "ParameterKey=Architecture,ParameterValue=arm64",
            _ => "ParameterKey=Architecture,ParameterValue=x86_64",
        };
        let create =
            ["cloudformation", "create-stack", "--stack-name", NAME, "--template-url", &url];
        let with = ["--parameters", architecture, "--capabilities", "CAPABILITY_IAM"];
        let expand = ["CAPABILITY_AUTO_EXPAND"];
        account.aws(&[&create[..], &with, &expand].concat())?;
        let outputs = outputs(&account)?;
        let list = ["cloudformation", "describe-stack-resources", "--stack-name", NAME];
        let listed = json(&account.aws(&list)?);
        let resources = listed["StackResources"].as_array().into_iter().flatten();
        let resources = resources
            .map(|one| (text(&one["LogicalResourceId"]), text(&one["PhysicalResourceId"])));
        Ok(Self { resources: resources.collect(), outputs, account })
    }
}

/// Where the template names the folder of a function, its uploaded package; nothing else is changed.
fn packaged(template: &str, bucket: &str) -> String {
    Function::ALL.iter().fold(template.to_owned(), |text, function| {
        let name = function.name();
        let folder = format!("CodeUri: ../target/lambda/{name}/\n");
        text.replace(&folder, &format!("CodeUri: s3://{bucket}/{name}.zip\n"))
    })
}

async fn upload(account: &Account<'_>, bucket: &str, files: Vec<(String, Vec<u8>)>) {
    let s3 = account.clients().s3;
    for (name, bytes) in files {
        let call = s3.put_object().bucket(bucket).key(name).body(bytes.into());
        call.send().await.expect("a file can be uploaded");
    }
}

/// Made once in this process for each folder.
fn packages(account: &Account<'_>, binaries: &Path) -> Arc<Packages> {
    static MADE: LazyLock<Mutex<BTreeMap<PathBuf, Arc<Packages>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || Arc::new(zipped(account, binaries));
    made.entry(binaries.to_owned()).or_insert_with(make).clone()
}

fn zipped(account: &Account<'_>, binaries: &Path) -> Packages {
    let name = format!("wharf-packages-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    let names = || Function::ALL.iter().map(|function| function.name());
    let mut zip = account.emulator.environment.python();
    zip.args(["-c", ZIP]);
    for name in names() {
        zip.arg(binaries.join(name).join("bootstrap")).arg(folder.join(name));
    }
    let said = run(&mut zip);
    assert!(said.is_ok(), "the functions cannot be packed: {said:?}");
    let packages = names().map(|name| (name, fs::read(folder.join(name)).expect("just made")));
    let packages = packages.collect();
    let _ = fs::remove_dir_all(folder);
    packages
}

fn outputs(account: &Account<'_>) -> Result<BTreeMap<String, String>, String> {
    loop {
        // Each call takes as long as a pause would.
        let told = account.aws(&["cloudformation", "describe-stacks", "--stack-name", NAME])?;
        let stack = &json(&told)["Stacks"][0];
        match text(&stack["StackStatus"]).as_str() {
            "CREATE_COMPLETE" => {
                let outputs = stack["Outputs"].as_array().into_iter().flatten();
                let pair = |one: &Value| (text(&one["OutputKey"]), text(&one["OutputValue"]));
                return Ok(outputs.map(pair).collect());
            }
            "CREATE_IN_PROGRESS" => {}
            status => return Err(format!("{status}: {}", text(&stack["StackStatusReason"]))),
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the AWS command line answers in JSON")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
