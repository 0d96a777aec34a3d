//! An account in the emulator: nothing of another one is seen in it, so tests run side by side.

use std::process::Command;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_async::time::SharedTimeSource;
use shared::aws::client::Clients;
use shared::config::{Access, Service};
use shared::domain::channel::Secret;
use shared::ports::Clock;

use super::patience::until;
use super::{Emulator, REGION};
use crate::python::run;

/// What the emulator takes for the password of every account.
const SECRET_KEY: &str = "test";

/// A client of each service, and the gateway's own.
pub struct Services {
    pub own: Clients,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    pub kms: aws_sdk_kms::Client,
    pub s3: aws_sdk_s3::Client,
}

/// An account, as its owner uses it.
pub struct Account<'e> {
    pub emulator: &'e Emulator,
    /// Twelve digits. Also the id of its access key.
    pub id: String,
}

impl<'e> Account<'e> {
    pub(super) fn new(emulator: &'e Emulator, id: String) -> Self {
        Self { emulator, id }
    }

    /// Where the emulator is, as the variable of AWS tools says it.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.emulator.port)
    }

    /// How the gateway reaches it.
    pub fn access(&self) -> Access {
        Access {
            region: REGION.to_owned(),
            key_id: self.id.clone(),
            secret_key: Secret::new(SECRET_KEY),
            session_token: None,
            endpoints: Service::ALL.into_iter().map(|s| (s, self.endpoint())).collect(),
            ca_bundle: None,
        }
    }

    /// All of them, signing by the emulator's clock.
    pub fn clients(&self) -> Services {
        let time = SharedTimeSource::new(self.emulator.clock.clone());
        let own = Clients::new(&self.access()).expect("clients can be made").at(time);
        let config = own.dynamodb.config();
        // What the gateway never calls by these crates, a test does.
        macro_rules! alike {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version($sdk::config::BehaviorVersion::latest())
                        .region(config.region().cloned())
                        .credentials_provider($sdk::config::Credentials::new(
                            &self.id, SECRET_KEY, None, None, "account",
                        ))
                        .http_client(config.http_client().expect("it has one"))
                        .time_source(config.time_source().expect("it has one"))
                        .sleep_impl(config.sleep_impl().expect("it has one"))
                        .endpoint_url(self.endpoint())
                        .build(),
                )
            };
        }
        Services {
            dynamodb: own.dynamodb.clone(),
            sqs: alike!(aws_sdk_sqs),
            scheduler: own.scheduler(),
            kms: alike!(aws_sdk_kms),
            s3: own.s3(),
            own,
        }
    }

    /// An empty bucket. Its name is this one and the account, because all accounts share the names of buckets.
    pub async fn bucket(&self, name: &str) -> String {
        let name = format!("{name}-{}", self.id);
        let here = CreateBucketConfiguration::builder();
        let here = here.location_constraint(BucketLocationConstraint::from(REGION)).build();
        let call = self.clients().s3.create_bucket().bucket(&name);
        let made = call.create_bucket_configuration(here).send().await;
        made.expect("a bucket can be made");
        name
    }

    /// Waits until every timer of a group that is due has fired; it is gone then. The gateway names a timer by its
    /// minute.
    ///
    /// # Panics
    /// If one never does.
    pub async fn timers_fired(&self, group: &str) {
        let scheduler = self.clients().scheduler;
        let now = Clock::now(self.emulator.clock()).millis();
        let is_due = |name: &str| {
            let minute = name.rsplit('-').next().and_then(|minute| minute.parse::<i64>().ok());
            minute.is_some_and(|minute| minute * 60_000 <= now)
        };
        let fired = until(async || {
            let listed = scheduler.list_schedules().group_name(group).send().await;
            let schedules = listed.expect("timers can be listed").schedules;
            let due = schedules.iter().filter_map(|one| one.name()).filter(|name| is_due(name));
            (due.count() == 0).then_some(())
        });
        fired.await.unwrap_or_else(|| panic!("a timer did not fire: {}", self.emulator.log()));
    }

    /// A command that uses AWS as this account, such as a script of the project; `aws` is on its path.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PATH", self.emulator.environment.path())
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command
    }

    /// A call of the AWS command line: its output, or what it said against it.
    pub fn aws(&self, arguments: &[&str]) -> Result<String, String> {
        run(self.command("aws").args(arguments))
    }
}
