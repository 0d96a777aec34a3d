//! Opens the connections to the table and the queues before the first event: a start has the whole processor, an
//! event only its slice.

use std::time::Duration;

use aws_sdk_s3::primitives::SdkBody;
use aws_sdk_sqs::config::http::HttpRequest;
use aws_sdk_sqs::config::retry::RetryConfig;

use crate::aws::client::Clients;

/// A start must not hang on it: what is not open then is opened by the first call.
const WARM: Duration = Duration::from_secs(1);

/// Asks both services whether they are well. The answer does not matter, the connection stays.
pub(super) async fn warm(clients: &Clients) {
    let table = aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled());
    let table = clients.dynamodb.list_tables().customize().config_override(table);
    let table = table.mutate_request(ping).send();
    let queues = aws_sdk_sqs::Config::builder().retry_config(RetryConfig::disabled());
    let queues = clients.sqs.list_queues().customize().config_override(queues);
    let queues = queues.mutate_request(ping).send();
    let _ = tokio::time::timeout(WARM, async { tokio::join!(table, queues) }).await;
}

/// `GET /ping` needs no permission and is in no bill.
fn ping(request: &mut HttpRequest) {
    let uri = format!("{}/ping", request.uri().trim_end_matches('/'));
    // An address that was good stays good with a path.
    let _ = request.set_method("GET").and_then(|()| request.set_uri(uri));
    request.headers_mut().remove("content-length");
    request.headers_mut().remove("x-amz-target");
    *request.body_mut() = SdkBody::empty();
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
