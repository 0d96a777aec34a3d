//! Runs by a schedule: asks providers how the review of templates goes.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.poll()?.serve().await
}
