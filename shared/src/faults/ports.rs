//! Around the ports. A call of a port is a call of its service. Where several jobs are put on a queue and that fails, the
//! first is there all the same.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Broken, Fault, Faults};
use crate::domain::ids::{ChannelId, MediaId};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{
    Account, Audit, CallError, Count, File, Http, Job, Media, Ports, Queue, QueueName, Reach,
    Secrets, Subject, Timer, Timers,
};

/// What a throttled caller is asked to wait, in seconds.
const RETRY_AFTER_S: u16 = 2;

impl Faults {
    /// All ports but the clock and the dice.
    pub fn ports(&self, ports: &Ports) -> Ports {
        Ports {
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            queue: self.port(ports.queue.clone()),
            timers: self.port(ports.timers.clone()),
            http: self.http(ports.http.clone()),
            secrets: self.port(ports.secrets.clone()),
            media: self.port(ports.media.clone()),
            audit: self.port(ports.audit.clone()),
        }
    }

    /// The one port of a function on AWS that no client of a service stands behind.
    pub fn http(&self, http: Arc<dyn Http>) -> Arc<dyn Http> {
        self.port(http)
    }

    fn port<P: ?Sized>(&self, inner: Arc<P>) -> Arc<Port<P>> {
        Arc::new(Port { inner, faults: self.clone() })
    }
}

struct Port<P: ?Sized> {
    inner: Arc<P>,
    faults: Faults,
}

impl<P: ?Sized> Port<P> {
    async fn call<T>(
        &self,
        service: &'static str,
        call: &str,
        made: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let made = self.faults.around(call, made).await;
        made.unwrap_or_else(|broken| Err(Error::unavailable(service, broken)))
    }
}

#[async_trait]
impl Queue for Port<dyn Queue> {
    async fn put(&self, queue: QueueName, mut jobs: Vec<Job>) -> Result<()> {
        let fault = self.faults.meet(&format!("queue.{}", queue.word()));
        if fault == Some(Fault::Fail) && jobs.len() > 1 {
            // A batch may be taken in part.
            jobs.truncate(1);
            self.inner.put(queue, jobs).await?;
            return Err(Error::unavailable("queue", Broken::Failed));
        }
        let made = self.faults.strike(fault, self.inner.put(queue, jobs)).await;
        made.unwrap_or_else(|broken| Err(Error::unavailable("queue", broken)))
    }
}

#[async_trait]
impl Timers for Port<dyn Timers> {
    async fn arm(&self, timer: Timer, at: Time) -> Result<()> {
        self.call("timers", "timers.arm", self.inner.arm(timer, at)).await
    }
}

#[async_trait]
impl Http for Port<dyn Http> {
    async fn call(
        &self,
        request: http::Request<Vec<u8>>,
        reach: Reach,
        timeout: Duration,
        body_bytes_max: usize,
    ) -> std::result::Result<http::Response<Vec<u8>>, CallError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let call = match reach {
            Reach::Configured => "http.provider",
            Reach::Public => "http.public",
        };
        let made = self.inner.call(request, reach, timeout, body_bytes_max);
        let broken = match self.faults.around(call, made).await {
            Ok(answer) => return answer,
            Err(broken) => broken,
        };
        match broken {
            Broken::Failed => Err(CallError::NotSent { host, source: Some(broken.into()) }),
            Broken::NoAnswer => Err(CallError::NoAnswer { host, source: Some(broken.into()) }),
            Broken::Throttled => Ok(answer(429, "{}")),
            Broken::Answered(status) => Ok(answer(status, "{}")),
            Broken::Garbled => Ok(answer(200, "\u{0}<html>")),
        }
    }

    fn check_public(&self, address: &url::Url) -> std::result::Result<(), CallError> {
        self.inner.check_public(address)
    }
}

fn answer(status: u16, body: &str) -> http::Response<Vec<u8>> {
    let mut response = http::Response::new(body.as_bytes().to_vec());
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    if status == 429 {
        response.headers_mut().insert(http::header::RETRY_AFTER, RETRY_AFTER_S.into());
    }
    response
}

#[async_trait]
impl Secrets for Port<dyn Secrets> {
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        self.call("secrets", "secrets.seal", self.inner.seal(context, plain)).await
    }

    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        self.call("secrets", "secrets.open", self.inner.open(context, sealed)).await
    }
}

#[async_trait]
impl Media for Port<dyn Media> {
    async fn put(&self, id: MediaId, file: File) -> Result<()> {
        self.call("media", "media.put", self.inner.put(id, file)).await
    }

    async fn get(&self, id: MediaId) -> Result<Option<File>> {
        self.call("media", "media.get", self.inner.get(id)).await
    }

    async fn link(&self, id: MediaId, lasts: Duration) -> Result<Option<String>> {
        self.inner.link(id, lasts).await
    }
}

#[async_trait]
impl Audit for Port<dyn Audit> {
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()> {
        self.call("audit", "audit.count", self.inner.count(subject, counts)).await
    }

    async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        self.call("audit", "audit.account", self.inner.account(channels)).await
    }
}
