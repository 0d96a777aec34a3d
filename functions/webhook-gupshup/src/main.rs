//! Webhook of GupShup, both dialects: `POST /v1/webhooks/gupshup/{channel}`.

use shared::provider::gupshup::Gupshup;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive(&Gupshup)?.serve().await
}
