//! Works off the hook queue: signs and posts hooks to customers.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.hook()?.serve().await
}
