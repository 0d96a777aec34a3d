//! The engine as the client's HTTP client: a request is answered in this process, without a connection. Requests and
//! answers are the ones of DynamoDB's protocol all the same.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TARGET: &str = "DynamoDB_20120810.";

/// Hands requests to the engine.
#[derive(Clone)]
pub(super) struct Direct(pub(super) Database);

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

impl HttpClient for Direct {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            // As whoever waits for a connection does, so that those who work side by side take turns.
            tokio::task::yield_now().await;
            this.answer(&request)
        })
    }
}

impl Direct {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.strip_prefix(TARGET).unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let (status, body) = match self.run(operation, body) {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status =
            StatusCode::try_from(status).map_err(|e| ConnectorError::other(e.into(), None))?;
        Ok(HttpResponse::new(status, body.into()))
    }

    /// What the table's client asks for; nothing else is asked.
    fn run(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        match operation {
            "GetItem" => written(&self.0.get_item(read(body)?)?),
            "BatchGetItem" => written(&self.0.batch_get_item(read(body)?)?),
            "Query" => written(&self.0.query(read(body)?)?),
            "PutItem" => written(&self.0.put_item(read(body)?)?),
            "UpdateItem" => written(&self.0.update_item(read(body)?)?),
            "DeleteItem" => written(&self.0.delete_item(read(body)?)?),
            "TransactWriteItems" => written(&self.0.transact_write_items(read(body)?)?),
            other => Err(DynoxideError::ValidationException(format!("{other} is not asked for"))),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body)
        .map_err(|e| DynoxideError::ValidationException(format!("it cannot be read: {e}")))
}

fn written(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer)
        .map_err(|e| DynoxideError::ValidationException(format!("it cannot be written: {e}")))
}
