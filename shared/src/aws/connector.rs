//! The one HTTP client of all AWS services, with one pool of connections. It trusts the roots of AWS, which are
//! constants: no store of certificates is read, and none is parsed at a start. What is signed, tried again or given up
//! is decided by whoever calls.

use std::fmt::{self, Display};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};

pub(super) const CONNECT: Duration = Duration::from_secs(1);
/// Services close connections that nobody uses for longer.
const IDLE: Duration = Duration::from_secs(90);

/// The ends of the names of the roots that AWS services are signed by (amazontrust.com/repository).
const ROOTS: [&str; 5] = [
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
];

/// Calls over pooled connections.
struct Pooled(Client<HttpsConnector<Tcp>, SdkBody>);

/// A connector that trusts the roots of AWS, and the certificates of the file where one is named.
pub(super) fn connector(ca_bundle: Option<&Path>) -> Result<SharedHttpConnector> {
    let mut roots: RootCertStore = roots().cloned().collect();
    if let Some(path) = ca_bundle {
        add(&mut roots, path)?;
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal(format!("TLS cannot be set up: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = Tcp::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(https.wrap_connector(tcp));
    Ok(SharedHttpConnector::new(Pooled(client)))
}

fn roots() -> impl Iterator<Item = &'static TrustAnchor<'static>> {
    let is_of_aws = |anchor: &&TrustAnchor<'_>| {
        ROOTS.iter().any(|name| anchor.subject.ends_with(name.as_bytes()))
    };
    webpki_roots::TLS_SERVER_ROOTS.iter().filter(is_of_aws)
}

/// Adds the file's certificates.
fn add(roots: &mut RootCertStore, path: &Path) -> Result<()> {
    let wrong = |why: &dyn Display| {
        Error::internal(format!("AWS_CA_BUNDLE {} is not used: {why}", path.display()))
    };
    let pem = std::fs::read(path).map_err(|e| wrong(&e))?;
    let known = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
    }
    if roots.len() == known { Err(wrong(&"it holds no certificate")) } else { Ok(()) }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pooled")
    }
}

impl HttpConnector for Pooled {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            // Whether it could not be connected or broke off: another attempt may get through.
            let answer = answer.await.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The connector as the SDK's client, which by itself makes one for each service and sets TLS up each time.
#[derive(Debug)]
pub(super) struct Always(pub(super) SharedHttpConnector);

impl HttpClient for Always {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_five_roots_of_aws_are_built_in() {
        let names: Vec<String> =
            roots().map(|root| String::from_utf8_lossy(&root.subject).into_owned()).collect();
        assert_eq!(names.len(), ROOTS.len(), "{names:?}");
        for name in ROOTS {
            assert!(names.iter().any(|found| found.ends_with(name)), "{name} in {names:?}");
        }
        assert!(connector(None).is_ok());
    }

    #[test]
    fn a_bundle_is_read_before_it_is_used() {
        let folder = std::env::temp_dir().join(format!("wharf-roots-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("bundle.pem");
        let certificate = STANDARD.encode(&webpki_root_certs::TLS_SERVER_ROOT_CERTS[0]);
        let whole =
            format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
        let cut = whole.replace("-----END", "");
        for (text, expected) in [(whole.as_str(), true), (&cut, false), ("", false)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(connector(Some(&path)).is_ok(), expected, "{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let error = connector(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("bundle.pem"), "{error}");
    }
}
