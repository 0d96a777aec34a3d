//! What a webhook needs of its provider before it is taken: the certificate that it is signed with, fetched once by each
//! process, and the call that confirms the address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::ports::{Http, Reach};

const SERVICE: &str = "the provider";
/// Two of these are less than a webhook's function may run.
const TIMEOUT: Duration = Duration::from_secs(4);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A provider has a handful at one time; strangers cannot name any.
const KEPT_MAX: usize = 16;

/// The certificates that this process has met, by address.
pub(super) struct Certificates {
    http: Arc<dyn Http>,
    kept: Mutex<BTreeMap<String, Arc<[u8]>>>,
}

impl Certificates {
    pub(super) fn new(http: Arc<dyn Http>) -> Self {
        Self { http, kept: Mutex::default() }
    }

    /// The certificate, which is empty if there is none at this address.
    ///
    /// # Errors
    /// It cannot be had now: the provider should send its webhook again.
    pub(super) async fn get(&self, request: http::Request<Vec<u8>>) -> Result<Arc<[u8]>> {
        let address = request.uri().to_string();
        if let Some(certificate) = self.kept().get(&address) {
            return Ok(certificate.clone());
        }
        let answer = self.call(request).await?;
        let found = answer.status().is_success();
        Ok(if found { answer.into_body().into() } else { Arc::default() })
    }

    /// Keeps one that was the right one.
    pub(super) fn keep(&self, address: String, certificate: Arc<[u8]>) {
        let mut kept = self.kept();
        if kept.len() == KEPT_MAX {
            kept.clear();
        }
        kept.insert(address, certificate);
    }

    /// Whether the provider took the confirmation.
    ///
    /// # Errors
    /// It cannot be told now: the provider should ask again.
    pub(super) async fn confirm(&self, request: http::Request<Vec<u8>>) -> Result<bool> {
        Ok(self.call(request).await?.status().is_success())
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it answers, unless that is a fault of its own.
    async fn call(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>> {
        let answer = self.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| Error::unavailable(SERVICE, error))?;
        let status = answer.status();
        if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
            return Err(Error::unavailable(SERVICE, format!("it answered status {status}")));
        }
        Ok(answer)
    }
}
