//! The clients of AWS services: one HTTP client with the roots of AWS built in, credentials from the environment,
//! short time limits. No system roots, profiles or metadata services are asked, so a function starts in milliseconds.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RuntimeComponents, SharedHttpClient,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::{Access, Service};
use crate::error::{Error, Result};

const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPT: Duration = Duration::from_secs(2);
/// Files are larger than anything else.
const FILE_ATTEMPT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(25);

/// The roots that AWS services are signed by (amazontrust.com/repository): Amazon Root CA 1 to 4, Starfield Services
/// Root Certificate Authority G2.
const ROOTS: &str = include_str!("roots.pem");

/// The clients. Those of the table and the queues are every function's; another is made for whoever asks: each costs
/// time at the start and room in the binary. Connections are opened by the first call.
#[derive(Debug, Clone)]
pub struct Clients {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    shared: Shared,
}

/// What all services share.
#[derive(Debug, Clone)]
struct Shared {
    region: Region,
    credentials: Credentials,
    endpoints: BTreeMap<Service, String>,
    http: SharedHttpClient,
    timeouts: TimeoutConfig,
    retries: RetryConfig,
}

/// The shared settings for one service; each SDK crate has a builder type of its own.
macro_rules! settings {
    ($sdk:ident, $shared:expr, $service:expr) => {{
        let shared: &Shared = $shared;
        let builder = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(shared.region.clone())
            .credentials_provider(shared.credentials.clone())
            .http_client(shared.http.clone())
            .sleep_impl(TokioSleep::new())
            .timeout_config(shared.timeouts.clone())
            .retry_config(shared.retries.clone());
        match shared.endpoints.get(&$service) {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        }
    }};
}

impl Clients {
    pub fn new(access: &Access) -> Result<Self> {
        let token = access.session_token.as_ref().map(|token| token.reveal().to_owned());
        let secret = access.secret_key.reveal();
        let shared = Shared {
            region: Region::new(access.region.clone()),
            credentials: Credentials::new(&access.key_id, secret, token, None, "env"),
            endpoints: access.endpoints.clone(),
            http: http_client(access.ca_bundle.as_deref())?,
            timeouts: TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .build(),
            retries: RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(BACKOFF),
        };
        Ok(Self::of(shared))
    }

    fn of(shared: Shared) -> Self {
        let dynamodb = settings!(aws_sdk_dynamodb, &shared, Service::DynamoDb).build();
        let sqs = settings!(aws_sdk_sqs, &shared, Service::Sqs).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
            shared,
        }
    }

    /// The same clients, with something around what they call by.
    #[cfg(feature = "faults")]
    pub(crate) fn through(self, around: impl FnOnce(SharedHttpClient) -> SharedHttpClient) -> Self {
        let http = around(self.shared.http.clone());
        Self::of(Shared { http, ..self.shared })
    }

    /// The key service.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        let settings = settings!(aws_sdk_kms, &self.shared, Service::Kms);
        aws_sdk_kms::Client::from_conf(settings.build())
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
            .force_path_style(self.shared.endpoints.contains_key(&Service::S3));
        aws_sdk_s3::Client::from_conf(settings.build())
    }
}

/// Trusts the roots of AWS, and the certificates of the file where one is named.
fn http_client(ca_bundle: Option<&Path>) -> Result<SharedHttpClient> {
    let mut store = TrustStore::empty().with_pem_certificate(ROOTS);
    if let Some(path) = ca_bundle {
        store.add_pem_certificate(bundle(path)?);
    }
    let context = TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|e| Error::internal(format!("the roots of AWS are not accepted: {e}")))?;
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https();
    Ok(SharedHttpClient::new(OnFirstCall(client)))
}

/// Reads the roots when the first call is made. By itself the client reads them once more for each service whose
/// client is made, only to see that it can.
#[derive(Debug)]
struct OnFirstCall(SharedHttpClient);

impl HttpClient for OnFirstCall {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// The file's certificates. One that cannot be read would end the process later, in the middle of a call.
fn bundle(path: &Path) -> Result<Vec<u8>> {
    let wrong = |why: &dyn Display| {
        Error::internal(format!("AWS_CA_BUNDLE {} is not used: {why}", path.display()))
    };
    let pem = std::fs::read(path).map_err(|e| wrong(&e))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
    }
    if roots.is_empty() { Err(wrong(&"it holds no certificate")) } else { Ok(pem) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stand_in::StandIn;

    #[test]
    fn the_five_roots_of_aws_are_built_in() {
        let known: Vec<&[u8]> =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref).collect();
        let roots = CertificateDer::pem_slice_iter(ROOTS.as_bytes());
        let roots = roots.collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(roots.len(), 5);
        // Somebody else looks after that list: what is not in it is no root.
        assert!(roots.iter().all(|root| known.contains(&root.as_ref())));
        assert!(http_client(None).is_ok());
    }

    #[test]
    fn a_bundle_is_read_before_it_is_used() {
        let folder = std::env::temp_dir().join(format!("wharf-roots-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("bundle.pem");
        let cut = ROOTS.replace("-----END", "");
        for (text, expected) in [(ROOTS, true), (&cut, false), ("", false)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(http_client(Some(&path)).is_ok(), expected, "{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let error = http_client(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("bundle.pem"), "{error}");
    }

    #[tokio::test]
    async fn calls_are_signed_and_a_failing_service_is_tried_three_times() {
        let stand_in = StandIn::start(|_| (500, "{}".to_owned())).await;
        let clients = Clients::new(&stand_in.access()).unwrap();
        let error = clients.sqs.list_queues().send().await.unwrap_err();
        assert!(error.as_service_error().is_some());
        let calls = stand_in.calls();
        assert_eq!(calls.len(), 3);
        let signature = calls[0].headers["authorization"].to_str().unwrap();
        assert!(signature.contains("/eu-central-1/sqs/aws4_request"), "{signature}");
        assert_eq!(calls[0].headers["x-amz-security-token"], "token");
    }
}
