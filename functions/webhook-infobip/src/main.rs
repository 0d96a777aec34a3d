//! Webhook of Infobip: `POST /v1/webhooks/infobip/{channel}`.

use shared::provider::infobip::Infobip;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive(&Infobip)?.serve().await
}
