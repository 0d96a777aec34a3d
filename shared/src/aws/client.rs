//! The clients of AWS services: credentials from the environment, short time limits, one HTTP client for all of them.
//! No system roots, profiles or metadata services are asked, so a function starts in milliseconds.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use super::connector::{Always, CONNECT, connector};
use super::json::{Dialect, Json};
use super::kms::Kms;
use super::sqs::Sqs;
use crate::config::{Access, Service};
use crate::error::Result;

pub(super) const ATTEMPT: Duration = Duration::from_secs(2);
/// Files are larger than anything else.
const FILE_ATTEMPT: Duration = Duration::from_secs(10);
pub(super) const ATTEMPTS: u32 = 3;
pub(super) const BACKOFF: Duration = Duration::from_millis(25);

pub(super) const SQS: Dialect = Dialect {
    service: Service::Sqs,
    target: "AmazonSQS",
    content_type: "application/x-amz-json-1.0",
};
const KMS: Dialect = Dialect {
    service: Service::Kms,
    target: "TrentService",
    content_type: "application/x-amz-json-1.1",
};

/// The clients. That of the table is every function's; another is made for whoever asks: each costs time at the start
/// and room in the binary. Connections are opened by the first call.
#[derive(Debug, Clone)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    shared: Shared,
}

/// What all services share.
#[derive(Debug, Clone)]
struct Shared {
    access: Access,
    http: SharedHttpConnector,
    time: SharedTimeSource,
    timeouts: TimeoutConfig,
    retries: RetryConfig,
}

/// The shared settings for one service; each SDK crate has a builder type of its own.
macro_rules! settings {
    ($sdk:ident, $shared:expr, $service:expr) => {{
        let shared: &Shared = $shared;
        let builder = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(shared.access.region.clone()))
            .credentials_provider(credentials(&shared.access))
            .http_client(Always(shared.http.clone()))
            .time_source(shared.time.clone())
            .sleep_impl(TokioSleep::new())
            .timeout_config(shared.timeouts.clone())
            .retry_config(shared.retries.clone());
        match shared.access.endpoints.get(&$service) {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        }
    }};
}

impl Clients {
    pub fn new(access: &Access) -> Result<Self> {
        Ok(Self::of(Shared {
            access: access.clone(),
            http: connector(access.ca_bundle.as_deref())?,
            time: SharedTimeSource::default(),
            timeouts: TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .build(),
            retries: RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(BACKOFF),
        }))
    }

    fn of(shared: Shared) -> Self {
        let dynamodb = settings!(aws_sdk_dynamodb, &shared, Service::DynamoDb).build();
        Self { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), shared }
    }

    /// The same clients, signing by another clock.
    #[must_use]
    pub fn at(self, time: SharedTimeSource) -> Self {
        Self::of(Shared { time, ..self.shared })
    }

    /// The same clients, with something around what they call by.
    #[cfg(feature = "faults")]
    pub(crate) fn through(
        self,
        around: impl FnOnce(SharedHttpConnector) -> SharedHttpConnector,
    ) -> Self {
        let http = around(self.shared.http.clone());
        Self::of(Shared { http, ..self.shared })
    }

    /// Queues.
    pub fn sqs(&self) -> Sqs {
        Sqs::new(self.json(SQS))
    }

    /// The key service.
    pub fn kms(&self) -> Kms {
        Kms::new(self.json(KMS))
    }

    pub(super) fn json(&self, dialect: Dialect) -> Json {
        let Shared { access, http, time, .. } = &self.shared;
        Json::new(dialect, access, http.clone(), time.clone())
    }

    /// Timers.
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        let settings = settings!(aws_sdk_scheduler, &self.shared, Service::Scheduler);
        aws_sdk_scheduler::Client::from_conf(settings.build())
    }

    /// Files.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let timeouts = self.shared.timeouts.to_builder().operation_attempt_timeout(FILE_ATTEMPT);
        let settings = settings!(aws_sdk_s3, &self.shared, Service::S3)
            .timeout_config(timeouts.build())
            // An emulator has no host name per bucket.
            .force_path_style(self.shared.access.endpoints.contains_key(&Service::S3));
        aws_sdk_s3::Client::from_conf(settings.build())
    }

    /// The addresses of the table and the queues, and what they are called by.
    pub(crate) fn warmed(&self) -> ([String; 2], SharedHttpConnector) {
        let Shared { access, http, .. } = &self.shared;
        ([Service::DynamoDb, Service::Sqs].map(|s| access.endpoint(s)), http.clone())
    }
}

/// As the SDK wants them.
pub(super) fn credentials(access: &Access) -> Credentials {
    let token = access.session_token.as_ref().map(|token| token.reveal().to_owned());
    Credentials::new(&access.key_id, access.secret_key.reveal(), token, None, "env")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stand_in::StandIn;

    #[tokio::test]
    async fn calls_are_signed_and_a_failing_service_is_tried_three_times() {
        let stand_in = StandIn::start(|_| (500, "{}".to_owned())).await;
        let clients = Clients::new(&stand_in.access()).unwrap();
        let error = clients.dynamodb.list_tables().send().await.unwrap_err();
        assert!(error.as_service_error().is_some());
        let calls = stand_in.calls();
        assert_eq!(calls.len(), 3);
        let signature = calls[0].headers["authorization"].to_str().unwrap();
        assert!(signature.contains("/eu-central-1/dynamodb/aws4_request"), "{signature}");
        assert_eq!(calls[0].headers["x-amz-security-token"], "token");
    }
}
