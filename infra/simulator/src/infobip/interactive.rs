//! Interactive messages: buttons, lists, links, and the ones that open something in WhatsApp.

use std::collections::BTreeSet;

use super::fields::Fields;
use super::message::header_file;
use crate::Refusal;
use crate::message::{Button, List, Row, Section, ToUser};

const BODY_CHARS_MAX: usize = 1024;
/// Of a header text and a footer.
const LINE_CHARS_MAX: usize = 60;
const BUTTONS_MAX: usize = 3;
const TITLE_CHARS_MAX: usize = 20;
const SECTIONS_MAX: usize = 10;
/// In all sections together.
const ROWS_MAX: usize = 10;
const ROW_TITLE_CHARS_MAX: usize = 24;

/// What the user will see.
pub(super) fn content(kind: &str, content: &Fields<'_>) -> Result<ToUser, Refusal> {
    let headers: &[&str] = match kind {
        "buttons" | "url-button" => &["TEXT", "IMAGE", "VIDEO", "DOCUMENT"],
        "list" | "flow" | "multi-product" => &["TEXT"],
        _ => &[],
    };
    content.only(match kind {
        "location-request" => &["body"],
        "product" => &["body", "action", "footer"],
        _ => &["body", "action", "header", "footer"],
    })?;
    let mut shown = ToUser::default();
    if kind != "product" || content.get("body").is_some() {
        let body = content.object("body")?;
        body.only(&["text"])?;
        body.text("text", BODY_CHARS_MAX)?.clone_into(&mut shown.body);
    }
    if let Some(footer) = content.optional_object("footer")? {
        footer.only(&["text"])?;
        footer.text("text", LINE_CHARS_MAX)?.clone_into(&mut shown.footer);
    }
    match content.optional_object("header")? {
        Some(header) => match header.word("type", headers)? {
            "TEXT" => {
                header.only(&["type", "text"])?;
                header.text("text", LINE_CHARS_MAX)?.clone_into(&mut shown.header);
            }
            word => shown.file = Some(header_file(&header, word)?),
        },
        None if kind == "multi-product" => return Err(content.wrong("header", "must not be null")),
        None => {}
    }
    if kind != "location-request" {
        action(kind, &content.object("action")?, &mut shown)?;
    }
    Ok(shown)
}

fn action(kind: &str, action: &Fields<'_>, shown: &mut ToUser) -> Result<(), Refusal> {
    match kind {
        "buttons" => {
            action.only(&["buttons"])?;
            shown.buttons = buttons(action)?;
        }
        "list" => {
            action.only(&["title", "sections"])?;
            shown.list = Some(list(action)?);
        }
        "url-button" => {
            action.only(&["displayText", "url"])?;
            let title = action.text("displayText", TITLE_CHARS_MAX)?.to_owned();
            shown.buttons = vec![Button::Url { title, url: action.address("url")? }];
        }
        "flow" => {
            action.only(&[
                "mode",
                "flowMessageVersion",
                "flowToken",
                "flowId",
                "callToActionButton",
                "flowAction",
                "flowActionPayload",
            ])?;
            action.word("mode", &["DRAFT", "PUBLISHED"])?;
            action.number("flowMessageVersion", 1.0, 10.0)?;
            action.word("flowAction", &["NAVIGATE", "DATA_EXCHANGE"])?;
            for key in ["flowToken", "flowId"] {
                action.text(key, 256)?;
            }
            let title = action.text("callToActionButton", TITLE_CHARS_MAX)?.to_owned();
            shown.buttons = vec![Button::Reply { id: "flow".to_owned(), title }];
        }
        "product" => {
            action.only(&["catalogId", "productRetailerId"])?;
            action.text("catalogId", 256)?;
            action.text("productRetailerId", 256)?;
        }
        "multi-product" => {
            action.only(&["catalogId", "sections"])?;
            action.text("catalogId", 256)?;
            for section in action.objects("sections", 1, SECTIONS_MAX)? {
                section.only(&["title", "productRetailerIds"])?;
                section.texts("productRetailerIds", 30)?;
            }
        }
        other => return Err(action.wrong("type", &format!("{other} is not known"))),
    }
    Ok(())
}

fn buttons(action: &Fields<'_>) -> Result<Vec<Button>, Refusal> {
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    let buttons = action.objects("buttons", 1, BUTTONS_MAX)?.into_iter().map(|button| {
        button.only(&["type", "id", "title"])?;
        button.word("type", &["REPLY"])?;
        let id = button.text("id", 256)?.to_owned();
        let title = button.text("title", TITLE_CHARS_MAX)?.to_owned();
        if !ids.insert(id.clone()) || !titles.insert(title.clone()) {
            return Err(button.wrong("title", "must be unique"));
        }
        Ok(Button::Reply { id, title })
    });
    buttons.collect()
}

fn list(action: &Fields<'_>) -> Result<List, Refusal> {
    let button = action.text("title", TITLE_CHARS_MAX)?.to_owned();
    let given = action.objects("sections", 1, SECTIONS_MAX)?;
    let is_one = given.len() == 1;
    let mut ids = BTreeSet::new();
    let mut sections = Vec::new();
    for section in given {
        section.only(&["title", "rows"])?;
        let title = if is_one {
            section.text_or_empty("title", ROW_TITLE_CHARS_MAX)?
        } else {
            section.text("title", ROW_TITLE_CHARS_MAX)?.to_owned()
        };
        let mut rows = Vec::new();
        for row in section.objects("rows", 1, ROWS_MAX)? {
            row.only(&["id", "title", "description"])?;
            let id = row.text("id", 200)?.to_owned();
            if !ids.insert(id.clone()) {
                return Err(row.wrong("id", "must be unique"));
            }
            let title = row.text("title", ROW_TITLE_CHARS_MAX)?.to_owned();
            let description = row.optional_text("description", 72)?.map(str::to_owned);
            rows.push(Row { id, title, description });
        }
        sections.push(Section { title, rows });
    }
    if ids.len() > ROWS_MAX {
        return Err(action.wrong("sections", "must have at most 10 rows in all"));
    }
    Ok(List { button, sections })
}
