//! Works off the follow-up queue: speaks again to users who left a question unanswered.

use shared::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    let start = runtime::start().await?;
    start.follow_up()?.serve().await
}
