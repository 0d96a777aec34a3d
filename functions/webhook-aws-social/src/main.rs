//! Webhook of AWS End User Messaging Social, called by the topic that it tells everything:
//! `POST /v1/webhooks/aws_social/{channel}`.

use shared::provider::aws_social::AwsSocial;
use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.receive_signed(&AwsSocial)?.serve().await
}
