//! A small bot of a customer, to point a channel at: it checks the signature, says back what it hears, shows a menu,
//! sends a document, starts a flow, and shows what a bot may answer at all. What it hears is kept with the hooks.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::hooks;
use crate::signature::Check;
use crate::simulator::{Simulator, StoredFile};

/// Where it is called, below the simulator's address.
pub const PATH: &str = "/simulator/bots/echo";

/// The receiver whose secret it checks signatures with, and under whose name it keeps what it hears.
pub const RECEIVER: &str = "echo";

const HELP: &str = "I say back what you write. Try: menu, document, agent, bye, or flow and the id \
                    of a published flow.";
const OPTIONS: [(&str, &str); 4] = [
    ("echo", "Say it back"),
    ("document", "Send a document"),
    ("flow", "Start a flow"),
    ("bye", "Say goodbye"),
];

/// `POST /simulator/bots/echo`
pub(crate) async fn echo(
    Extract(simulator): Extract<Simulator>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = simulator.read(|state| state.receivers.get(RECEIVER).cloned()).unwrap_or_default();
    let mut hook =
        hooks::read(&simulator, RECEIVER, &known, &known.answer, &method, &headers, &body);
    let call = hook.json.clone().unwrap_or_default();
    // Anybody can post here; only the gateway can sign.
    let (status, answer) = match &hook.standard {
        Check::Valid => (StatusCode::OK, Some(answer(&simulator, &call["data"]))),
        Check::Invalid { .. } | Check::NoSecret => (StatusCode::UNAUTHORIZED, None),
    };
    hook.answered = status.as_u16();
    hooks::keep(&simulator, hook);
    match answer {
        Some(answer) => (status, Json(answer)).into_response(),
        None => (status, "the signature does not fit, or the bot was not told its secret")
            .into_response(),
    }
}

/// What it says to a call's `data`.
fn answer(simulator: &Simulator, data: &Value) -> Value {
    let (message, context) = (&data["message"], &data["conversation"]["context"]);
    let heard = context["heard"].as_u64().unwrap_or(0) + 1;
    let replies = |replies: Value| json!({ "replies": replies, "context": { "heard": heard } });
    let text = message["text"].as_str().unwrap_or_default().trim();
    // A tap brings the option's id; a number that was typed for it is told as `choice`.
    let tapped = message["message"]["id"].as_str().or_else(|| message["choice"]["id"].as_str());
    let wanted = tapped.map_or_else(|| text.to_lowercase(), str::to_owned);
    let (word, rest) = wanted.split_once(char::is_whitespace).unwrap_or((wanted.as_str(), ""));
    match (word, rest.trim()) {
        ("menu", "") => replies(json!([menu()])),
        ("document", "") => replies(json!([document(simulator)])),
        ("flow", "") => replies(json!(["Write: flow, a space, and the id of a published flow."])),
        ("flow", _) => json!({
            "replies": ["There it starts."],
            "context": { "heard": heard },
            "action": { "type": "start_flow", "flow_id": text.split_whitespace().last() },
        }),
        ("agent", "") => {
            json!({ "replies": ["I ask for an operator."], "action": { "type": "handover" } })
        }
        ("bye", "") => {
            json!({ "replies": ["Bye! I forget what we said."], "action": { "type": "end" } })
        }
        ("help" | "echo", "") => replies(json!([HELP])),
        _ if text.is_empty() => {
            let kind = message["message"]["type"].as_str().unwrap_or("nothing");
            replies(json!([format!("You sent: {kind}")]))
        }
        _ => replies(json!([format!("{heard}: {text}")])),
    }
}

fn menu() -> Value {
    let options: Vec<Value> =
        OPTIONS.iter().map(|(id, title)| json!({ "id": id, "title": title })).collect();
    json!({ "type": "text", "text": "What shall I do?", "options": options })
}

fn document(simulator: &Simulator) -> Value {
    let bytes = b"This document comes from the simulator's echo bot.\n".to_vec().into();
    let (mime, filename) = ("text/plain".to_owned(), Some("echo.txt".to_owned()));
    let file = simulator.put_file(StoredFile { mime, filename, bytes });
    json!({
        "type": "document",
        "document": { "url": simulator.file_link(&file) },
        "filename": "echo.txt",
        "caption": "Here it is",
    })
}
