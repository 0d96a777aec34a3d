//! Interactive messages: buttons, lists, links, and the ones that open something in WhatsApp.

use std::collections::BTreeSet;

use super::message::{file, web_address};
use super::params::Params;
use super::problem::Problem;
use crate::message::{Button, FileKind, List, Row, Section, ToUser};

const BODY_CHARS_MAX: usize = 1024;
/// Of a header text and a footer.
const LINE_CHARS_MAX: usize = 60;
const BUTTONS_MAX: usize = 3;
const BUTTON_TITLE_CHARS_MAX: usize = 20;
const BUTTON_ID_CHARS_MAX: usize = 256;
const SECTIONS_MAX: usize = 10;
/// In all sections together.
const ROWS_MAX: usize = 10;
const ROW_ID_CHARS_MAX: usize = 200;
const ROW_TITLE_CHARS_MAX: usize = 24;
const ROW_DESCRIPTION_CHARS_MAX: usize = 72;

const TYPES: [&str; 10] = [
    "button",
    "list",
    "cta_url",
    "flow",
    "location_request_message",
    "product",
    "product_list",
    "catalog_message",
    "order_details",
    "order_status",
];

/// The object `interactive`.
pub(crate) fn content(
    object: &Params<'_>,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<ToUser, Problem> {
    object.only(&["type", "header", "body", "footer", "action"])?;
    let kind = object.word("type", &TYPES)?;
    let mut shown = ToUser::default();
    if kind != "product" || object.has("body") {
        let body = object.object("body")?;
        body.only(&["text"])?;
        body.text("text", BODY_CHARS_MAX)?.clone_into(&mut shown.body);
    }
    if let Some(footer) = object.optional_object("footer")? {
        footer.only(&["text"])?;
        footer.text("text", LINE_CHARS_MAX)?.clone_into(&mut shown.footer);
    }
    if let Some(above) = object.optional_object("header")? {
        header(&above, kind, &mut shown, has_file)?;
    } else if kind == "product_list" {
        return Err(Problem::missing("interactive['header']"));
    }
    action(&object.object("action")?, kind, &mut shown)?;
    Ok(shown)
}

fn header(
    object: &Params<'_>,
    kind: &str,
    shown: &mut ToUser,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<(), Problem> {
    let words: &[&str] = match kind {
        "button" | "cta_url" | "flow" => &["text", "image", "video", "document"],
        "list" | "product_list" => &["text"],
        "order_details" => &["image"],
        _ => &[],
    };
    let word = object.word("type", words)?;
    object.only(&["type", word])?;
    let file_kind = match word {
        "text" => {
            object.text("text", LINE_CHARS_MAX)?.clone_into(&mut shown.header);
            return Ok(());
        }
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        _ => FileKind::Document,
    };
    shown.file = Some(file(&object.object(word)?, file_kind, false, has_file)?.0);
    Ok(())
}

fn action(action: &Params<'_>, kind: &str, shown: &mut ToUser) -> Result<(), Problem> {
    match kind {
        "button" => {
            action.only(&["buttons"])?;
            shown.buttons = reply_buttons(action)?;
        }
        "list" => {
            action.only(&["button", "sections"])?;
            shown.list = Some(list(action)?);
        }
        "cta_url" => {
            action.only(&["name", "parameters"])?;
            action.word("name", &["cta_url"])?;
            let parameters = action.object("parameters")?;
            parameters.only(&["display_text", "url"])?;
            let title = parameters.text("display_text", BUTTON_TITLE_CHARS_MAX)?.to_owned();
            let url = parameters.text("url", 2000)?.to_owned();
            web_address(&url, &parameters.name_of("url"))?;
            shown.buttons = vec![Button::Url { title, url }];
        }
        "location_request_message" => {
            action.only(&["name"])?;
            action.word("name", &["send_location"])?;
        }
        "product" => {
            action.only(&["catalog_id", "product_retailer_id"])?;
            action.text("catalog_id", 64)?;
            action.text("product_retailer_id", 256)?;
        }
        "product_list" => {
            action.only(&["catalog_id", "sections"])?;
            action.text("catalog_id", 64)?;
            action.objects("sections", 1, SECTIONS_MAX)?;
        }
        _ => {
            action.only(&["name", "parameters"])?;
            let name = match kind {
                "flow" => "flow",
                "catalog_message" => "catalog_message",
                "order_details" => "review_and_pay",
                _ => "review_order",
            };
            action.word("name", &[name])?;
            if kind != "catalog_message" {
                action.object("parameters")?;
            }
        }
    }
    Ok(())
}

fn reply_buttons(action: &Params<'_>) -> Result<Vec<Button>, Problem> {
    let mut buttons = Vec::new();
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for button in action.objects("buttons", 1, BUTTONS_MAX)? {
        button.only(&["type", "reply"])?;
        button.word("type", &["reply"])?;
        let reply = button.object("reply")?;
        reply.only(&["id", "title"])?;
        let id = reply.text("id", BUTTON_ID_CHARS_MAX)?;
        let title = reply.text("title", BUTTON_TITLE_CHARS_MAX)?;
        if !ids.insert(id) || !titles.insert(title) {
            return Err(Problem::value("Ids and titles of buttons must be unique."));
        }
        buttons.push(Button::Reply { id: id.to_owned(), title: title.to_owned() });
    }
    Ok(buttons)
}

fn list(action: &Params<'_>) -> Result<List, Problem> {
    let button = action.text("button", BUTTON_TITLE_CHARS_MAX)?.to_owned();
    let given = action.objects("sections", 1, SECTIONS_MAX)?;
    let is_one = given.len() == 1;
    let mut ids = BTreeSet::new();
    let mut sections = Vec::new();
    for section in given {
        section.only(&["title", "rows"])?;
        let title = if is_one {
            section.optional_text("title", ROW_TITLE_CHARS_MAX)?.unwrap_or_default()
        } else {
            section.text("title", ROW_TITLE_CHARS_MAX)?
        };
        let mut rows = Vec::new();
        for row in section.objects("rows", 1, ROWS_MAX)? {
            row.only(&["id", "title", "description"])?;
            let id = row.text("id", ROW_ID_CHARS_MAX)?.to_owned();
            if !ids.insert(id.clone()) {
                return Err(Problem::value("Ids of rows must be unique."));
            }
            let title = row.text("title", ROW_TITLE_CHARS_MAX)?.to_owned();
            let description = row.optional_text("description", ROW_DESCRIPTION_CHARS_MAX)?;
            rows.push(Row { id, title, description: description.map(str::to_owned) });
        }
        sections.push(Section { title: title.to_owned(), rows });
    }
    if ids.len() > ROWS_MAX {
        return Err(Problem::value(format!("Total row count exceeds max of {ROWS_MAX}.")));
    }
    Ok(List { button, sections })
}
