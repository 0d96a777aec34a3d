//! Stories run on a `Bundle`: the whole gateway in one process, on the local ports, against the simulator. Nothing
//! moves by itself: a story posts, steps and turns the clock, and looks at what users saw and customers got.

#![expect(clippy::missing_panics_doc, reason = "a story that cannot go on panics")]

pub mod binaries; // the programs of the workspace
pub mod bundle; // the gateway, and time as it passes there
pub mod channels; // opened ones, without a story
pub mod clock; // one time for both sides
pub mod count; // calls of AWS services
pub mod customer; // who calls the API and gets hooks
pub mod dice; // chance that follows from a seed
pub mod emulator; // the template on an AWS of this machine
pub mod fate; // what befalls the functions
mod gateway; // put together from its handlers
pub mod ledger; // what a story came to
pub mod meta; // webhooks as only Meta makes them
pub mod people; // users with their phones
pub mod permissions; // what each function asks of AWS
pub mod python; // environments of Python packages
pub mod stage; // what stories begin with
pub mod template; // what is deployed
pub mod wire; // the network of a story
pub mod world; // what every story needs

use std::task::Poll;

pub use bundle::Bundle;
pub use customer::{Customer, Reply};
pub use people::Person;
pub use world::World;

/// All of them at once, in one task: they take turns wherever they wait. Their results, in order.
pub async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in &mut running {
            if done.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
