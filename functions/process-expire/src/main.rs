//! Works off the expiry queue: ends what nobody answered.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.expire()?.serve().await
}
