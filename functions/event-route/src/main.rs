//! Works off the event queue: decides what an event means for its conversation.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.route()?.serve().await
}
