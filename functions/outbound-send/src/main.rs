//! `POST /v1/whatsapp/outbounds/send`: checks, stores, queues, answers 202.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.outbound_send()?.serve().await
}
