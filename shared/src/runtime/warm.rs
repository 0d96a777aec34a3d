//! Opens the connections to the table and the queues before the first event: a start has the whole processor, an
//! event only its slice.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use http_body_util::BodyExt as _;

use crate::aws::client::Clients;

/// A start must not hang on it: what is not open then is opened by the first call.
const WARM: Duration = Duration::from_secs(1);

/// Asks both services whether they are well. `GET /ping` needs no permission and is in no bill. The answer does not
/// matter, the connection stays.
pub(super) async fn warm(clients: &Clients) {
    let (addresses, http) = clients.warmed();
    let [table, queues] = addresses.map(|address| {
        let http = http.clone();
        async move {
            let Ok(request) = HttpRequest::get(format!("{address}/ping")) else { return };
            if let Ok(response) = http.call(request).await {
                // A connection is free again once its answer was read.
                let _ = response.into_body().collect().await;
            }
        }
    });
    let _ = tokio::time::timeout(WARM, async { tokio::join!(table, queues) }).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::stand_in::StandIn;

    #[tokio::test]
    async fn both_services_are_pinged_once_whatever_they_answer() {
        for status in [200, 500] {
            let stand_in = StandIn::start(move |_| (status, "healthy".to_owned())).await;
            warm(&Clients::new(&stand_in.access()).unwrap()).await;
            let calls = stand_in.calls();
            let asked: Vec<_> =
                calls.iter().map(|call| (call.method.as_str(), call.path.as_str())).collect();
            assert_eq!(asked, [("GET", "/ping"), ("GET", "/ping")]);
            assert!(calls.iter().all(|call| call.body.is_empty()));
        }
    }
}
