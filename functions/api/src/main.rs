//! The public API that manages: tenants, channels, inbounds, outbounds, flows, hook rules, messages.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.api()?.serve().await
}
