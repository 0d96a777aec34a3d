//! How far a message has come, on the table itself: claims, ranks, and statuses that are faster than the answer.

use shared::domain::ids::{ChannelId, MessageId};
use shared::domain::message::{Origin, OutsideWindow, Sending, Status, ToUser};
use shared::domain::time::Time;
use shared::domain::user::{Address, WaId};
use shared::local::engine::Engine;
use shared::store::Store;
use shared::store::messages::{Claim, Message};
use shared::store::statuses::{Named, Raised, Step};

const CHANNEL: ChannelId = ChannelId::from_bytes([2; 16]);

fn at(second: i64) -> Time {
    Time::from_millis(second * 1000)
}

fn sending(name: &str) -> Sending {
    let to = Address::Phone(WaId::parse("573001234567").expect("digits"));
    Sending {
        id: MessageId::of(to.conversation(CHANNEL), at(1), &[name.as_bytes()]),
        channel: CHANNEL,
        to,
        time: at(1),
        received: None,
        content: ToUser::text("hello"),
        origin: Origin::Api,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

fn step(status: Status, second: i64) -> Step {
    Step { status, time: at(second), failure: None }
}

async fn status(store: &Store, id: MessageId) -> Status {
    match store.message(id).await.expect("readable").expect("there") {
        Message::ToUser(sent) => sent.status,
        Message::FromUser(_) => panic!("not ours"),
    }
}

/// A claimed message of a fresh table.
async fn claimed(name: &str) -> (Engine, Store, Sending) {
    let engine = Engine::memory().expect("an engine");
    let store = Store::new(engine.table());
    let sending = sending(name);
    assert_eq!(store.claim(&sending, "job/1", at(2)).await.expect("claimed"), Claim::Granted);
    (engine, store, sending)
}

/// K14: the statuses of a message rise whatever order they come in; what was delivered cannot fail any more.
#[tokio::test]
async fn a_status_only_rises() {
    use Status::{Accepted, Delivered, Failed, Read, Sent};
    for (order, end) in [
        (vec![Accepted, Sent, Delivered, Read], Read),
        (vec![Read, Delivered, Sent, Accepted], Read),
        (vec![Accepted, Delivered, Failed], Delivered),
        (vec![Accepted, Failed, Delivered, Read], Failed),
        (vec![Sent, Sent, Failed], Failed),
    ] {
        let (_engine, store, sending) = claimed("a").await;
        for (second, next) in (3..).zip(&order) {
            store.raise(sending.id, &step(*next, second), None).await.expect("raised");
        }
        assert_eq!(status(&store, sending.id).await, end, "{order:?}");
    }
}

/// T48: a message is handed to the provider once: the second claim finds the first one's outcome, or that it is open.
#[tokio::test]
async fn a_message_is_claimed_once() {
    let (_engine, store, sending) = claimed("a").await;
    let Claim::Open(open) = store.claim(&sending, "job/2", at(3)).await.expect("asked") else {
        panic!("the first one's outcome is not known")
    };
    assert_eq!(open.claim, Some(("job/1".to_owned(), at(2))));
    store.raise(sending.id, &step(Status::Accepted, 4), Some("wamid.1")).await.expect("raised");
    let Claim::Settled(settled) = store.claim(&sending, "job/3", at(5)).await.expect("asked")
    else {
        panic!("the first one's outcome is known")
    };
    assert_eq!(settled.provider_id.as_deref(), Some("wamid.1"));
    assert_eq!(settled.handed_over(), Some(at(4)));
}

/// K14: a status that comes before anybody knows whose it is waits for its message, by the provider's first id or by a
/// later one.
#[tokio::test]
async fn an_early_status_is_parked() {
    let (_engine, store, sending) = claimed("a").await;
    let parked =
        store.raise_by_provider_id(CHANNEL, "gs-1", Named::default(), &step(Status::Sent, 3)).await;
    assert_eq!(parked.expect("parked"), Raised::Parked);
    store.raise(sending.id, &step(Status::Accepted, 4), Some("gs-1")).await.expect("raised");
    let raised = store.link_provider_id(CHANNEL, "gs-1", sending.id, at(4)).await.expect("linked");
    assert!(matches!(raised, Raised::Yes(sent) if sent.status == Status::Sent));
    let step = step(Status::Read, 6);
    let raised =
        store.raise_by_provider_id(CHANNEL, "gs-1", Named::default(), &step).await.expect("raised");
    assert!(matches!(raised, Raised::Yes(_)));
}

/// K14: a provider that calls the message by another name later is still understood, in either order.
#[tokio::test]
async fn a_second_name_finds_the_message() {
    for linked_first in [true, false] {
        let (_engine, store, sending) = claimed("a").await;
        let link = || store.link_provider_id(CHANNEL, "gs-1", sending.id, at(4));
        if linked_first {
            link().await.expect("linked");
        }
        let enqueued = step(Status::Accepted, 3);
        let also = Named { alias: Some("wa-1"), to: None };
        store.raise_by_provider_id(CHANNEL, "gs-1", also, &enqueued).await.expect("raised");
        let read = step(Status::Read, 5);
        store.raise_by_provider_id(CHANNEL, "wa-1", Named::default(), &read).await.expect("raised");
        if !linked_first {
            link().await.expect("linked");
        }
        assert_eq!(status(&store, sending.id).await, Status::Read, "linked first: {linked_first}");
    }
}

/// K14: a status for a message that we never sent leaves nothing behind.
#[tokio::test]
async fn an_unknown_message_leaves_nothing() {
    let engine = Engine::memory().expect("an engine");
    let store = Store::new(engine.table());
    let raised = store.raise(sending("never").id, &step(Status::Sent, 3), None).await;
    assert_eq!(raised.expect("asked"), Raised::Unknown);
    assert_eq!(engine.items().expect("items").len(), 0);
}
