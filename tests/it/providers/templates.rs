//! Templates: submitted, reviewed, sent outside the service window, taken back.

use serde_json::{Value, json};
use simulator::template::Review;
use tests::clock::{hours, minutes};
use tests::stage::text;

use super::{Behaviour, DIGITS, Stage};
use crate::providers::table::Cell;

pub(super) static ALL: [Behaviour; 5] = [
    Behaviour { name: "a template is submitted and approved", story: |s| Box::pin(approved(s)) },
    Behaviour { name: "a rejection comes with its reason", story: |s| Box::pin(rejected(s)) },
    Behaviour {
        name: "a template goes out while the window is closed",
        story: |s| Box::pin(sent(s)),
    },
    Behaviour { name: "a template with a file and buttons goes out", story: |s| Box::pin(rich(s)) },
    Behaviour { name: "a template is deleted at the provider", story: |s| Box::pin(deleted(s)) },
];

const OUTBOUNDS: &str = "/v1/whatsapp/outbounds";

fn form(kind: &str) -> Value {
    json!({
        "waba_phone_number": DIGITS, "is_notification": true, "category": "UTILITY",
        "template_type": kind, "language_code": "es", "outbound_name": "Aviso",
        "content": "Hola {{.name}}, su cita es mañana a las diez.", "var": { "name": "Ana" },
    })
}

async fn submit(s: &Stage<'_>, form: &Value) -> String {
    let made = s.shop.post(OUTBOUNDS, form).await.expect(201);
    assert_eq!(made["status"], "PENDING", "{made}");
    text(&made, "outbound_id")
}

async fn decide(s: &Stage<'_>, review: Review) {
    let template =
        s.bundle.simulator.read(|state| state.templates.last().cloned()).expect("submitted");
    s.bundle.simulator.decide_template(&template.id, review).expect("it is there");
    s.bundle.run().await;
    s.bundle.turn(minutes(6)).await;
    s.bundle.poll().await;
    s.bundle.run().await;
}

async fn state(s: &Stage<'_>, id: &str) -> Value {
    s.shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect(200)
}

async fn approved(s: &Stage<'_>) -> Cell {
    let id = submit(s, &form("TEXT")).await;
    decide(s, Review::Approved).await;
    assert_eq!(state(s, &id).await["status"], "APPROVED");
    Cell::Holds
}

async fn rejected(s: &Stage<'_>) -> Cell {
    let id = submit(s, &form("TEXT")).await;
    decide(s, Review::Rejected { reason: "ABUSIVE_CONTENT".to_owned() }).await;
    let state = state(s, &id).await;
    assert_eq!(state["status"], "REJECTED", "{state}");
    if state["rejected_reason"].is_null() { Cell::Said("no reason is told") } else { Cell::Holds }
}

async fn sends(s: &Stage<'_>, id: &str) -> Value {
    let body = json!({ "outbound_id": id, "country_code": "57", "phone_number": "3001234567",
                       "user_authorized": true, "var": { "name": "Ana" } });
    let sent = s.shop.post(&format!("{OUTBOUNDS}/send"), &body).await.expect(202);
    s.bundle.run().await;
    let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
    s.shop.get(&path).await.expect(200)
}

async fn sent(s: &Stage<'_>) -> Cell {
    let id = submit(s, &form("TEXT")).await;
    decide(s, Review::Approved).await;
    s.bundle.turn(hours(25)).await;
    let state = sends(s, &id).await;
    assert_eq!(s.ana.sees(), ["Hola Ana, su cita es mañana a las diez."], "{state}");
    Cell::Holds
}

async fn rich(s: &Stage<'_>) -> Cell {
    let mut form = form("IMAGE");
    let image = s.bundle.simulator.put_file(simulator::simulator::StoredFile {
        mime: "image/png".to_owned(),
        filename: None,
        bytes: b"a picture of a story".to_vec().into(),
    });
    form["media_url"] = json!(s.bundle.simulator.file_link(&image).replace("http:", "https:"));
    form["is_notification"] = json!(false);
    form["continue_process_message"] = json!("Sí");
    form["cancel_process_message"] = json!("No");
    let steps = json!([{ "id": "a", "type": "message", "text": "recibido" }]);
    let flow = s.shop.flow(steps).await;
    let id = submit(s, &form).await;
    decide(s, Review::Approved).await;
    let body = json!({ "outbound_id": id, "country_code": "57", "phone_number": "3001234567",
                       "user_authorized": true, "flow_id": flow, "var": { "name": "Ana" } });
    s.shop.post(&format!("{OUTBOUNDS}/send"), &body).await.expect(202);
    s.bundle.run().await;
    let seen = s.ana.last_sent();
    assert!(seen.file.is_some(), "{seen:?}");
    s.ana.taps("Sí").await;
    assert!(s.ana.shows().contains(&"recibido".to_owned()), "{:?}", s.ana.shows());
    Cell::Holds
}

async fn deleted(s: &Stage<'_>) -> Cell {
    let id = submit(s, &form("TEXT")).await;
    decide(s, Review::Approved).await;
    s.shop.delete(&format!("{OUTBOUNDS}/{id}")).await.expect(204);
    s.bundle.run().await;
    assert_eq!(s.shop.get(&format!("{OUTBOUNDS}/{id}")).await.status, 404);
    let left = s.bundle.simulator.read(|state| state.templates.len());
    if left == 0 {
        Cell::Holds
    } else {
        Cell::Said("deleted here; the provider has no call for it")
    }
}
