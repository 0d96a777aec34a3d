//! Two tenants with one of everything, and a good request for each operation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::domain::ids::{ChannelId, MediaId, MessageId};
use shared::domain::outbound::{Outbound, ReviewStatus};
use shared::ports::File;
use shared::store::media::StoredMedia;
use tests::stage::text;
use tests::{Bundle, Customer, Reply};

/// Ids by their names on the wire.
type Ids = BTreeMap<&'static str, String>;

/// The request of most operations is made from these ids.
pub(super) struct World<'a> {
    bundle: &'a Bundle,
    own: Customer<'a>,
    own_ids: Ids,
    others_ids: Ids,
    calls: AtomicUsize,
}

impl<'a> World<'a> {
    pub(super) async fn new(bundle: &'a Bundle) -> Self {
        let (own, other) = (bundle.customer().await, bundle.customer().await);
        let own_ids = furnish(bundle, &own, "573177700000", "573001234567").await;
        let others_ids = furnish(bundle, &other, "573177700001", "573001234568").await;
        Self { bundle, own, own_ids, others_ids, calls: AtomicUsize::new(0) }
    }

    /// Everything in the table, in a fixed order.
    pub(super) fn items(&self) -> Vec<String> {
        let items = self.bundle.engine.items().expect("the table can be read");
        let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
        items.sort();
        items
    }

    pub(super) fn own(&self, name: &str) -> String {
        self.own_ids.get(name).unwrap_or_else(|| panic!("no {name} of one's own")).clone()
    }

    pub(super) fn others(&self, name: &str) -> String {
        self.others_ids.get(name).unwrap_or_else(|| panic!("no {name} of the other's")).clone()
    }

    /// Of the right form, and nobody's.
    pub(super) fn unknown(&self, name: &str) -> String {
        unknown(&self.own(name))
    }

    pub(super) fn unknown_of(&self, prefix: &str) -> String {
        unknown(with(&self.own_ids, prefix))
    }

    pub(super) fn others_of(&self, prefix: &str) -> String {
        with(&self.others_ids, prefix).to_owned()
    }

    pub(super) async fn call(
        &self,
        method: &str,
        uri: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let key = format!("bad-input-{}", self.calls.fetch_add(1, Ordering::Relaxed));
        let mut all = headers.to_vec();
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        if method == "post" && headers.is_empty() {
            // A call that is refused leaves no trace of its key either.
            all.push(("idempotency-key", &key));
        }
        let reply = self.send(method, uri, bytes, &all).await;
        assert!(reply.headers.get("idempotent-replayed").is_none(), "{method} {uri}");
        reply
    }

    pub(super) async fn send(
        &self,
        method: &str,
        uri: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.own.request(&method.to_uppercase(), uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.own.call(request, body).await
    }

    /// A body that the operation takes; `None` where it takes none.
    pub(super) fn sample(&self, operation: &str) -> Option<Value> {
        let id = |name: &str| self.own(name);
        Some(match operation {
            "POST /v1/api-keys" => {
                json!({ "name": "second", "roles": ["integrator"], "user_id": "u1" })
            }
            "POST /v1/apps" => json!({ "name": "prod", "algorithm": "HS512" }),
            "POST /v1/channels" => json!({
                "name": "Second", "provider": "cloud_api", "phone_number": "573177700009",
                "default_country": "CO", "language": "es", "options_layout": "auto",
                "credentials": { "access_token": "a-token-of-it", "app_secret": "a-secret-of-it",
                                 "verify_token": "a-verify-token" },
                "settings": { "phone_number_id": "1573177700009", "waba_id": "2573177700009" },
                "associated_app_id": id("app_id"), "require_exp": false,
                "use_cases": [id("flow_id")], "active": false,
            }),
            "PUT /v1/channels/{channel_id}" => json!({
                "name": "First", "phone_number": "573177700000", "default_country": "CO",
                "language": "en", "credentials": { "access_token": "a-new-token" },
                "settings": { "waba_id": "2573177700000" }, "associated_app_id": id("app_id"),
                "require_exp": true, "options_layout": "auto", "use_cases": [id("flow_id")],
                "active": true,
            }),
            "POST /v1/bots" | "PUT /v1/bots/{bot_id}" => {
                let mut bot = bot();
                bot["channels"] = json!([id("channel_id")]);
                bot
            }
            "POST /v1/import" => self.transfer(),
            "POST /v1/flows" | "PUT /v1/flows/{flow_id}" => self.flow(),
            "POST /v1/whatsapp/inbounds" => json!({
                "waba_provider": "cloud_api", "waba_phone_number": "573177700000",
                "flow_id": id("flow_id"), "inbound_message": "Another text",
            }),
            "PUT /v1/whatsapp/inbounds/{inbound_id}" => {
                json!({ "flow_id": id("flow_id"), "inbound_message": "A third text" })
            }
            "POST /v1/whatsapp/outbounds" => outbound("573177700000"),
            "POST /v1/whatsapp/outbounds/send" => json!({
                "outbound_id": id("outbound_id"), "phone_number": "3001234567", "country_code": "57",
                "user_authorized": true, "flow_id": id("flow_id"), "var": { "name": "Ana" },
                "account_id": "a-1",
            }),
            "POST /v1/messages" => self.message(),
            "POST /v1/incoming-requests" => json!({
                "channel_chat_id": "573001234567|cloudapi", "channel_id": id("channel_id"),
                "text": "Elige", "options": ["A", "B"], "markdown_type": "none",
                "attachment": { "mode": "file", "url": "https://files.example/a.pdf",
                                "filename": "a.pdf", "mime": "application/pdf" },
            }),
            "POST /v1/hook-rules" | "PUT /v1/hook-rules/{rule_id}" => json!({
                "name": "All", "events": [
                    { "event_type": "identity_process", "event_action": "succeeded" } ],
                "conditions": { "flow_id": [id("flow_id")] },
                "action": { "type": "web", "method": "POST", "url": "https://shop.customer.example/hook",
                            "headers": { "X-Tenant": "a" }, "parameters": { "src": "wa" },
                            "status_email": "ops@customer.example" },
                "format": "standard", "schedule_seconds": [0, 5], "enabled": true,
            }),
            "POST /v1/hook-rules/{rule_id}/replay" => json!({
                "since": "2024-03-11T00:00:00.000Z", "until": "2024-03-12T00:00:00.000Z",
            }),
            "POST /v1/hook-rules/{rule_id}/rotate-secret" | "POST /v1/signing-secret/rotate" => {
                json!({ "overlap_hours": 1 })
            }
            _ => return None,
        })
    }

    fn transfer(&self) -> Value {
        let mut flow = self.flow();
        flow["channels"] = json!([]);
        flow["config"]["follow_up_outbound_id"] = Value::Null;
        json!({
            "flows": [ { "id": self.own("flow_id"), "definition": flow } ],
            "bots": [ { "id": "helper", "definition": bot() } ],
        })
    }

    fn flow(&self) -> Value {
        json!({
            "name": "KYC", "language": "es", "channels": [self.own("channel_id")],
            "config": {
                "enable_follow_up": true, "follow_up_delay": 45, "follow_up_message": "¿Sigues?",
                "start_business_hours": "2021-01-01T13:00:00.000Z",
                "end_business_hours": "2021-01-01T00:00:00.000Z",
                "follow_up_outbound_id": self.own("outbound_id"), "expiry_minutes": 1440 },
            "steps": [
                { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?",
                  "max_attempts": 3 },
                { "id": "plan", "type": "question", "answer": "choice", "text": "Elige un plan",
                  "options": [ { "id": "a", "title": "Básico", "description": "Uno" } ] },
                { "id": "front", "type": "media", "accept": ["image"], "text": "Tu documento" },
                { "id": "face", "type": "webhook", "url": "https://shop.customer.example/face",
                  "timeout_s": 20 },
                { "id": "bye", "type": "end", "text": "Gracias", "result": "succeeded" } ],
        })
    }

    fn message(&self) -> Value {
        json!({
            "channel_id": self.own("channel_id"), "to": "573001234567",
            "message": { "type": "menu", "body": "Elige", "preview_url": false,
                         "options": [ { "id": "a", "title": "A", "description": "Uno" } ] },
            "outside_window": { "outbound_id": self.own("outbound_id"), "vars": { "name": "Ana" } },
        })
    }
}

fn outbound(number: &str) -> Value {
    json!({
        "waba_phone_number": number, "is_notification": false, "content": "Hola {{.name}}, ¿seguimos?",
        "category": "UTILITY", "template_type": "IMAGE", "language_code": "es",
        "outbound_name": "Start", "media_url": "https://files.example/a.png",
        "continue_process_message": "Sí", "cancel_process_message": "No", "var": { "name": "Jhon" },
        "call_to_action": {
            "phone": { "message": "Llama", "number": "+573181230000" },
            "url": { "message": "Mira", "url": "https://shop.example" } },
    })
}

fn with<'i>(ids: &'i Ids, prefix: &str) -> &'i str {
    let found = ids.values().find(|id| id.starts_with(prefix));
    found.unwrap_or_else(|| panic!("nobody has a {prefix}"))
}

/// The same letters before digits that nobody has.
fn unknown(id: &str) -> String {
    let (letters, digits) = id.split_at(3);
    format!("{letters}{}", "0".repeat(digits.len()))
}

/// One of everything.
async fn furnish(bundle: &Bundle, customer: &Customer<'_>, digits: &str, phone: &str) -> Ids {
    let mut ids = Ids::new();
    let number = customer.meta(digits).await;
    let flow = customer.flow(json!([
        { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" } ]));
    let flow = flow.await;
    let inbound = customer.inbound(&number, &flow, "Hola").await;
    ids.insert("inbound_id", text(&inbound, "inbound_id"));
    let rule = customer.hook_rule("shop", &["whatsapp_inbound.started"], json!({})).await;
    ids.insert("rule_id", text(&rule, "rule_id"));
    let app = customer.post("/v1/apps", &json!({ "name": "App" })).await.expect(201);
    ids.insert("app_id", text(&app, "app_id"));
    let key = json!({ "name": "Key", "roles": ["integrator"] });
    let key = customer.post("/v1/api-keys", &key).await.expect(201);
    ids.insert("key_id", text(&key, "key_id"));
    let person = number.person(phone, "Ana");
    person.says("Hola").await;
    bundle.run().await;
    let process = customer.process(&number, &person).await;
    ids.insert("process_id", text(&process, "process_id"));
    ids.insert("conversation_id", text(&process, "conversation_id"));
    let messages = format!("/v1/conversations/{}/messages", ids["conversation_id"]);
    let messages = customer.get(&messages).await.expect(200);
    ids.insert("message_id", text(&messages["items"][0], "message_id"));
    let deliveries = format!("/v1/hook-rules/{}/deliveries", ids["rule_id"]);
    let deliveries = customer.get(&deliveries).await.expect(200);
    ids.insert("event_id", text(&deliveries["items"][0], "event_id"));
    approved_outbound(bundle, customer, digits, &mut ids).await;
    let send = json!({ "outbound_id": ids["outbound_id"], "phone_number": format!("+{phone}"),
                       "user_authorized": true, "flow_id": flow, "var": { "name": "Ana" } });
    let send = customer.post("/v1/whatsapp/outbounds/send", &send).await.expect(202);
    ids.insert("outbound_message_id", text(&send, "outbound_message_id"));
    bundle.run().await;
    ids.insert("media_id", media(bundle, &number.channel, &ids["message_id"]).await);
    ids.insert("bot_id", customer.bot("helper", json!({})).await);
    ids.insert("token", "nothing".to_owned());
    ids.insert("channel_id", number.channel.clone());
    ids.insert("flow_id", flow);
    ids
}

/// An outbound as it is once its provider has approved it.
async fn approved_outbound(bundle: &Bundle, customer: &Customer<'_>, digits: &str, ids: &mut Ids) {
    let created = customer.post("/v1/whatsapp/outbounds", &outbound(digits)).await.expect(201);
    let id = text(&created, "outbound_id");
    let tenant = customer.get("/v1/tenant").await.expect(200);
    let tenant = text(&tenant, "tenant_id").parse().expect("an id");
    let before = bundle.store.outbound(tenant, id.parse().expect("an id")).await;
    let before = before.expect("the table can be read").expect("it was created");
    let version = before.version;
    let after = Outbound { status: ReviewStatus::Approved, version: version + 1, ..before };
    bundle.store.save_outbound(version, &after, None).await.expect("it can be saved");
    ids.insert("outbound_id", id);
}

async fn media(bundle: &Bundle, channel: &str, message: &str) -> String {
    let channel: ChannelId = channel.parse().expect("an id");
    let message: MessageId = message.parse().expect("an id");
    let id = MediaId::derive(&[channel.bytes()]);
    let owner = bundle.store.channel(channel).await.expect("the table can be read");
    let media = StoredMedia {
        id,
        tenant: owner.expect("the channel was made").tenant,
        channel: Some(channel),
        message: Some(message),
        mime: "text/plain".to_owned(),
        filename: None,
        size_bytes: 1,
        sha256: None,
        created: bundle.now(),
    };
    bundle.store.put_media(&media).await.expect("it can be stored");
    let file = File { mime: media.mime, bytes: vec![b'x'] };
    bundle.ports.media.put(id, file).await.expect("it can be kept");
    id.to_string()
}

fn bot() -> Value {
    json!({ "name": "Helper", "url": "https://helper.customer.example/bot", "language": "es",
            "unavailable_text": "Ahora no", "training": "v2" })
}
