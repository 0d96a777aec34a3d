//! What goes wrong: answers of every class, answers that never come, statuses in any order, webhooks twice or late.

use serde_json::{Value, json};
use simulator::fault::{PostFault, SendFault};
use simulator::message::{FromUser, Status};
use simulator::post::What;
use tests::clock::{hours, minutes};

use super::{Behaviour, Stage};
use crate::providers::table::Cell;

pub(super) static ALL: [Behaviour; 13] = [
    Behaviour {
        name: "too many calls: sent a little later, once",
        story: |s| Box::pin(later(s, SendFault::RateLimited)),
    },
    Behaviour {
        name: "an outage: sent a little later, once",
        story: |s| Box::pin(later(s, SendFault::Unavailable { status: 503 })),
    },
    Behaviour {
        name: "an answer that is no answer: sent later, once",
        story: |s| Box::pin(later(s, SendFault::Garbage)),
    },
    Behaviour {
        name: "a lost answer is reconciled, not repeated blindly",
        story: |s| Box::pin(lost_answer(s)),
    },
    Behaviour {
        name: "a lost call is repeated after the time for statuses",
        story: |s| Box::pin(lost_call(s)),
    },
    Behaviour { name: "a user who is not there: final", story: |s| Box::pin(nobody(s)) },
    Behaviour {
        name: "a closed service window: not sent, and said so",
        story: |s| Box::pin(closed(s)),
    },
    Behaviour {
        name: "wrong credentials: final, and the channel says so",
        story: |s| Box::pin(credentials(s)),
    },
    Behaviour { name: "statuses rise whatever their order", story: |s| Box::pin(order(s)) },
    Behaviour {
        name: "a status before the answer finds its message",
        story: |s| Box::pin(early(s)),
    },
    Behaviour { name: "a webhook five times counts once", story: |s| Box::pin(repeated(s)) },
    Behaviour {
        name: "a webhook that is overtaken loses nothing",
        story: |s| Box::pin(overtaken(s)),
    },
    Behaviour { name: "a reader's two blue ticks arrive", story: |s| Box::pin(read(s)) },
];

fn text(body: &str) -> Value {
    json!({ "type": "text", "body": body })
}

/// Time for every repetition that is still under way.
async fn wait(s: &Stage<'_>) {
    for _ in 0..4 {
        s.bundle.turn(minutes(3)).await;
    }
}

async fn later(s: &Stage<'_>, fault: SendFault) -> Cell {
    s.fails_next(fault);
    let sent = s.send(&text("uno")).await;
    wait(s).await;
    assert_eq!(s.ana.sees(), ["uno"], "{sent}");
    assert_eq!(s.state(&sent).await["status"], "delivered");
    Cell::Holds
}

async fn lost_answer(s: &Stage<'_>) -> Cell {
    s.fails_next(SendFault::LostAnswer);
    let sent = s.send(&text("uno")).await;
    wait(s).await;
    assert_eq!(s.ana.sees(), ["uno"], "{sent}");
    let state = s.state(&sent).await;
    assert_eq!(state["status"], "delivered", "{state}");
    Cell::Holds
}

async fn lost_call(s: &Stage<'_>) -> Cell {
    s.fails_next(SendFault::LostCall);
    let sent = s.send(&text("uno")).await;
    assert_eq!(sent["status"], "unknown");
    assert_eq!(s.ana.sees(), [""; 0]);
    wait(s).await;
    assert_eq!(s.ana.sees(), ["uno"]);
    Cell::Holds
}

/// An address that no user of the simulator has.
async fn nobody(s: &Stage<'_>) -> Cell {
    let send = |outside: Value| {
        json!({ "channel_id": s.number.channel, "to": "573009990000", "message": text("uno"),
                "outside_window": outside })
    };
    // Nobody who never wrote can be written to freely: the window is looked at first.
    let refused = s.shop.post("/v1/messages", &send(json!("reject"))).await;
    assert_eq!(refused.status, 422);
    let fault = SendFault::Code { code: "131026".to_owned(), text: "Undeliverable".to_owned() };
    s.fails_next(fault);
    let sent = s.send(&text("uno")).await;
    wait(s).await;
    let state = s.state(&sent).await;
    assert_eq!(state["status"], "failed", "{state}");
    assert_eq!(s.ana.sees(), [""; 0]);
    Cell::Holds
}

async fn closed(s: &Stage<'_>) -> Cell {
    s.bundle.turn(hours(24)).await;
    let body =
        json!({ "channel_id": s.number.channel, "to": s.ana.number, "message": text("uno") });
    let refused = s.shop.post("/v1/messages", &body).await;
    assert_eq!(refused.status, 422, "{}", refused.json);
    s.bundle.run().await;
    assert_eq!(s.ana.sees(), [""; 0]);
    Cell::Holds
}

async fn credentials(s: &Stage<'_>) -> Cell {
    s.bundle.simulator.change(|state| {
        let line = state.lines.get_mut(&s.number.digits).expect("the line");
        for (name, value) in &mut line.settings {
            let is_secret = ["token", "password", "api_key", "account_key", "secret_access_key"]
                .iter()
                .any(|w| name.contains(w));
            if is_secret {
                value.push_str("-changed");
            }
        }
    });
    let sent = s.send(&text("uno")).await;
    wait(s).await;
    assert_eq!(s.ana.sees(), [""; 0]);
    let state = s.state(&sent).await;
    assert_ne!(state["status"], "delivered", "{state}");
    let channel = s.shop.get(&format!("/v1/channels/{}", s.number.channel)).await.expect(200);
    assert_ne!(channel["warnings"], json!([]), "{channel}");
    Cell::Holds
}

/// The newest status is posted first.
async fn order(s: &Stage<'_>) -> Cell {
    let body =
        json!({ "channel_id": s.number.channel, "to": s.ana.number, "message": text("uno") });
    let sent = s.shop.post("/v1/messages", &body).await.expect(202);
    s.bundle.run().await;
    s.ana.looks().await;
    let state = s.state(&sent).await;
    assert!(
        ["delivered", "read"].contains(&state["status"].as_str().unwrap_or_default()),
        "{state}"
    );
    let posted = s.bundle.wire.posted();
    let before = state["status"].clone();
    for post in posted.iter().rev() {
        s.bundle.deliver(post.clone()).await;
        s.bundle.run().await;
    }
    assert_eq!(s.state(&sent).await["status"], before, "an old status lowered it");
    Cell::Holds
}

async fn early(s: &Stage<'_>) -> Cell {
    s.fails_next(SendFault::StatusFirst);
    let sent = s.send(&text("uno")).await;
    wait(s).await;
    let state = s.state(&sent).await;
    assert_eq!(state["status"], "delivered", "{state}");
    Cell::Holds
}

async fn repeated(s: &Stage<'_>) -> Cell {
    s.next_post(PostFault::Repeated { times: 5 });
    s.ana.says("uno").await;
    s.bundle.turn(minutes(1)).await;
    assert_eq!(s.heard().await.len(), 2);
    Cell::Holds
}

async fn overtaken(s: &Stage<'_>) -> Cell {
    s.next_post(PostFault::Overtaken);
    s.ana.begins(FromUser::Text { body: "uno".to_owned() });
    s.ana.says("dos").await;
    wait(s).await;
    assert_eq!(s.heard().await.len(), 3);
    Cell::Holds
}

async fn read(s: &Stage<'_>) -> Cell {
    let sent = s.send(&text("uno")).await;
    s.ana.looks().await;
    wait(s).await;
    let state = s.state(&sent).await;
    assert_eq!(state["status"], "read", "{state}");
    let pending = s.bundle.simulator.read(|state| {
        state
            .pending
            .iter()
            .filter(|p| matches!(p.what, What::Advance { status: Status::Read, .. }))
            .count()
    });
    assert_eq!(pending, 0);
    Cell::Holds
}
