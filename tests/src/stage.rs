//! What stories begin with: channels with their lines at a provider, published flows, inbounds, hook rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::conversation::Conversation;
use shared::domain::user::{Address, WaId};
use simulator::Line;
use simulator::simulator::StoredFile;

use crate::bundle::Bundle;
use crate::customer::Customer;
use crate::people::Person;
use crate::world::World;

/// A business number that is ready: known to the gateway, to its provider, and to users.
pub struct Number<'a> {
    world: &'a dyn World,
    /// The channel's id.
    pub channel: String,
    /// Digits.
    pub digits: String,
    /// The wire word of the provider.
    pub provider: &'static str,
}

impl<'a> Number<'a> {
    /// A number that was set up before.
    pub fn known(
        bundle: &'a Bundle,
        channel: String,
        digits: String,
        provider: &'static str,
    ) -> Self {
        Self { world: bundle, channel, digits, provider }
    }

    /// The same number in another telling of its story.
    pub fn in_bundle<'b>(&self, bundle: &'b Bundle) -> Number<'b> {
        let (channel, digits) = (self.channel.clone(), self.digits.clone());
        Number { world: bundle, channel, digits, provider: self.provider }
    }

    /// A person who writes to this number.
    pub fn person(&self, number: &str, name: &str) -> Person<'a> {
        Person::new(self.world, &self.digits, number, name)
    }
}

impl Number<'_> {
    /// What is stored of the talk with this person.
    pub async fn conversation(&self, person: &Person<'_>) -> Conversation {
        self.conversation_if_any(person).await.expect("they have talked")
    }

    /// The same where they may not have talked.
    pub async fn conversation_if_any(&self, person: &Person<'_>) -> Option<Conversation> {
        let address = Address::Phone(WaId::parse(&person.number).expect("digits"));
        let id = address.conversation(self.channel.parse().expect("an id of a channel"));
        self.world.store().conversation(id, true).await.expect("the table can be read")
    }
}

impl Bundle {
    /// The address of a small file of this type, which anyone can read.
    pub fn sample(&self, mime: &str) -> String {
        let bytes = b"a sample of a story".to_vec().into();
        let file = StoredFile { mime: mime.to_owned(), filename: None, bytes };
        self.simulator.file_link(&self.simulator.put_file(file))
    }
}

impl<'a> Customer<'a> {
    /// The last run of a person, as the API shows it.
    pub async fn process(&self, number: &Number<'_>, person: &Person<'_>) -> Value {
        let process = number.conversation(person).await.process.expect("a flow was started");
        self.get(&format!("/v1/processes/{}", process.id)).await.expect(200)
    }

    /// A number at Meta, active.
    pub async fn meta(&self, digits: &str) -> Number<'a> {
        let simulator = self.world.simulator().address();
        let credentials = json!({
            "phone_number_id": format!("1{digits}"),
            "waba_id": format!("2{digits}"),
            "app_id": format!("3{digits}"),
            "access_token": format!("token-of-{digits}"),
            "app_secret": format!("app-secret-of-{digits}"),
            "verify_token": format!("verify-token-of-{digits}"),
            "base_url": format!("{simulator}/cloud_api"),
        });
        self.number("cloud_api", digits, credentials).await
    }

    /// A self-serve number at Gupshup, active.
    pub async fn gupshup(&self, digits: &str) -> Number<'a> {
        self.number("gupshup", digits, self.self_serve(digits)).await
    }

    /// The same, of an app that the partner API is open to: messages and webhooks in Meta's form.
    pub async fn gupshup_partner(&self, digits: &str) -> Number<'a> {
        let mut credentials = self.self_serve(digits);
        credentials["app_token"] = format!("app-token-of-{digits}").into();
        self.number("gupshup", digits, credentials).await
    }

    fn self_serve(&self, digits: &str) -> Value {
        let simulator = self.world.simulator().address();
        json!({
            "mode": "self_serve",
            "app_name": format!("App{digits}"),
            "app_id": format!("app-{digits}"),
            "api_key": format!("key-of-{digits}"),
            "webhook_token": format!("token-of-{digits}"),
            "base_url": format!("{simulator}/gupshup"),
            "partner_url": format!("{simulator}/gupshup"),
        })
    }

    /// A number at Gupshup's enterprise gateway, active.
    pub async fn gupshup_enterprise(&self, digits: &str) -> Number<'a> {
        let simulator = self.world.simulator().address();
        let credentials = json!({
            "mode": "enterprise",
            "mobile_number": digits,
            "waba_id": format!("2{digits}"),
            "password": format!("password-of-{digits}"),
            "send_host": format!("{simulator}/gupshup"),
            "template_host": format!("{simulator}/gupshup"),
        });
        self.number("gupshup", digits, credentials).await
    }

    /// A number at 360dialog, of the second generation, active.
    pub async fn dialog360(&self, digits: &str) -> Number<'a> {
        self.dialog360_with(digits, json!({})).await
    }

    /// A number at 360dialog's legacy generation, active.
    pub async fn dialog360_v1(&self, digits: &str) -> Number<'a> {
        let namespace = format!("namespace_of_{digits}");
        self.dialog360_with(digits, json!({ "api": "v1", "namespace": namespace })).await
    }

    async fn dialog360_with(&self, digits: &str, mut credentials: Value) -> Number<'a> {
        let simulator = self.world.simulator().address();
        credentials["token"] = format!("key-of-{digits}").into();
        credentials["base_url"] = format!("{simulator}/360dialog").into();
        self.number("360dialog", digits, credentials).await
    }

    /// A number at Karix, active, with templates.
    pub async fn karix(&self, digits: &str) -> Number<'a> {
        let simulator = self.world.simulator().address();
        let credentials = json!({
            "account_key": format!("key-of-{digits}"),
            "waba_id": format!("2{digits}"),
            "webhook_token": format!("token-of-{digits}"),
            "base_url": format!("{simulator}/karix"),
            "media_url": format!("{simulator}/karix"),
            "template_url": format!("{simulator}/karix"),
        });
        self.number("karix", digits, credentials).await
    }

    /// A number at AWS End User Messaging Social, active.
    pub async fn aws_social(&self, digits: &str) -> Number<'a> {
        let simulator = self.world.simulator().address();
        let credentials = json!({
            "access_key_id": format!("AKIA{digits}"),
            "secret_access_key": format!("secret-of-{digits}"),
            "region": "eu-west-1",
            "phone_number_id": format!("phone-number-id-{digits:0>32}"),
            "waba_id": format!("waba-{:0>32}", format!("2{digits}")),
            "topic_arn": format!("arn:aws:sns:eu-west-1:111122223333:topic-of-{digits}"),
            "media_bucket": format!("files-of-{digits}"),
            "base_url": format!("{simulator}/aws_social"),
        });
        self.number("aws_social", digits, credentials).await
    }

    /// A number at Infobip, active. All of a customer's are of one account.
    pub async fn infobip(&self, digits: &str) -> Number<'a> {
        self.infobip_with(digits, json!({})).await
    }

    /// The same with more settings, or with others.
    pub async fn infobip_with(&self, digits: &str, more: Value) -> Number<'a> {
        let simulator = self.world.simulator().address();
        let mut credentials = json!({
            "base_url": format!("{simulator}/infobip"),
            "username": "wharf",
            "password": "password-of-the-account",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            credentials[name] = value.clone();
        }
        self.number("infobip", digits, credentials).await
    }

    async fn number(&self, provider: &'static str, digits: &str, credentials: Value) -> Number<'a> {
        let settings: BTreeMap<String, String> =
            serde_json::from_value(credentials.clone()).expect("texts by name");
        let body = json!({
            "name": format!("Number {digits}"), "provider": provider, "phone_number": digits,
            "default_country": "CO", "language": "es", "credentials": credentials, "active": true,
        });
        // First the line: a new channel is checked at its provider.
        let line = Line {
            id: digits.to_owned(),
            carrier: provider.to_owned(),
            name: format!("Number {digits}"),
            number: digits.to_owned(),
            settings,
            webhook_url: String::new(),
        };
        self.world.simulator().put_line(line);
        let channel = self.post("/v1/channels", &body).await.expect(201);
        // Some registered it themselves; the others are told by people.
        self.world.simulator().change(|state| {
            let line = state.lines.get_mut(digits).expect("it was put there");
            line.webhook_url = text(&channel, "webhook_url");
        });
        assert_eq!(channel["warnings"], json!([]), "{channel}");
        let channel = text(&channel, "channel_id");
        Number { world: self.world, channel, digits: digits.to_owned(), provider }
    }

    /// A published flow with these steps.
    pub async fn flow(&self, steps: Value) -> String {
        self.flow_with(json!({}), steps).await
    }

    /// A published flow with this `config`.
    pub async fn flow_with(&self, config: Value, steps: Value) -> String {
        let body = json!({ "name": "A flow", "language": "es", "config": config, "steps": steps });
        let flow = self.post("/v1/flows", &body).await.expect(201);
        let id = text(&flow, "flow_id");
        self.post(&format!("/v1/flows/{id}/publish"), &json!({})).await.expect(200);
        id
    }

    /// The text that starts a flow on a number.
    pub async fn inbound(&self, number: &Number<'_>, flow: &str, message: &str) -> Value {
        self.form("/v1/whatsapp/inbounds", &inbound_fields(number, flow, message)).await.expect(201)
    }

    /// A published bot whose server is the receiver with this name, which knows the secret that signs calls.
    pub async fn bot(&self, receiver: &str, more: Value) -> String {
        let url = format!("https://{receiver}.customer.example/bot");
        let mut body = json!({ "name": receiver, "url": url });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let id = text(&self.post("/v1/bots", &body).await.expect(201), "bot_id");
        self.post(&format!("/v1/bots/{id}/publish"), &json!({})).await.expect(200);
        self.share_signing_secret(receiver).await;
        id
    }

    /// The receiver with this name learns the secret that signs calls.
    pub async fn share_signing_secret(&self, receiver: &str) {
        let rotation = json!({ "overlap_hours": 168 });
        let keys = self.post("/v1/signing-secret/rotate", &rotation).await.expect(200);
        let secret = text(&keys, "secret");
        self.world.simulator().change(|state| {
            state.receivers.entry(receiver.to_owned()).or_default().secret = Some(secret);
        });
    }

    /// Makes a flow or a bot the use case of a number.
    pub async fn answers_with(&self, number: &Number<'_>, use_case: &str) {
        let path = format!("/v1/channels/{}", number.channel);
        self.put(&path, &json!({ "use_cases": [use_case] })).await.expect(200);
    }

    /// A rule that sends these events (`identity_process.succeeded`, …) to a receiver with this name, which knows the
    /// rule's secret. The rule as the API answered it.
    pub async fn hook_rule(&self, receiver: &str, events: &[&str], more: Value) -> Value {
        let events: Vec<Value> = events
            .iter()
            .map(|event| {
                let (kind, action) = event.split_once('.').expect("a kind and an action");
                json!({ "event_type": kind, "event_action": action })
            })
            .collect();
        let url = format!("https://{receiver}.customer.example/hook");
        let mut body = json!({
            "name": receiver, "events": events,
            "action": { "type": "web", "method": "POST", "url": url },
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let rule = self.post("/v1/hook-rules", &body).await.expect(201);
        let secret = text(&rule, "secret");
        self.world.simulator().change(|state| {
            state.receivers.entry(receiver.to_owned()).or_default().secret = Some(secret);
        });
        rule
    }
}

/// The form of contracts 2.1.
pub fn inbound_fields<'t>(
    number: &'t Number<'_>,
    flow: &'t str,
    message: &'t str,
) -> [(&'t str, &'t str); 4] {
    [
        ("waba_provider", number.provider),
        ("waba_phone_number", &number.digits),
        ("flow_id", flow),
        ("inbound_message", message),
    ]
}

/// A text member of an answer.
#[track_caller]
pub fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("no text {name} in {json}")).to_owned()
}
