//! Templates: components in Meta's form, addressed by a number.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::{NAME, json_answer, key};
use crate::meta::params::Params;
use crate::meta::problem::Problem;
use crate::meta::{components, uploads};
use crate::simulator::StoredFile;
use crate::template::{Header, Parts, Review, Template};
use crate::{Line, Simulator};

/// What is wrong, in the template API's words: status, `errorCode`, `errorMessage`.
struct Wrong(StatusCode, u32, String);

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self(StatusCode::BAD_REQUEST, 1001, problem.details)
    }
}

fn answer(made: Result<(StatusCode, Value), Wrong>) -> Response {
    match made {
        Ok((status, body)) => json_answer(status, &body),
        Err(Wrong(status, code, message)) => {
            json_answer(status, &json!({ "errorCode": code, "errorMessage": message }))
        }
    }
}

/// The line of an account. A key that is good for another account's is told so.
fn line(simulator: &Simulator, headers: &HeaderMap, waba: &str) -> Result<Line, Wrong> {
    let key = key(headers);
    let fits = |line: &Line| {
        let own = line.setting("template_token");
        if own.is_empty() { line.accepts("account_key", key) } else { own == key }
    };
    if let Some(line) =
        simulator.line_where(NAME, |line| fits(line) && line.accepts("waba_id", waba))
    {
        return Ok(line);
    }
    match simulator.line_where(NAME, fits) {
        Some(_) => {
            let message = "Unable to resolve template namespace id".to_owned();
            Err(Wrong(StatusCode::BAD_REQUEST, 1004, message))
        }
        None => Err(Wrong(StatusCode::UNAUTHORIZED, 1000, "Invalid token".to_owned())),
    }
}

pub(super) async fn create(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(waba): Path<String>,
    body: Bytes,
) -> Response {
    let made = line(&simulator, &headers, &waba).and_then(|line| {
        let template = read(&simulator, &line, &body)?;
        let id = template.id.clone();
        simulator.submit_template(template).map_err(|_| {
            Wrong(StatusCode::BAD_REQUEST, 1003, "Template already exists".to_owned())
        })?;
        Ok((StatusCode::CREATED, json!({ "templateId": id })))
    });
    answer(made)
}

fn read(simulator: &Simulator, line: &Line, body: &[u8]) -> Result<Template, Wrong> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Wrong(StatusCode::BAD_REQUEST, 1001, "no JSON".to_owned()))?;
    let call = Params::call(&body)?;
    call.only(&["template_name", "language", "category", "components"])?;
    let seed = simulator.seed();
    let number = u64::from_be_bytes([0, 0, 0, seed[0], seed[1], seed[2], seed[3], seed[4]]);
    let mut template = Template {
        id: (number + 1_000_000_000_000_000).to_string(),
        line: line.id.clone(),
        name: call.text("template_name", 512)?.to_owned(),
        language: call.text("language", 15)?.to_owned(),
        category: call.word("category", &["MARKETING", "UTILITY", "AUTHENTICATION"])?.to_owned(),
        header: Header::Nothing,
        body: String::new(),
        footer: String::new(),
        buttons: Vec::new(),
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: body.clone(),
    };
    components::read(simulator, &call, &mut template)?;
    Ok(template)
}

/// A file in parts: `file` and `file_type`. Another name of the part is refused.
pub(super) async fn upload(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(waba): Path<String>,
    body: Bytes,
) -> Response {
    let made = line(&simulator, &headers, &waba).and_then(|line| {
        let wrong = |what: &str| Wrong(StatusCode::BAD_REQUEST, 1001, what.to_owned());
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind
            .and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="))
            .ok_or_else(|| wrong("not multipart/form-data"))?;
        let mime =
            part(&body, boundary, "file_type").ok_or_else(|| wrong("file_type is missing"))?;
        let mime = String::from_utf8_lossy(mime).into_owned();
        let name = match line.setting("file_part") {
            "" => "file",
            name => name,
        };
        let bytes = part(&body, boundary, name).ok_or_else(|| wrong("the file is missing"))?;
        let file = StoredFile { mime, filename: None, bytes: bytes.to_vec().into() };
        let handle = uploads::keep(&simulator, file);
        Ok((StatusCode::OK, json!({ "response": { "fileHandle": handle } })))
    });
    answer(made)
}

/// The content of the part with this name.
fn part<'b>(body: &'b [u8], boundary: &str, name: &str) -> Option<&'b [u8]> {
    let delimiter = format!("--{boundary}\r\n");
    let wanted = format!("name=\"{name}\"");
    let mut rest = body;
    loop {
        let start = find(rest, delimiter.as_bytes())? + delimiter.len();
        let head_end = start + find(&rest[start..], b"\r\n\r\n")?;
        let content = &rest[head_end + 4..];
        let end = find(content, format!("\r\n--{boundary}").as_bytes())?;
        if String::from_utf8_lossy(&rest[start..head_end]).contains(&wanted) {
            return Some(&content[..end]);
        }
        rest = &content[end + 2..];
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

pub(super) async fn list(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(waba): Path<String>,
) -> Response {
    answer(line(&simulator, &headers, &waba).map(|line| {
        let templates = simulator.templates(&line);
        let rows: Vec<Value> = (1..).zip(&templates).map(|(sno, one)| row(sno, one)).collect();
        (StatusCode::OK, json!({ "response": { "templates": rows } }))
    }))
}

fn row(sno: usize, template: &Template) -> Value {
    let (word, reason) = match &template.review {
        Review::Pending => ("PENDING", ""),
        Review::Approved => ("APPROVED", ""),
        Review::Rejected { reason } => ("REJECTED", reason.as_str()),
        Review::Paused => ("PAUSED", ""),
        Review::Disabled => ("DISABLED", ""),
    };
    json!({
        "sno": sno,
        "fb_template_id": template.id,
        "template_name": template.name,
        "language": template.language,
        "template_create_status": word,
        "template_status_reason": reason,
    })
}

fn of_number(simulator: &Simulator, line: &Line, id: &str) -> Result<Template, Wrong> {
    let mut templates = simulator.templates(line).into_iter();
    let missing = || Wrong(StatusCode::NOT_FOUND, 1012, "Template Not Found".to_owned());
    templates.find(|template| template.id == id).ok_or_else(missing)
}

pub(super) async fn one(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((waba, id)): Path<(String, String)>,
) -> Response {
    answer(line(&simulator, &headers, &waba).and_then(|line| {
        let template = of_number(&simulator, &line, &id)?;
        Ok((StatusCode::OK, json!({ "response": row(1, &template) })))
    }))
}

pub(super) async fn delete(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path((waba, id)): Path<(String, String)>,
) -> Response {
    answer(line(&simulator, &headers, &waba).and_then(|line| {
        let template = of_number(&simulator, &line, &id)?;
        simulator.remove_templates(&line, |known| known.id == template.id);
        Ok((StatusCode::OK, json!({ "response": { "message": "deleted" } })))
    }))
}
