//! AWS End User Messaging Social: `/aws_social/…`, and what belongs to it there, each as its own host would answer: the
//! topic of SNS that tells everything, and a bucket of S3 for files. All calls are signed (Signature Version 4).

mod bucket;
mod call;
mod problem;
mod signature;
mod templates;
#[cfg(test)]
mod tests;
pub mod topic;

use axum::extract::{DefaultBodyLimit, State as Extract};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::call::Call;
use self::problem::Problem;
use crate::carrier::{Carrier, News, Refusal, WebhookPost};
use crate::line::{Line, User};
use crate::message::{Said, Sent, Status, StatusChange};
use crate::meta::{Meta, carried};
use crate::simulator::Simulator;
use crate::template::{CategoryChange, Template};
use crate::time::date_time;

const NAME: &str = "aws_social";
/// As signatures name the service.
const SERVICE: &str = "social-messaging";
/// What the decoded message may have.
const MESSAGE_BYTES_MAX: usize = 2_048_000;
/// S3's, as far as WhatsApp's files go.
const OBJECT_BYTES_MAX: usize = 100 * 1024 * 1024;

/// AWS. Settings of a line: `access_key_id`, `secret_access_key`, `region`, `phone_number_id`, `waba_id`, `topic_arn`,
/// `media_bucket`; `echoes` = `no` keeps the caller's reference out of statuses.
#[derive(Debug, Clone)]
pub struct AwsSocial {
    /// Where the simulator is reached: certificates and confirmations are had there.
    pub address: String,
}

impl Carrier for AwsSocial {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        let object = get(bucket::read).put(bucket::write);
        Router::new()
            .route("/v1/whatsapp/send", post(send))
            .route("/v1/whatsapp/media", post(bucket::bring))
            .route("/v1/whatsapp/media/get", post(bucket::copy))
            .route("/v1/whatsapp/template/put", post(templates::put))
            .route("/v1/whatsapp/template/media", post(templates::bring))
            .route("/v1/whatsapp/template/list", get(templates::list))
            .route("/v1/whatsapp/template", delete(templates::delete))
            .route("/v1/whatsapp/waba/phone/details", get(number))
            .route(topic::CERTIFICATE_PATH, get(topic::certificate))
            .route(topic::SUBSCRIPTION_PATH, get(topic::confirm))
            .route("/{bucket}", get(bucket::list))
            .route("/{bucket}/{*key}", object.layer(DefaultBodyLimit::max(OBJECT_BYTES_MAX)))
            .with_state(simulator)
    }

    fn message_id(&self, line: &Line, seed: [u8; 16]) -> String {
        Meta.message_id(line, seed)
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        self.told(line, &Meta.user_message(&of_whatsapp(line), user, said), said.time_millis)
    }

    /// AWS tells first that WhatsApp has taken the message, and joins its own id with WhatsApp's. What WhatsApp never had
    /// has no id there.
    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        let post = Meta.status(&of_whatsapp(line), sent, change)?;
        let mut entry = entry(&post);
        let statuses = entry.pointer_mut("/changes/0/value/statuses")?.as_array_mut()?;
        if line.setting("echoes") == "no" {
            for status in statuses.iter_mut().filter_map(Value::as_object_mut) {
                status.remove("biz_opaque_callback_data");
            }
        }
        let own = match change.status {
            Status::Sent => {
                let mut accepted = statuses.first()?.clone();
                accepted["status"] = json!("accepted");
                for name in ["biz_opaque_callback_data", "pricing"] {
                    accepted.as_object_mut()?.remove(name);
                }
                statuses.insert(0, accepted);
                Some(sent.id.as_str())
            }
            Status::Failed { .. } => {
                for name in ["id", "timestamp", "biz_opaque_callback_data"] {
                    statuses.first_mut()?.as_object_mut()?.remove(name);
                }
                Some(sent.id.as_str())
            }
            Status::Accepted | Status::Delivered | Status::Read => None,
        };
        let event = event(line, &entry, own, change.time_millis);
        Some(topic::notification(line, &self.address, &event, change.time_millis))
    }

    /// One entry, with all changes in it.
    fn batch(&self, line: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        let time = news.iter().map(|news| match news {
            News::Said(_, said) => said.time_millis,
            News::Status(_, change) => change.time_millis,
        });
        Some(self.told(line, &Meta.batch(&of_whatsapp(line), news)?, time.max()?))
    }

    fn template_decided(&self, line: &Line, template: &Template) -> Option<WebhookPost> {
        Some(self.told(
            line,
            &Meta.template_decided(&of_whatsapp(line), template)?,
            template.created_millis,
        ))
    }

    fn template_recategorized(
        &self,
        line: &Line,
        before: &Template,
        change: &CategoryChange,
    ) -> Option<WebhookPost> {
        let post = Meta.template_recategorized(&of_whatsapp(line), before, change)?;
        Some(self.told(line, &post, before.created_millis))
    }

    fn refuse(&self, _: &Line, refusal: &Refusal) -> Response {
        problem::answer(refusal)
    }

    /// A sending is only queued: what WhatsApp says comes later.
    fn refuses_later(&self, _: &Line, refusal: &Refusal) -> bool {
        problem::is_of_whatsapp(refusal)
    }
}

impl AwsSocial {
    /// What Meta tells, as the topic brings it.
    fn told(&self, line: &Line, post: &WebhookPost, millis: i64) -> WebhookPost {
        let event = event(line, &entry(post), None, millis);
        topic::notification(line, &self.address, &event, millis)
    }
}

/// The line under WhatsApp's own ids, which are not AWS's.
fn of_whatsapp(line: &Line) -> Line {
    let mut line = line.clone();
    for (name, first) in [("phone_number_id", '1'), ("waba_id", '2')] {
        line.settings.insert(name.to_owned(), format!("{first}{}", line.number));
    }
    line
}

/// The one entry of a body of Meta: a batch's are put together.
fn entry(post: &WebhookPost) -> Value {
    let body: Value = serde_json::from_slice(&post.body).unwrap_or_default();
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    let changes: Vec<Value> = entries
        .iter()
        .flat_map(|entry| entry["changes"].as_array().cloned().unwrap_or_default())
        .collect();
    json!({ "id": entries.first().map(|entry| entry["id"].clone()), "changes": changes })
}

/// The message of the topic: the entry as a text, and whose it is.
fn event(line: &Line, entry: &Value, own: Option<&str>, millis: i64) -> Value {
    let region = line.setting("region");
    let arn = |kind: &str, name: &str| {
        let id = line.setting(name).trim_start_matches(kind).trim_start_matches('-');
        format!("arn:aws:social-messaging:{region}:{}:{kind}/{id}", topic::ACCOUNT)
    };
    let value = &entry["changes"][0]["value"];
    let number = &value["metadata"]["phone_number_id"];
    let mut event = json!({
        "context": {
            "MetaWabaIds": [{ "wabaId": entry["id"], "arn": arn("waba", "waba_id") }],
            "MetaPhoneNumberIds": [
                { "metaPhoneNumberId": number, "arn": arn("phone-number-id", "phone_number_id") }
            ],
        },
        "whatsAppWebhookEntry": entry.to_string(),
        "aws_account_id": topic::ACCOUNT,
        "message_timestamp": format!("{}000000Z", date_time(millis)),
    });
    if let Some(id) = own {
        event["messageId"] = json!(id);
    }
    event
}

async fn send(Extract(simulator): Extract<Simulator>, call: Call) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let asked = call.json()?;
    call::own_number(&line, &asked)?;
    let is_version = |text: &str| text.starts_with('v') && text.contains('.');
    if !asked["metaApiVersion"].as_str().is_some_and(is_version) {
        return Err(Problem::invalid("metaApiVersion must be a version"));
    }
    let message = asked["message"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let message = message.filter(|bytes| (1..=MESSAGE_BYTES_MAX).contains(&bytes.len()));
    let message = message.ok_or_else(|| Problem::invalid("message must be 1 to 2048000 bytes"))?;
    let message: Value =
        serde_json::from_slice(&message).map_err(|_| Problem::invalid("message must be JSON"))?;
    let id = uuid(simulator.seed());
    let (sending, flaw) =
        carried::sending(&simulator, &line, &message, id).map_err(Problem::invalid)?;
    match simulator.send_with(&line, sending, flaw) {
        Err(refusal) => Ok(problem::answer(&refusal)),
        Ok(taken) => {
            let answer = Json(json!({ "messageId": taken.sent.id })).into_response();
            Ok(taken.answer(answer))
        }
    }
}

async fn number(Extract(simulator): Extract<Simulator>, call: Call) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let id = line.setting("phone_number_id");
    if call.query("id") != Some(id) {
        return Err(Problem::missing("The phone number id was not found"));
    }
    let number = json!({
        "arn": format!("arn:aws:social-messaging:{}:{}:{id}", line.setting("region"), topic::ACCOUNT),
        "phoneNumber": format!("+{}", line.number),
        "phoneNumberId": id,
        "metaPhoneNumberId": format!("1{}", line.number),
        "displayPhoneNumberName": line.name,
        "displayPhoneNumber": format!("+{}", line.number),
        "qualityRating": "GREEN",
    });
    let answer = json!({
        "phoneNumber": number, "linkedWhatsAppBusinessAccountId": line.setting("waba_id"),
    });
    Ok(Json(answer).into_response())
}

fn uuid(seed: [u8; 16]) -> String {
    let text = hex::encode(seed);
    format!("{}-{}-4{}-8{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}
