//! Webhook of 360dialog: `POST /v1/webhooks/360dialog/{channel}`.

use shared::provider::dialog360::Dialog360;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive(&Dialog360)?.serve().await
}
