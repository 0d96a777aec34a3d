//! The control API: what the phone page and tests do to the world. JSON under `/simulator/api`.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::{PostFault, SendFault};
use crate::hooks::{HookAnswer, Receiver};
use crate::line::{Line, User, digits};
use crate::message::{FromUser, Status};
use crate::people::{BatchItem, Target};
use crate::simulator::{Missing, Simulator, StoredFile};
use crate::template::{CategoryChange, Review};

/// The furthest that the clock can be turned at once: 60 days.
const FORWARD_MINUTES_MAX: i64 = 60 * 24 * 60;
/// The longest text of a user, in characters (whatsapp-rules 2).
const TEXT_MAX: usize = 4096;

pub(crate) fn routes() -> Router<Simulator> {
    Router::new()
        .route("/world", get(world))
        .route("/lines", post(put_line))
        .route("/users", post(put_user))
        .route("/users/{number}/phone", post(switch_phone))
        .route("/say", post(say))
        .route("/say-together", post(say_together))
        .route("/tap", post(tap))
        .route("/look", post(look))
        .route("/files", post(put_file))
        .route("/templates/{id}", post(decide_template))
        .route("/templates/{id}/category", post(recategorize_template))
        .route("/faults", post(put_faults))
        .route("/clock", post(forward))
        .route("/hooks/{receiver}", put(put_receiver))
}

/// What could not be done, as a sentence.
struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "message": self.1 }))).into_response()
    }
}

impl From<Missing> for Failed {
    fn from(missing: Missing) -> Self {
        Self(StatusCode::NOT_FOUND, missing.0)
    }
}

fn invalid(sentence: impl Into<String>) -> Failed {
    Failed(StatusCode::BAD_REQUEST, sentence.into())
}

type Answer = Result<Json<Value>, Failed>;

fn finished() -> Json<Value> {
    Json(json!({ "done": true }))
}

/// Everything that the page shows; 304 where nothing changed. Credentials of lines are not shown.
async fn world(Extract(simulator): Extract<Simulator>, headers: HeaderMap) -> Response {
    let revision = simulator.read(|state| state.revision);
    let tag = format!("\"{revision}\"");
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    if is_known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let world = simulator.read(|state| {
        let lines: Vec<Value> = state
            .lines
            .values()
            .map(|line| {
                json!({ "id": line.id, "carrier": line.carrier, "name": line.name,
                        "number": line.number })
            })
            .collect();
        let receivers: BTreeMap<&String, Value> = state
            .receivers
            .iter()
            .map(|(name, receiver)| {
                let known = json!({ "has_secret": receiver.secret.is_some(),
                                    "answer": receiver.answer, "next": receiver.next });
                (name, known)
            })
            .collect();
        json!({
            "revision": revision,
            "now_millis": simulator.now_millis(),
            "lines": lines,
            "users": state.users.values().collect::<Vec<_>>(),
            "messages": state.messages,
            "seen": state.seen,
            "templates": state.templates,
            "faults": state.faults,
            "posted": state.posted,
            "receivers": receivers,
            "hooks": state.hooks,
        })
    });
    ([(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())], Json(world))
        .into_response()
}

async fn put_line(Extract(simulator): Extract<Simulator>, Json(line): Json<Line>) -> Answer {
    if simulator.carrier(&line.carrier).is_none() {
        let names: Vec<_> = simulator.carriers().iter().map(|carrier| carrier.name()).collect();
        return Err(invalid(format!("carrier must be one of {}", names.join(", "))));
    }
    simulator.put_line(line);
    Ok(finished())
}

#[derive(Deserialize)]
struct NewUser {
    number: String,
    #[serde(default)]
    name: String,
}

async fn put_user(Extract(simulator): Extract<Simulator>, Json(new): Json<NewUser>) -> Answer {
    let number = digits(&new.number);
    if !(7..=15).contains(&number.len()) {
        return Err(invalid("number must have 7 to 15 digits, with the country code"));
    }
    let name: String = new.name.trim().chars().take(60).collect();
    if name.is_empty() {
        return Err(invalid("name must not be empty"));
    }
    let known = simulator.read(|state| state.users.get(&number).cloned());
    let user = User { name, ..known.unwrap_or_else(|| User::new(&number, "")) };
    simulator.put_user(user);
    Ok(Json(json!({ "number": number })))
}

#[derive(Deserialize)]
struct Phone {
    is_online: bool,
}

async fn switch_phone(
    Extract(simulator): Extract<Simulator>,
    Path(number): Path<String>,
    Json(phone): Json<Phone>,
) -> Answer {
    simulator.switch_phone(&number, phone.is_online)?;
    Ok(finished())
}

#[derive(Deserialize)]
struct Say {
    line: String,
    user: String,
    content: FromUser,
}

fn check_content(simulator: &Simulator, content: &FromUser) -> Result<(), Failed> {
    match content {
        FromUser::Text { body } if body.trim().is_empty() => {
            Err(invalid("content.body must not be empty"))
        }
        FromUser::Text { body } if body.chars().count() > TEXT_MAX => {
            Err(invalid(format!("content.body must have at most {TEXT_MAX} characters")))
        }
        FromUser::File { file, .. } if simulator.file(file).is_none() => {
            Err(invalid("content.file must be the id of an uploaded file"))
        }
        FromUser::Text { .. }
        | FromUser::File { .. }
        | FromUser::Location { .. }
        | FromUser::Contacts { .. }
        | FromUser::ButtonReply { .. }
        | FromUser::ListReply { .. }
        | FromUser::TemplateReply { .. }
        | FromUser::Reaction { .. }
        | FromUser::Other { .. } => Ok(()),
    }
}

async fn say(Extract(simulator): Extract<Simulator>, Json(say): Json<Say>) -> Answer {
    check_content(&simulator, &say.content)?;
    let said = simulator.say(&say.line, &say.user, say.content)?;
    Ok(Json(json!(said)))
}

#[derive(Deserialize)]
struct Together {
    line: String,
    items: Vec<TogetherItem>,
}

#[derive(Deserialize)]
#[serde(tag = "item", rename_all = "snake_case")]
enum TogetherItem {
    Said {
        user: String,
        content: FromUser,
    },
    Status {
        message: u64,
        #[serde(flatten)]
        status: Status,
    },
}

async fn say_together(
    Extract(simulator): Extract<Simulator>,
    Json(together): Json<Together>,
) -> Answer {
    let items = together.items.into_iter().map(|item| match item {
        TogetherItem::Said { user, content } => BatchItem::Said { user, content },
        TogetherItem::Status { message, status } => BatchItem::Status { message, status },
    });
    let said = simulator.say_together(&together.line, items.collect())?;
    Ok(Json(json!({ "said": said })))
}

#[derive(Deserialize)]
struct Tap {
    /// The number of the message.
    message: u64,
    /// The place of the button, from 0.
    button: Option<usize>,
    /// The id of the row.
    row: Option<String>,
}

async fn tap(Extract(simulator): Extract<Simulator>, Json(tap): Json<Tap>) -> Answer {
    let target = match (tap.button, tap.row) {
        (Some(at), None) => Target::Button(at),
        (None, Some(id)) => Target::Row(id),
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid("give one of button and row"));
        }
    };
    Ok(Json(json!(simulator.tap(tap.message, &target)?)))
}

#[derive(Deserialize)]
struct Look {
    line: String,
    user: String,
}

async fn look(Extract(simulator): Extract<Simulator>, Json(look): Json<Look>) -> Answer {
    simulator.look(&look.line, &look.user)?;
    Ok(finished())
}

#[derive(Deserialize)]
struct FileName {
    filename: Option<String>,
}

async fn put_file(
    Extract(simulator): Extract<Simulator>,
    Query(name): Query<FileName>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    if body.is_empty() {
        return Err(invalid("the file is empty"));
    }
    let mime = headers.get(header::CONTENT_TYPE).and_then(|mime| mime.to_str().ok());
    let mime = mime.filter(|mime| !mime.is_empty()).unwrap_or("application/octet-stream");
    let file =
        StoredFile { mime: mime.to_owned(), filename: name.filename, bytes: body.to_vec().into() };
    Ok(Json(json!({ "file": simulator.put_file(file), "mime": mime })))
}

async fn decide_template(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    Json(review): Json<Review>,
) -> Answer {
    simulator.decide_template(&id, review)?;
    Ok(finished())
}

async fn recategorize_template(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    Json(change): Json<CategoryChange>,
) -> Answer {
    simulator.recategorize_template(&id, &change)?;
    Ok(finished())
}

#[derive(Deserialize)]
struct NewFaults {
    line: String,
    #[serde(default)]
    sends: Vec<SendFault>,
    #[serde(default)]
    posts: Vec<PostFault>,
    /// Forgets what was waiting before.
    #[serde(default)]
    clear: bool,
}

async fn put_faults(Extract(simulator): Extract<Simulator>, Json(new): Json<NewFaults>) -> Answer {
    simulator.line(&new.line)?;
    simulator.change(|state| {
        let faults = state.faults.entry(new.line).or_default();
        if new.clear {
            *faults = crate::fault::Faults::default();
        }
        faults.sends.extend(new.sends);
        faults.posts.extend(new.posts);
    });
    Ok(finished())
}

#[derive(Deserialize)]
struct Forward {
    minutes: i64,
}

async fn forward(Extract(simulator): Extract<Simulator>, Json(forward): Json<Forward>) -> Answer {
    if !(1..=FORWARD_MINUTES_MAX).contains(&forward.minutes) {
        return Err(invalid(format!("minutes must be between 1 and {FORWARD_MINUTES_MAX}")));
    }
    simulator
        .clock()
        .forward(forward.minutes * 60_000)
        .await
        .map_err(|sentence| Failed(StatusCode::CONFLICT, sentence))?;
    simulator.change(|_| ());
    Ok(Json(json!({ "now_millis": simulator.now_millis() })))
}

#[derive(Deserialize)]
struct NewReceiver {
    secret: Option<String>,
    answer: Option<HookAnswer>,
    #[serde(default)]
    next: Vec<HookAnswer>,
}

async fn put_receiver(
    Extract(simulator): Extract<Simulator>,
    Path(name): Path<String>,
    Json(new): Json<NewReceiver>,
) -> Answer {
    let mut answers = new.next.iter().chain(&new.answer);
    if answers.any(|answer| StatusCode::from_u16(answer.status).is_err()) {
        return Err(invalid("answer.status must be an HTTP status"));
    }
    simulator.change(|state| {
        let receiver: &mut Receiver = state.receivers.entry(name).or_default();
        if let Some(secret) = new.secret {
            receiver.secret = Some(secret.trim().to_owned()).filter(|secret| !secret.is_empty());
        }
        if let Some(answer) = new.answer {
            receiver.answer = answer;
        }
        receiver.next.extend(new.next);
    });
    Ok(finished())
}
