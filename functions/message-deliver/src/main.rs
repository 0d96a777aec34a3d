//! Works off the message queue: hands messages to their providers.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.deliver()?.serve().await
}
