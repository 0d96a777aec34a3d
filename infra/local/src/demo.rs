//! What is there at the first start: a tenant with its key, seven business numbers at simulated providers, two people,
//! and a hook rule that tells the simulator's receiver everything. All of it made through the public API, so what is
//! set up here could be set up by anyone.

mod numbers;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::hook::EventKind;
use shared::handlers::manage::tenants::found_tenant;
use shared::ports::Clock as _;
use simulator::{Simulator, User, bot};
use tower::ServiceExt;

use self::numbers::{NUMBERS, Number};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::gateway::Gateway;
use crate::serve::Addresses;

/// The receiver that the phone page shows first.
const RECEIVER: &str = "demo";
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const PEOPLE: [(&str, &str); 2] = [("573001234567", "Ana Gómez"), ("573007654321", "Luis Ortiz")];

/// The key of the demonstration's tenant.
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) is_new: bool,
}

/// The key in the folder, or a new tenant's.
pub(crate) async fn key(folder: &Folder, gateway: &Gateway) -> Result<Key, Failure> {
    if let Some(text) = folder.read(&folder.api_key())? {
        return Ok(Key { text: text.trim().to_owned(), is_new: false });
    }
    let (random, now) = (&*gateway.ports.random, gateway.clock.now());
    let (_, text) = found_tenant(&gateway.store, random, now, "Demonstration").await?;
    folder.write_private(&folder.api_key(), &format!("{text}\n"))?;
    Ok(Key { text, is_new: true })
}

/// What was set up, so that it is set up once.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Done {
    /// Where both sides were reached.
    gateway: String,
    simulator: String,
    /// Channel by line.
    channels: BTreeMap<String, String>,
    rule: Option<String>,
    #[serde(default)]
    bot: Option<String>,
}

/// Sets up what is not there yet, and tells channels and numbers where the other side is now. The id of the bot that
/// channels can be pointed at.
pub(crate) async fn set_up(
    folder: &Folder,
    gateway: &Router,
    simulator: &Simulator,
    addresses: &Addresses,
    key: &str,
) -> Result<Option<String>, Failure> {
    let demo = Demo { folder, gateway, simulator, addresses, key };
    let mut done: Done = match folder.read(&folder.demo())? {
        Some(text) => serde_json::from_str(&text).map_err(|error| folder.broken(error))?,
        None => Done::default(),
    };
    if simulator.read(|state| state.users.is_empty()) {
        for (number, name) in PEOPLE {
            simulator.put_user(User::new(number, name));
        }
    }
    let is_moved = (&done.gateway, &done.simulator) != (&addresses.gateway, &addresses.simulator);
    for number in &NUMBERS {
        match done.channels.get(number.line) {
            None => {
                let channel = demo.make_channel(number).await?;
                done.channels.insert(number.line.to_owned(), channel);
                demo.remember(&done)?;
            }
            Some(channel) if is_moved => demo.move_channel(number, channel).await?,
            Some(_) => {}
        }
    }
    match done.rule.clone() {
        None => {
            done.rule = Some(demo.make_rule().await?);
            demo.remember(&done)?;
        }
        Some(rule) if is_moved => demo.move_rule(&rule).await?,
        Some(_) => {}
    }
    match done.bot.clone() {
        None => {
            done.bot = Some(demo.make_bot().await?);
            demo.remember(&done)?;
        }
        Some(bot) if is_moved => demo.move_bot(&bot).await?,
        Some(_) => {}
    }
    done.gateway.clone_from(&addresses.gateway);
    done.simulator.clone_from(&addresses.simulator);
    demo.remember(&done)?;
    Ok(done.bot)
}

struct Demo<'a> {
    folder: &'a Folder,
    gateway: &'a Router,
    simulator: &'a Simulator,
    addresses: &'a Addresses,
    key: &'a str,
}

impl Demo<'_> {
    fn remember(&self, done: &Done) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(done)
            .map_err(|error| Failure::Demo { what: error.to_string() })?;
        self.folder.write_private(&self.folder.demo(), &text)
    }

    /// The line first: its provider must know the credentials when the channel tries them out.
    async fn make_channel(&self, number: &Number) -> Result<String, Failure> {
        self.simulator.put_line(number.line());
        let body = json!({
            "name": number.name,
            "provider": number.provider,
            "phone_number": number.digits,
            "default_country": "CO",
            "language": "en",
            "credentials": number.credentials(),
            "settings": number.settings(self.addresses),
            "active": true,
        });
        let channel = self.call(Method::POST, "/v1/channels", &body).await?;
        self.hear_at(number, text(&channel, "webhook_url")?);
        text(&channel, "channel_id")
    }

    async fn move_channel(&self, number: &Number, channel: &str) -> Result<(), Failure> {
        let path = format!("/v1/channels/{channel}");
        let body = json!({ "settings": number.hosts(self.addresses) });
        let Some(channel) = self.change(&path, &body).await? else { return Ok(()) };
        self.hear_at(number, text(&channel, "webhook_url")?);
        Ok(())
    }

    /// People tell some providers where to post; with others it was registered when the channel was activated.
    fn hear_at(&self, number: &Number, webhook_url: String) {
        self.simulator.change(|state| {
            if let Some(line) = state.lines.get_mut(number.line) {
                line.webhook_url = webhook_url;
            }
        });
    }

    fn rule(&self) -> Value {
        let groups = [
            EventKind::IdentityProcess,
            EventKind::WhatsappInbound,
            EventKind::WhatsappOutbound,
            EventKind::WhatsappSession,
            EventKind::WhatsappProcess,
            EventKind::OutboundTemplate,
            EventKind::Bot,
        ];
        let wanted = groups.iter().flat_map(|group| {
            let pair = |action| json!({ "event_type": group.as_str(), "event_action": action });
            group.actions().iter().map(pair)
        });
        let url = format!("{}/simulator/hooks/{RECEIVER}", self.addresses.simulator);
        json!({
            "name": "Everything, to the phone page",
            "events": wanted.collect::<Vec<_>>(),
            "action": { "type": "web", "url": url },
        })
    }

    async fn make_rule(&self) -> Result<String, Failure> {
        let rule = self.call(Method::POST, "/v1/hook-rules", &self.rule()).await?;
        let secret = text(&rule, "secret")?;
        self.simulator.change(|state| {
            state.receivers.entry(RECEIVER.to_owned()).or_default().secret = Some(secret);
        });
        text(&rule, "rule_id")
    }

    async fn move_rule(&self, rule: &str) -> Result<(), Failure> {
        self.change(&format!("/v1/hook-rules/{rule}"), &self.rule()).await.map(drop)
    }

    /// No channel is pointed at it: that is the newcomer's first try. It checks what it is called with, so it is told
    /// the secret that signs calls.
    async fn make_bot(&self) -> Result<String, Failure> {
        let bot = self.call(Method::POST, "/v1/bots", &self.bot()).await?;
        let id = text(&bot, "bot_id")?;
        self.call(Method::POST, &format!("/v1/bots/{id}/publish"), &json!({})).await?;
        let keys = self.call(Method::POST, "/v1/signing-secret/rotate", &json!({})).await?;
        let secret = text(&keys, "secret")?;
        self.simulator.change(|state| {
            state.receivers.entry(bot::RECEIVER.to_owned()).or_default().secret = Some(secret);
        });
        Ok(id)
    }

    fn bot(&self) -> Value {
        json!({ "name": "Echo", "url": format!("{}{}", self.addresses.simulator, bot::PATH) })
    }

    async fn move_bot(&self, bot: &str) -> Result<(), Failure> {
        let path = format!("/v1/bots/{bot}");
        if self.change(&path, &self.bot()).await?.is_some() {
            self.call(Method::POST, &format!("{path}/publish"), &json!({})).await?;
        }
        Ok(())
    }

    /// Changes something, unless it was deleted in the meantime, which is the newcomer's right.
    async fn change(&self, path: &str, body: &Value) -> Result<Option<Value>, Failure> {
        let (status, answer) = self.ask(Method::PUT, path, body).await?;
        match status {
            200..300 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(refused(path, &answer)),
        }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let (status, answer) = self.ask(method, path, body).await?;
        if (200..300).contains(&status) { Ok(answer) } else { Err(refused(path, &answer)) }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        let failed = |what: String| Failure::Demo { what: format!("{path}: {what}") };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(|error| failed(error.to_string()))?;
        let response = match self.gateway.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let bytes = bytes.map_err(|error| failed(error.to_string()))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

fn refused(path: &str, answer: &Value) -> Failure {
    let message = answer["message"].as_str().unwrap_or("no message");
    Failure::Demo { what: format!("{path} answered: {message}") }
}

fn text(answer: &Value, name: &str) -> Result<String, Failure> {
    let missing = || Failure::Demo { what: format!("an answer has no {name}") };
    answer[name].as_str().map(ToOwned::to_owned).ok_or_else(missing)
}
