//! What a function was not given: a port that refuses. A function that names a port's AWS side carries that side's
//! client in its binary, so one that needs none names this.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::ids::MediaId;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{CallError, File, Http, Media, Reach, Secrets, Timer, Timers};

/// Timers, calls, secrets and files that are not there.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

#[async_trait]
impl Timers for Absent {
    async fn arm(&self, _timer: Timer, _at: Time) -> Result<()> {
        Err(Error::internal("this function was not given timers"))
    }
}

#[async_trait]
impl Http for Absent {
    async fn call(
        &self,
        request: http::Request<Vec<u8>>,
        _reach: Reach,
        _timeout: Duration,
        _body_bytes_max: usize,
    ) -> Result<http::Response<Vec<u8>>, CallError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        Err(CallError::Forbidden { host, rule: "this function calls nobody" })
    }
}

#[async_trait]
impl Secrets for Absent {
    async fn seal(&self, _context: &str, _plain: &[u8]) -> Result<String> {
        Err(Error::internal("this function was not given the key of secrets"))
    }

    async fn open(&self, _context: &str, _sealed: &str) -> Result<Vec<u8>> {
        Err(Error::internal("this function was not given the key of secrets"))
    }
}

#[async_trait]
impl Media for Absent {
    async fn put(&self, _id: MediaId, _file: File) -> Result<()> {
        Err(Error::internal("this function was not given the bucket of files"))
    }

    async fn get(&self, _id: MediaId) -> Result<Option<File>> {
        Err(Error::internal("this function was not given the bucket of files"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_given_refuses_for_good() {
        let id = MediaId::derive(&[b"file"]);
        assert!(!Absent.get(id).await.unwrap_err().is_transient());
        let file = File { mime: "text/plain".to_owned(), bytes: Vec::new() };
        assert!(!Absent.put(id, file).await.unwrap_err().is_transient());
        assert!(!Absent.open("CHN1", "sealed").await.unwrap_err().is_transient());
        assert!(!Absent.seal("CHN1", b"plain").await.unwrap_err().is_transient());
        let timer = Timer::Hook {
            delivery: crate::domain::ids::EventId::derive(&[b"event"]),
            rule: crate::domain::ids::HookRuleId::derive(&[b"rule"]),
        };
        assert!(!Absent.arm(timer, Time::from_millis(0)).await.unwrap_err().is_transient());
        let request = http::Request::get("https://customer.example/").body(Vec::new()).unwrap();
        let answer = Absent.call(request, Reach::Public, Duration::ZERO, 0).await;
        assert!(matches!(answer, Err(CallError::Forbidden { .. })));
    }
}
