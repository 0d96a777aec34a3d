//! Webhook of the Meta Cloud API: `GET|POST /v1/webhooks/cloud_api/{channel}`.

use shared::provider::meta::Meta;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive(&Meta)?.serve().await
}
