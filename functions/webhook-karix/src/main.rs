//! Webhook of Karix: `POST /v1/webhooks/karix/{channel}`.

use shared::provider::karix::Karix;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive(&Karix)?.serve().await
}
