//! Templates of an account: `message_templates`. Creation is checked as the platform checks it at once; what takes a
//! look is the review, which a person at the simulator decides.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::message::web_address;
use super::params::Params;
use super::problem::Problem;
use super::webhook::word;
use crate::line::Line;
use crate::message::FileKind;
use crate::simulator::Simulator;
use crate::template::{Header, Review, Template, TemplateButton};

const BODY_CHARS_MAX: usize = 1024;
/// Of a header text and a footer.
const LINE_CHARS_MAX: usize = 60;
const BUTTONS_MAX: usize = 10;
const URLS_MAX: usize = 2;
const PHONES_MAX: usize = 1;
const LABEL_CHARS_MAX: usize = 25;
const PAGE_ROWS: usize = 25;

/// What `message_templates` knows, by the reasons that the platform gives.
const EXISTS: i64 = 2_388_024;
const SAMPLES: i64 = 2_388_043;
const VARIABLE_AT_EDGE: i64 = 2_388_299;
const BODY_FORMAT: i64 = 2_388_072;

const LANGUAGES: &str = " af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA ar_SA az bn bg ca zh_CN zh_HK zh_TW hr cs da nl en \
    en_GB en_US en_AU en_CA en_IN et fil fi fr fr_CA fr_BE ka de el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG \
    lo lv lt mk ms ml mr nb fa pl pt_BR pt_PT pa ro ru sr sk sl es es_AR es_ES es_MX es_CL es_CO es_PE es_VE sw sv \
    ta te th tr uk ur uz vi zu ";

/// `POST`: a template goes into review.
pub(super) fn create(simulator: &Simulator, line: &Line, body: &Value) -> Result<Value, Problem> {
    let call = Params::call(body)?;
    call.only(&[
        "name",
        "language",
        "category",
        "components",
        "parameter_format",
        "allow_category_change",
        "message_send_ttl_seconds",
    ])?;
    let name = call.text("name", 512)?;
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(Problem::parameter("Param name may have a-z, 0-9 and _ only."));
    }
    let language = call.text("language", 15)?;
    if !LANGUAGES.contains(&format!(" {language} ")) {
        return Err(Problem::parameter(format!(
            "Param language must be a known language - got \"{language}\"."
        )));
    }
    let category = call.word("category", &["MARKETING", "UTILITY", "AUTHENTICATION"])?;
    if call.has("parameter_format") {
        call.word("parameter_format", &["positional", "POSITIONAL"])?;
    }
    call.flag("allow_category_change")?;
    let seed = simulator.seed();
    let mut template = Template {
        // As many digits as the platform's ids have.
        id: (u64::from_be_bytes([0, 0, seed[0], seed[1], seed[2], seed[3], seed[4], seed[5]])
            + 1_000_000_000_000_000)
            .to_string(),
        line: line.id.clone(),
        name: name.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        header: Header::Nothing,
        body: String::new(),
        footer: String::new(),
        buttons: Vec::new(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: body.clone(),
    };
    for component in call.objects("components", 1, 5)? {
        read_component(&component, &mut template)?;
    }
    if template.body.is_empty() {
        return Err(Problem::template(BODY_FORMAT, "A component of type BODY is required."));
    }
    let answer = json!({ "id": template.id, "status": "PENDING", "category": category });
    simulator.submit_template(template).map_err(|_| {
        let details = format!("There is already {language} content for this template.");
        Problem::template(EXISTS, details)
    })?;
    Ok(answer)
}

fn read_component(component: &Params<'_>, template: &mut Template) -> Result<(), Problem> {
    match component.text("type", 32)?.to_ascii_uppercase().as_str() {
        "HEADER" => template.header = header(component)?,
        "BODY" => {
            component.only(&["type", "text", "example"])?;
            component.text("text", BODY_CHARS_MAX)?.clone_into(&mut template.body);
            check_variables(component, template)?;
        }
        "FOOTER" => {
            component.only(&["type", "text"])?;
            component.text("text", LINE_CHARS_MAX)?.clone_into(&mut template.footer);
        }
        "BUTTONS" => {
            component.only(&["type", "buttons"])?;
            template.buttons = buttons(component)?;
        }
        other => {
            let details = format!("Component type {other} is not played by the simulator.");
            return Err(Problem::parameter(details));
        }
    }
    Ok(())
}

/// Numbered from 1 without a gap, none at an edge, and one sample for each.
fn check_variables(component: &Params<'_>, template: &Template) -> Result<(), Problem> {
    let count = template.variable_count();
    let body = template.body.trim();
    if body.matches("{{").count() < count
        || numbers(body).iter().any(|number| !(1..=count).contains(number))
        || body.contains("{{.")
    {
        return Err(Problem::template(
            BODY_FORMAT,
            "Variables must be {{1}}, {{2}}, … without a gap.",
        ));
    }
    if count > 0 && (body.starts_with("{{") || body.ends_with("}}")) {
        let details = "Variables can't be at the start or end of the template.";
        return Err(Problem::template(VARIABLE_AT_EDGE, details));
    }
    let missing = || {
        let details = format!("BODY needs one list of {count} samples in example.body_text.");
        Problem::template(SAMPLES, details)
    };
    let Some(example) = component.optional_object("example")? else {
        return if count == 0 { Ok(()) } else { Err(missing()) };
    };
    example.only(&["body_text"])?;
    let (_, samples) = &example.list("body_text", 1, 1)?[0];
    let samples = samples.as_array().ok_or_else(missing)?;
    let are_texts = samples.iter().all(|one| one.as_str().is_some_and(|text| !text.is_empty()));
    if samples.len() == count && are_texts { Ok(()) } else { Err(missing()) }
}

/// The numbers between double braces; what is none counts as 0, which no variable has.
fn numbers(text: &str) -> Vec<usize> {
    text.split("{{")
        .skip(1)
        .map(|rest| {
            rest.split("}}").next().and_then(|inner| inner.parse().ok()).unwrap_or_default()
        })
        .collect()
}

fn header(component: &Params<'_>) -> Result<Header, Problem> {
    component.only(&["type", "format", "text", "example"])?;
    let kind = match component.word("format", &["TEXT", "IMAGE", "VIDEO", "DOCUMENT"])? {
        "TEXT" => {
            let text = component.text("text", LINE_CHARS_MAX)?.to_owned();
            if text.contains("{{") {
                component.object("example")?.list("header_text", 1, 1)?;
            }
            return Ok(Header::Text { text });
        }
        "IMAGE" => FileKind::Image,
        "VIDEO" => FileKind::Video,
        _ => FileKind::Document,
    };
    // The platform wants the handle of an upload to the app. The simulator has no such uploads: any text will do.
    let example = component.object("example")?;
    example.only(&["header_handle"])?;
    let (name, sample) = &example.list("header_handle", 1, 1)?[0];
    match sample.as_str() {
        Some(text) if !text.is_empty() => Ok(Header::File { kind }),
        Some(_) | None => Err(Problem::parameter(format!("Param {name} must be a handle."))),
    }
}

fn buttons(component: &Params<'_>) -> Result<Vec<TemplateButton>, Problem> {
    let mut buttons = Vec::new();
    for button in component.objects("buttons", 1, BUTTONS_MAX)? {
        let kind = button.word("type", &["QUICK_REPLY", "URL", "PHONE_NUMBER"])?;
        let text = button.text("text", LABEL_CHARS_MAX)?.to_owned();
        buttons.push(match kind {
            "QUICK_REPLY" => {
                button.only(&["type", "text"])?;
                TemplateButton::QuickReply { text }
            }
            "URL" => {
                button.only(&["type", "text", "url", "example"])?;
                let url = button.text("url", 2000)?.to_owned();
                web_address(&url, &button.name_of("url"))?;
                if url.contains("{{1}}") != button.has("example") {
                    let details = "A URL has an example if, and only if, it has a variable.";
                    return Err(Problem::template(SAMPLES, details));
                }
                TemplateButton::Url { text, url }
            }
            _ => {
                button.only(&["type", "text", "phone_number"])?;
                let number = button.text("phone_number", 20)?.to_owned();
                TemplateButton::Phone { text, number }
            }
        });
    }
    check_order(&buttons)?;
    Ok(buttons)
}

/// Quick replies stand together, and there are few of the others.
fn check_order(buttons: &[TemplateButton]) -> Result<(), Problem> {
    let is_reply = |button: &TemplateButton| matches!(button, TemplateButton::QuickReply { .. });
    let groups = buttons.chunk_by(|a, b| is_reply(a) == is_reply(b));
    if groups.filter(|group| is_reply(&group[0])).count() > 1 {
        return Err(Problem::parameter("Quick replies must stand together."));
    }
    let urls = buttons.iter().filter(|button| matches!(button, TemplateButton::Url { .. })).count();
    let phones =
        buttons.iter().filter(|button| matches!(button, TemplateButton::Phone { .. })).count();
    if urls > URLS_MAX || phones > PHONES_MAX {
        let details = format!("At most {URLS_MAX} URL and {PHONES_MAX} PHONE_NUMBER buttons.");
        return Err(Problem::parameter(details));
    }
    Ok(())
}

/// What the list may be asked for.
#[derive(Debug, Default)]
pub(super) struct Question {
    pub(super) name: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) after: Option<String>,
}

/// `GET`: page by page. The last page has a cursor too, and no `next`.
pub(super) fn list(
    simulator: &Simulator,
    line: &Line,
    question: &Question,
) -> Result<Value, Problem> {
    let start = match &question.after {
        None => 0,
        Some(cursor) => read_cursor(cursor)
            .ok_or_else(|| Problem::parameter("Param after is no cursor of this list."))?,
    };
    let limit = question.limit.unwrap_or(PAGE_ROWS).clamp(1, 1000);
    let templates: Vec<Template> = simulator
        .templates(line)
        .into_iter()
        .filter(|template| question.name.as_ref().is_none_or(|name| template.name.contains(name)))
        .collect();
    let rows: Vec<Value> = templates.iter().skip(start).take(limit).map(row).collect();
    let end = start + rows.len();
    let mut answer = json!({ "data": rows });
    if end > start {
        answer["paging"] = json!({ "cursors": { "before": cursor(start), "after": cursor(end) } });
    }
    if end < templates.len() {
        let account = line.setting("waba_id");
        let next =
            format!("https://graph.facebook.com/{account}/message_templates?after={}", cursor(end));
        answer["paging"]["next"] = json!(next);
    }
    Ok(answer)
}

fn cursor(at: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("at:{at}"))
}

fn read_cursor(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("at:")?.parse().ok()
}

fn row(template: &Template) -> Value {
    let reason = match &template.review {
        Review::Rejected { reason } => reason,
        Review::Pending | Review::Approved | Review::Paused | Review::Disabled => "NONE",
    };
    json!({
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": word(&template.review),
        "category": template.category,
        "rejected_reason": reason,
        "parameter_format": "POSITIONAL",
        "components": template.submitted["components"],
    })
}

/// `DELETE ?name=`: all its languages, or the one with this id.
pub(super) fn delete(
    simulator: &Simulator,
    line: &Line,
    name: &str,
    id: Option<&str>,
) -> Result<Response, Problem> {
    let removed = simulator.remove_templates(line, |template| {
        template.name == name && id.is_none_or(|id| template.id == id)
    });
    if removed == 0 {
        return Err(Problem::parameter(format!("There is no template {name}.")));
    }
    Ok(Json(json!({ "success": true })).into_response())
}
