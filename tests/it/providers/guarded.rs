//! Who is let in: only the provider, as far as it can prove itself.

use serde_json::Value;
use simulator::WebhookPost;
use simulator::message::FromUser;

use super::{Behaviour, Stage};
use crate::providers::table::Cell;

pub(super) static ALL: [Behaviour; 5] = [
    Behaviour { name: "a webhook without its proof is refused", story: |s| Box::pin(bare(s)) },
    Behaviour { name: "a webhook with a wrong proof is refused", story: |s| Box::pin(forged(s)) },
    Behaviour {
        name: "a body that was changed on the way is refused",
        story: |s| Box::pin(changed(s)),
    },
    Behaviour { name: "a webhook that comes again counts once", story: |s| Box::pin(replayed(s)) },
    Behaviour {
        name: "a webhook for a channel that is not active is taken and ignored",
        story: |s| Box::pin(inactive(s)),
    },
];

/// The webhook of a new text, and how many were heard before.
fn post(s: &Stage<'_>) -> WebhookPost {
    s.ana.begins(FromUser::Text { body: "abre".to_owned() });
    s.intercepted().pop().expect("a webhook")
}

fn is_proof(name: &str) -> bool {
    !matches!(name.to_ascii_lowercase().as_str(), "content-type" | "user-agent" | "accept")
}

/// Refused without a trace, or let in because this provider has nothing to prove itself with.
async fn verdict(s: &Stage<'_>, post: WebhookPost) -> Cell {
    let status = s.bundle.deliver(post).await;
    s.bundle.run().await;
    let heard = s.heard().await.len();
    match status {
        401 => {
            assert_eq!(heard, 1, "what was refused was kept");
            Cell::Holds
        }
        200 => {
            assert_eq!(heard, 2, "what was taken was lost");
            Cell::Said("the address is the secret")
        }
        other => panic!("answered with {other}"),
    }
}

/// The proof of a topic of AWS stands in the body.
fn change_signature(post: &mut WebhookPost, change: impl Fn(&str) -> String) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&post.body) else { return };
    if let Some(signature) = body.get_mut("Signature") {
        *signature = change(signature.as_str().unwrap_or_default()).into();
        post.body = body.to_string().into_bytes();
    }
}

async fn bare(s: &Stage<'_>) -> Cell {
    let mut post = post(s);
    post.headers.retain(|(name, _)| !is_proof(name));
    change_signature(&mut post, |_| String::new());
    verdict(s, post).await
}

async fn forged(s: &Stage<'_>) -> Cell {
    let mut post = post(s);
    for (name, value) in &mut post.headers {
        if is_proof(name) {
            *value = value.chars().rev().collect();
        }
    }
    change_signature(&mut post, |signature| signature.chars().rev().collect());
    verdict(s, post).await
}

async fn changed(s: &Stage<'_>) -> Cell {
    let mut post = post(s);
    let body = String::from_utf8(post.body).expect("text");
    post.body = body.replacen("abre", "roba", 1).into_bytes();
    match verdict(s, post).await {
        Cell::Said(_) => Cell::Said("no signature over the body"),
        Cell::Holds => Cell::Holds,
    }
}

async fn replayed(s: &Stage<'_>) -> Cell {
    let post = post(s);
    for _ in 0..3 {
        assert_eq!(s.bundle.deliver(post.clone()).await, 200);
        s.bundle.run().await;
    }
    assert_eq!(s.heard().await.len(), 2);
    Cell::Holds
}

async fn inactive(s: &Stage<'_>) -> Cell {
    let path = format!("/v1/channels/{}", s.number.channel);
    s.shop.put(&path, &serde_json::json!({ "active": false })).await.expect(200);
    s.bundle.turn(shared::store::CACHE * 2).await;
    let post = post(s);
    assert_eq!(s.bundle.deliver(post).await, 200);
    s.bundle.run().await;
    assert_eq!(s.heard().await.len(), 1);
    Cell::Holds
}
