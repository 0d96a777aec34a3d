//! Around the HTTP client of the AWS SDK: it sees every call of every service, the table's too. The SDK tries again by
//! itself, so a fault of a call holds for all its attempts, where it does not say otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;

use super::{Broken, Fault, Faults};
use crate::aws::client::Clients;
use crate::store::Store;

impl Faults {
    /// The clients of a function.
    pub fn clients(&self, clients: Clients) -> Clients {
        clients.through(|inner| {
            let (faults, lasting) = (self.clone(), Lasting::default());
            SharedHttpConnector::new(Connector { inner, faults, lasting })
        })
    }

    /// The store as this function reaches it.
    pub fn store(&self, store: &Store) -> Store {
        let config = store.table.client().config();
        let builder = config.to_builder();
        let builder = match config.http_client() {
            Some(http) => builder.http_client(self.client(http)),
            None => builder,
        };
        let client = aws_sdk_dynamodb::Client::from_conf(builder.build());
        store.through(store.table.through(client))
    }

    fn client(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Client { inner, faults: self.clone(), lasting: Arc::default() })
    }
}

/// What goes wrong with all attempts of a call, by the call's id.
type Lasting = Arc<Mutex<HashMap<String, Fault>>>;

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    faults: Faults,
    lasting: Lasting,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        let (faults, lasting) = (self.faults.clone(), self.lasting.clone());
        SharedHttpConnector::new(Connector { inner, faults, lasting })
    }
}

#[derive(Debug, Clone)]
struct Connector {
    inner: SharedHttpConnector,
    faults: Faults,
    lasting: Lasting,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(call) = call_of(&request) else { return self.inner.call(request) };
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let fault = this.fault(&call, &request);
            let made = async { this.inner.call(request).await };
            match this.faults.strike(fault, made).await {
                Ok(answer) => answer,
                Err(broken) => answer(broken, &call),
            }
        })
    }
}

impl Connector {
    fn fault(&self, call: &str, request: &HttpRequest) -> Option<Fault> {
        let header = |name| request.headers().get(name).unwrap_or_default();
        let id = header("amz-sdk-invocation-id");
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if !header("amz-sdk-request").contains("attempt=1") {
            return lasting.get(id).copied();
        }
        let fault = self.faults.meet(call);
        if let Some(fault) = fault.filter(|fault| *fault != Fault::LoseAnswerOnce) {
            lasting.insert(id.to_owned(), fault);
        }
        fault
    }
}

/// The service and the operation; `None` for what only warms a connection.
fn call_of(request: &HttpRequest) -> Option<String> {
    if let Some((service, operation)) =
        request.headers().get("x-amz-target").and_then(|target| target.split_once('.'))
    {
        let service = match service {
            "AmazonSQS" => "sqs",
            "TrentService" => "kms",
            service if service.starts_with("DynamoDB") => "dynamodb",
            other => other,
        };
        return Some(format!("{service}.{operation}"));
    }
    let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = path.find('/').map_or("/", |at| &path[at..]);
    match (request.method(), path) {
        (_, path) if path.starts_with("/ping") => None,
        (_, path) if path.starts_with("/schedules/") => Some("scheduler.CreateSchedule".to_owned()),
        ("PUT", _) => Some("s3.PutObject".to_owned()),
        ("GET", _) => Some("s3.GetObject".to_owned()),
        (method, _) => Some(format!("aws.{method}")),
    }
}

/// What the SDK sees in the place of the service's answer.
fn answer(broken: Broken, call: &str) -> Result<HttpResponse, ConnectorError> {
    let (status, code) = match broken {
        Broken::NoAnswer => return Err(ConnectorError::timeout(broken.into())),
        Broken::Throttled if call.starts_with("dynamodb.") => {
            (400, "ProvisionedThroughputExceededException")
        }
        Broken::Throttled if call.starts_with("s3.") => (503, "SlowDown"),
        Broken::Throttled => (400, "ThrottlingException"),
        Broken::Failed | Broken::Garbled => (500, "InternalServerError"),
        Broken::Answered(status) => (status, "InternalServerError"),
    };
    let body = if call.starts_with("s3.") {
        format!("<Error><Code>{code}</Code></Error>")
    } else if broken == Broken::Garbled {
        "<html>".to_owned()
    } else {
        format!("{{\"__type\":\"{code}\",\"message\":\"on purpose\"}}")
    };
    let status = StatusCode::try_from(status).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, body.into());
    response.headers_mut().insert("x-amzn-errortype", code);
    Ok(response)
}
