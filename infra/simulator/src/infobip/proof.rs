//! What webhooks carry so that the other side knows that Infobip calls, and the subscription that says so.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use super::fields::{self, Fields};
use super::{line, problem};
use crate::{Line, Simulator, WebhookPost};

/// A webhook with what proves it.
pub(super) fn post(line: &Line, body: &Value) -> WebhookPost {
    let body = body.to_string().into_bytes();
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let mut url = line.webhook_url.clone();
    let either = |own: &str, account: &str| {
        let own = line.setting(own);
        if own.is_empty() { line.setting(account).to_owned() } else { own.to_owned() }
    };
    let header = match line.setting("webhook_header") {
        "" => "authorization",
        name => name,
    };
    match line.setting("webhook_auth") {
        "url_token" => {
            let token = line.setting("webhook_token");
            let glue = if url.contains('?') { '&' } else { '?' };
            let pair = form_urlencoded::Serializer::new(String::new())
                .append_pair("token", token)
                .finish();
            // A subscription may have brought it already.
            if !token.is_empty() && !url.contains("token=") {
                url = format!("{url}{glue}{pair}");
            }
        }
        "static_header" => {
            headers.push((header.to_owned(), line.setting("webhook_token").to_owned()));
        }
        "hmac" => {
            let key = line.setting("webhook_secret").as_bytes();
            let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &body);
            headers.push((header.to_owned(), hex::encode(code)));
        }
        _ => {
            let user = either("webhook_username", "username");
            let password = either("webhook_password", "password");
            let pair = STANDARD.encode(format!("{user}:{password}"));
            headers.push(("authorization".to_owned(), format!("Basic {pair}")));
        }
    }
    WebhookPost { url, headers, body }
}

/// Webhooks of the number go to this address from now on. A subscription's id is there once.
pub(super) async fn subscribe(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = fields::body(&body).and_then(|body| {
        let call = Fields::call(&body)?;
        call.only(&["subscriptionId", "name", "events", "resources", "profile"])?;
        let id = call.text("subscriptionId", 255)?;
        call.text("name", 255)?;
        call.texts("events", 255)?;
        let profile = call.object("profile")?;
        profile.only(&["profileId", "webhook", "security"])?;
        profile.text("profileId", 255)?;
        let webhook = profile.object("webhook")?;
        webhook.only(&[
            "contentType",
            "notifyUrl",
            "maxBucketSize",
            "windowSize",
            "connectTimeout",
        ])?;
        webhook.word("contentType", &["application/json"])?;
        let url = webhook.text("notifyUrl", 512)?;
        let login = match profile.optional_object("security")? {
            None => None,
            Some(security) => {
                security.only(&["authId", "type", "credentials"])?;
                security.text("authId", 255)?;
                security.word("type", &["BASIC"])?;
                let credentials = security.object("credentials")?;
                let user = credentials.text("username", 512)?.to_owned();
                Some((user, credentials.text("password", 512)?.to_owned()))
            }
        };
        for number in call.texts("resources", 255)? {
            let mut line = line(&simulator, &headers, &number)?;
            if line.accepts("subscribed_as", id) {
                return Ok(StatusCode::CONFLICT.into_response());
            }
            url.clone_into(&mut line.webhook_url);
            line.settings.insert("subscribed_as".to_owned(), id.to_owned());
            if let Some((user, password)) = login.clone() {
                line.settings.insert("webhook_username".to_owned(), user);
                line.settings.insert("webhook_password".to_owned(), password);
            }
            simulator.put_line(line);
        }
        Ok((StatusCode::CREATED, Json(json!({ "subscriptionId": id }))).into_response())
    });
    answer.unwrap_or_else(|refusal| problem::answer(&refusal))
}
