//! The subscription of an account: where its webhooks go, after a handshake with whoever is there.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;
use serde_json::{Value, json};

use super::params::Params;
use super::problem::Problem;
use super::{NAME, Place, json_body, line, message, success};
use crate::line::Line;
use crate::simulator::Simulator;

/// Where the account's webhooks go.
pub(super) async fn show(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "waba_id")?;
    Ok(Json(subscribed(&line.webhook_url)).into_response())
}

fn subscribed(url: &str) -> Value {
    let app = json!({ "id": "1", "name": "Simulator" });
    json!({ "data": [{ "override_callback_uri": url, "whatsapp_business_api_data": app }] })
}

/// Webhooks of the account go to another address, once that address has answered the handshake.
pub(super) async fn change(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "waba_id")?;
    let body = if body.is_empty() { json!({}) } else { json_body(&body)? };
    let call = Params::call(&body)?;
    call.only(&["override_callback_uri", "verify_token"])?;
    if !call.has("override_callback_uri") {
        return Ok(success());
    }
    let url = call.text("override_callback_uri", 2000)?;
    message::web_address(url, "override_callback_uri")?;
    shake_hands(&simulator, url, call.text("verify_token", 512)?).await?;
    simulator.change(|state| {
        let account = line.setting("waba_id");
        let of_account =
            |other: &&mut Line| other.carrier == NAME && other.accepts("waba_id", account);
        for other in state.lines.values_mut().filter(of_account) {
            url.clone_into(&mut other.webhook_url);
        }
    });
    let mut answer = subscribed(url);
    answer["success"] = json!(true);
    Ok(Json(answer).into_response())
}

/// `GET` with a challenge that must come back bare.
async fn shake_hands(simulator: &Simulator, url: &str, token: &str) -> Result<(), Problem> {
    let seed = simulator.seed();
    let challenge = u32::from_be_bytes([seed[0], seed[1], seed[2], seed[3]]).to_string();
    let query = Serializer::new(String::new())
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", token)
        .finish();
    let glue = if url.contains('?') { '&' } else { '?' };
    let failed = |why: String| {
        let title = "Callback verification failed with the following errors";
        Problem::new(2200, title, why)
    };
    match simulator.post().get(&format!("{url}{glue}{query}")).await {
        Ok((200, answer)) if answer == challenge => Ok(()),
        Ok((200, _)) => Err(failed("the answer was not the challenge".to_owned())),
        Ok((status, _)) => Err(failed(format!("HTTP Status Code = {status}"))),
        Err(why) => Err(failed(why)),
    }
}
