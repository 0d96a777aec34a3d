//! Calls to other systems: no redirects, no proxies, roots built in, and for addresses that strangers name only
//! https to public addresses. The check is made on the very addresses that the connection then goes to, so a name
//! that answers differently the second time gains nothing.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, redirect};
use url::Host;

use super::network::{Network, is_public};
use super::signature::sign;
use super::system::WallClock;
use crate::error::{Error, Result};
use crate::ports::{CallError, Clock, Http, Reach};

const CONNECT: Duration = Duration::from_secs(3);
/// Connections that wait longer are likely to be dead on the other side.
const IDLE: Duration = Duration::from_secs(50);

const NOT_PUBLIC: &str = "only public addresses may be called";
const NOT_HTTPS: &str = "only https may be called";
const NO_HOST: &str = "it names no host";

/// What strangers' addresses may be besides public and https. Nothing, but for tests and the local host.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    pub networks: Vec<Network>,
    /// Also http without TLS, to the allowed networks alone.
    pub plain: bool,
}

/// Calls other systems.
pub struct Https {
    configured: Client,
    public: Client,
    allowance: Arc<Allowance>,
}

impl Https {
    pub fn new(allowance: Allowance) -> Result<Self> {
        let allowance = Arc::new(allowance);
        let failed = |e| Error::internal(format!("the HTTP client cannot be built: {e}"));
        let tls = tls()?;
        let resolver = PublicOnly(allowance.clone());
        Ok(Self {
            configured: builder(tls.clone()).build().map_err(failed)?,
            public: builder(tls).dns_resolver(resolver).build().map_err(failed)?,
            allowance,
        })
    }
}

impl Allowance {
    fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.names(address)
    }

    fn names(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

#[async_trait]
impl Http for Https {
    async fn call(
        &self,
        mut request: http::Request<Vec<u8>>,
        reach: Reach,
        timeout: Duration,
        body_bytes_max: usize,
    ) -> Result<http::Response<Vec<u8>>, CallError> {
        sign(&mut request, WallClock.now());
        let not_sent = |host: String, source: reqwest::Error| CallError::NotSent {
            host,
            source: Some(source.into()),
        };
        let uri_host = request.uri().host().unwrap_or_default().to_owned();
        let mut request = reqwest::Request::try_from(request).map_err(|e| not_sent(uri_host, e))?;
        let client = match reach {
            Reach::Configured => &self.configured,
            Reach::Public => {
                self.check_public(request.url())?;
                &self.public
            }
        };
        *request.timeout_mut() = Some(timeout);
        let host = host(request.url());
        let mut answer = client.execute(request).await.map_err(|e| no_answer(&host, e))?;
        let mut response = http::Response::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let body = response.body_mut();
        while let Some(part) = answer.chunk().await.map_err(|e| no_answer(&host, e))? {
            let room = body_bytes_max - body.len();
            body.extend_from_slice(&part[..part.len().min(room)]);
            if part.len() >= room {
                break;
            }
        }
        Ok(response)
    }

    /// Checks what the address says by itself: its scheme, and its host where that is an address. Names are checked
    /// when they are resolved.
    fn check_public(&self, url: &url::Url) -> Result<(), CallError> {
        let forbidden = |rule| CallError::Forbidden { host: host(url), rule };
        let address = match url.host() {
            None => return Err(forbidden(NO_HOST)),
            // By definition; another name is looked up when it is called.
            Some(Host::Domain("localhost")) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        };
        if address.is_some_and(|address| !self.allowance.allows(address)) {
            return Err(forbidden(NOT_PUBLIC));
        }
        let is_plain = self.allowance.plain && address.is_some_and(|a| self.allowance.names(a));
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_plain => Ok(()),
            _ => Err(forbidden(NOT_HTTPS)),
        }
    }
}

/// Sorts a failure by whether anything can have reached the other side.
fn no_answer(host: &str, error: reqwest::Error) -> CallError {
    let host = host.to_owned();
    let mut cause = error.source();
    while let Some(source) = cause {
        if source.is::<NotPublic>() {
            return CallError::Forbidden { host, rule: NOT_PUBLIC };
        }
        cause = source.source();
    }
    // The address stays out of what is logged: it may hold a token.
    let error = error.without_url();
    let is_connecting = error.is_connect() || error.is_builder();
    let source = Some(error.into());
    if is_connecting {
        CallError::NotSent { host, source }
    } else {
        CallError::NoAnswer { host, source }
    }
}

fn host(url: &url::Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn builder(tls: rustls::ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
}

fn tls() -> Result<rustls::ClientConfig> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal(format!("TLS cannot be set up: {e}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Resolves names to public addresses only.
#[derive(Clone)]
struct PublicOnly(Arc<Allowance>);

/// All addresses of a name are private.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allowance = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| allowance.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stand_in::StandIn;

    const SECOND: Duration = Duration::from_secs(1);

    fn allowing_loopback() -> Https {
        let networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        Https::new(Allowance { networks, plain: true }).unwrap()
    }

    async fn get(
        https: &Https,
        reach: Reach,
        address: &str,
    ) -> Result<http::Response<Vec<u8>>, CallError> {
        let request = http::Request::get(address).body(Vec::new()).unwrap();
        https.call(request, reach, SECOND, 1000).await
    }

    #[tokio::test]
    async fn strangers_addresses_inside_the_network_are_refused_and_nothing_is_sent() {
        let stand_in = StandIn::start(|_| (200, "inside".to_owned())).await;
        let port = stand_in.address.port();
        let https = Https::new(Allowance::default()).unwrap();
        for (address, rule) in [
            (format!("http://127.0.0.1:{port}/"), NOT_PUBLIC),
            (format!("https://127.0.0.1:{port}/"), NOT_PUBLIC),
            (format!("https://2130706433:{port}/"), NOT_PUBLIC),
            (format!("https://0x7f.1:{port}/"), NOT_PUBLIC),
            (format!("https://[::ffff:127.0.0.1]:{port}/"), NOT_PUBLIC),
            (format!("https://localhost:{port}/"), NOT_PUBLIC),
            ("https://169.254.169.254/latest/meta-data/".to_owned(), NOT_PUBLIC),
            ("https://[fd00:ec2::254]/".to_owned(), NOT_PUBLIC),
            (format!("http://localhost:{port}/"), NOT_PUBLIC),
            ("http://example.test/".to_owned(), NOT_HTTPS),
            ("http://1.1.1.1/".to_owned(), NOT_HTTPS),
        ] {
            match get(&https, Reach::Public, &address).await {
                Err(CallError::Forbidden { rule: said, .. }) => assert_eq!(said, rule, "{address}"),
                other => panic!("{address}: {other:?}"),
            }
        }
        assert!(stand_in.calls().is_empty());
        let answer = get(&https, Reach::Configured, &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(answer.unwrap().body(), b"inside");
    }

    #[tokio::test]
    async fn an_allowed_network_may_be_called_without_tls_and_nothing_else() {
        let stand_in = StandIn::start(|_| (200, "here".to_owned())).await;
        let port = stand_in.address.port();
        let https = allowing_loopback();
        let answer = get(&https, Reach::Public, &format!("http://127.0.0.1:{port}/x?y=z")).await;
        assert_eq!(answer.unwrap().body(), b"here");
        let named = get(&https, Reach::Public, &format!("http://localhost:{port}/")).await;
        assert_eq!(named.unwrap().body(), b"here");
        let outside = get(&https, Reach::Public, "http://1.1.1.1/").await;
        assert!(matches!(outside, Err(CallError::Forbidden { rule: NOT_HTTPS, .. })));
        let calls = stand_in.calls();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].path, "/x?y=z");
        assert!(calls[0].headers["user-agent"].to_str().unwrap().starts_with("wharf/"));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_not_followed() {
        let inner = StandIn::start(|_| (200, "inside".to_owned())).await;
        let to = format!("http://{}/", inner.address);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let redirects = move || async move { axum::response::Redirect::temporary(&to) };
        let router = axum::Router::new().fallback(redirects);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let answer =
            get(&allowing_loopback(), Reach::Configured, &format!("http://{address}/")).await;
        assert_eq!(answer.unwrap().status(), 307);
        assert!(inner.calls().is_empty());
    }

    #[tokio::test]
    async fn a_body_is_cut_where_it_is_too_long() {
        let stand_in = StandIn::start(|_| (200, "x".repeat(200_000))).await;
        let answer =
            get(&allowing_loopback(), Reach::Public, &format!("http://{}/", stand_in.address))
                .await;
        assert_eq!(answer.unwrap().body().len(), 1000);
    }

    #[tokio::test]
    async fn what_was_not_sent_is_told_from_what_was_not_answered() {
        let https = allowing_loopback();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (hears, heard) = tokio::sync::oneshot::channel();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
            hears.send(()).unwrap();
        });
        let answer = get(&https, Reach::Public, &format!("http://{address}/?token=secret")).await;
        heard.await.unwrap();
        server.await.unwrap();
        let Err(error @ CallError::NoAnswer { .. }) = answer else { panic!("{answer:?}") };
        assert!(!crate::error::chain(&error).contains("secret"));
        // Now nobody listens there any more.
        let answer = get(&https, Reach::Public, &format!("http://{address}/")).await;
        assert!(matches!(answer, Err(CallError::NotSent { .. })), "{answer:?}");
    }
}
