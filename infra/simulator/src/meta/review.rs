//! Templates of an account: `message_templates`. Creation is checked as the platform checks it at once; what takes a
//! look is the review, which a person at the simulator decides.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::components;
use super::params::Params;
use super::problem::Problem;
use super::webhook::word;
use crate::line::Line;
use crate::simulator::Simulator;
use crate::template::{Header, Parts, Review, Template};

const PAGE_ROWS: usize = 25;

/// The platform's reason for a name and language that are taken.
const EXISTS: i64 = 2_388_024;

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
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: simulator.now_millis(),
        submitted: body.clone(),
    };
    components::read(simulator, &call, &mut template)?;
    let answer = json!({ "id": template.id, "status": "PENDING", "category": category });
    simulator.submit_template(template).map_err(|_| {
        let details = format!("There is already {language} content for this template.");
        Problem::template(EXISTS, details)
    })?;
    Ok(answer)
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
        "quality_score": { "score": "UNKNOWN" },
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
