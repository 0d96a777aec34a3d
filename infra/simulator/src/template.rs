//! Templates and their review. What a template looks like when its variables are filled.

use serde::{Deserialize, Serialize};

use crate::carrier::Refusal;
use crate::message::{Button, FileKind, ShownCard, ShownFile, ShownLocation, ShownOffer, ToUser};

/// More variables than the 1024 characters of a body have room for.
const VARIABLES_MAX: usize = 1024;

/// Where the review stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Review {
    Pending,
    Approved,
    Rejected {
        /// `INVALID_FORMAT`, `PROMOTIONAL`, …
        reason: String,
    },
    Paused,
    Disabled,
}

/// Another category for a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryChange {
    /// `MARKETING`, …
    pub category: String,
    /// Whether it only comes a day later.
    #[serde(default)]
    pub is_announced: bool,
}

/// What stands above the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Header {
    Nothing,
    /// At most one variable.
    Text {
        text: String,
    },
    /// The file comes with each sending.
    File {
        kind: FileKind,
    },
    /// The place comes with each sending.
    Location,
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateButton {
    QuickReply {
        text: String,
    },
    /// `url` may end in a variable.
    Url {
        text: String,
        url: String,
    },
    Phone {
        text: String,
        number: String,
    },
    /// Copies the code of a coupon.
    CopyCode {
        text: String,
    },
    /// Copies a one-time password, or hands it over.
    Otp {
        text: String,
    },
}

/// A card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub kind: FileKind,
    pub body: String,
    pub buttons: Vec<TemplateButton>,
}

/// A limited-time offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub text: String,
    /// Each sending tells when.
    pub ends: bool,
}

/// What few templates have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
}

/// A template as the provider has it. (line, name, language) is unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// The provider's id.
    pub id: String,
    pub line: String,
    pub name: String,
    /// In the provider's form, `pt_BR`.
    pub language: String,
    pub category: String,
    pub header: Header,
    /// With `{{1}}`, `{{2}}`, …
    pub body: String,
    pub footer: String,
    pub buttons: Vec<TemplateButton>,
    #[serde(default)]
    pub parts: Parts,
    #[serde(flatten)]
    pub review: Review,
    /// Milliseconds since 1970.
    pub created_millis: i64,
    /// The words of the call that made it, for carriers that give them back in lists.
    pub submitted: serde_json::Value,
}

/// What a sending fills a template with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filling {
    /// The variable of a text header.
    pub header: Option<String>,
    pub file: Option<ShownFile>,
    pub location: Option<ShownLocation>,
    /// `{{1}}` first.
    pub body: Vec<String>,
    /// By the index of the button: what its tap brings back; the text where it is not given.
    pub payloads: Vec<(usize, String)>,
    /// By the index of the button: the end of its URL, or the one-time password.
    pub url_ends: Vec<(usize, String)>,
    /// By the index of the button: the code of a coupon.
    pub codes: Vec<(usize, String)>,
    /// Milliseconds since 1970.
    pub offer_ends_millis: Option<i64>,
    /// One for each card.
    pub cards: Vec<Filling>,
}

impl Template {
    /// How many different variables the body has.
    pub fn variable_count(&self) -> usize {
        count_variables(&self.body)
    }

    /// What the user sees. Refused where the filling does not fit, as WhatsApp does.
    pub fn fill(&self, filling: &Filling) -> Result<ToUser, Refusal> {
        let (header, file) = self.fill_header(filling)?;
        let location = match &self.header {
            Header::Location => filling.location.clone(),
            Header::Nothing | Header::Text { .. } | Header::File { .. } => None,
        };
        Ok(ToUser {
            header,
            file,
            location,
            body: fill_body(&self.body, &filling.body)?,
            footer: self.footer.clone(),
            buttons: fill_buttons(&self.buttons, filling)?,
            offer: self.fill_offer(filling)?,
            cards: self.fill_cards(filling)?,
            template: Some(self.name.clone()),
            ..ToUser::default()
        })
    }

    fn fill_offer(&self, filling: &Filling) -> Result<Option<ShownOffer>, Refusal> {
        let Some(offer) = &self.parts.offer else { return Ok(None) };
        if offer.ends != filling.offer_ends_millis.is_some() {
            let detail = "the offer's end does not fit the template".to_owned();
            return Err(Refusal::ParameterFormat { detail });
        }
        let ends_millis = filling.offer_ends_millis;
        Ok(Some(ShownOffer { text: offer.text.clone(), ends_millis }))
    }

    fn fill_cards(&self, filling: &Filling) -> Result<Vec<ShownCard>, Refusal> {
        let (expected, got) = (self.parts.cards.len(), filling.cards.len());
        if expected != got {
            let detail = format!("the carousel has {expected} cards, not {got}");
            return Err(Refusal::ParameterFormat { detail });
        }
        let cards = self.parts.cards.iter().zip(&filling.cards).map(|(card, filling)| {
            let file = filling.file.clone().filter(|file| file.kind == card.kind);
            Ok(ShownCard {
                file: file.ok_or_else(|| no_file(card.kind))?,
                body: fill_body(&card.body, &filling.body)?,
                buttons: fill_buttons(&card.buttons, filling)?,
            })
        });
        cards.collect()
    }

    /// Whether this text is the template with something in the place of each variable: how Gupshup's gateway finds
    /// the template of a text. One blank too many and it is not. The values, in the order of the numbers.
    pub fn values_in(&self, text: &str) -> Option<Vec<String>> {
        let mut values = vec![String::new(); self.variable_count()];
        let mut rest = text;
        let mut pattern = self.body.as_str();
        let mut open: Option<usize> = None;
        loop {
            let (literal, variable, after) = next_variable(pattern);
            let start = match open {
                None => rest.starts_with(literal).then_some(0)?,
                Some(_) if literal.is_empty() && variable.is_none() => rest.len(),
                Some(_) => rest.find(literal)?,
            };
            if let Some(number) = open {
                let value = &rest[..start];
                if value.is_empty() {
                    return None;
                }
                value.clone_into(values.get_mut(number.checked_sub(1)?)?);
            }
            rest = &rest[start + literal.len()..];
            let Some(number) = variable else {
                return rest.is_empty().then_some(values);
            };
            open = Some(number);
            pattern = after;
        }
    }

    fn fill_header(&self, filling: &Filling) -> Result<(String, Option<ShownFile>), Refusal> {
        match &self.header {
            Header::Nothing => Ok((String::new(), None)),
            Header::Text { text } => match (&filling.header, text.contains("{{")) {
                (Some(value), true) => Ok((fill_text(text, std::slice::from_ref(value)), None)),
                (None, true) => Err(Refusal::ParameterCount { expected: 1, got: 0 }),
                (_, false) => Ok((text.clone(), None)),
            },
            Header::File { kind } => match &filling.file {
                Some(file) if file.kind == *kind => Ok((String::new(), Some(file.clone()))),
                Some(_) | None => Err(no_file(*kind)),
            },
            Header::Location if filling.location.is_some() => Ok((String::new(), None)),
            Header::Location => {
                let detail = "the header must be a location".to_owned();
                Err(Refusal::ParameterFormat { detail })
            }
        }
    }
}

fn no_file(kind: FileKind) -> Refusal {
    Refusal::ParameterFormat {
        detail: format!("the header must be a file of kind {}", kind.as_str()),
    }
}

fn count_variables(text: &str) -> usize {
    (1..=VARIABLES_MAX).take_while(|number| text.contains(&format!("{{{{{number}}}}}"))).count()
}

fn fill_body(text: &str, values: &[String]) -> Result<String, Refusal> {
    let expected = count_variables(text);
    if values.len() != expected {
        return Err(Refusal::ParameterCount { expected, got: values.len() });
    }
    if values.iter().any(|value| value.trim().is_empty()) {
        return Err(Refusal::ParameterFormat { detail: "a parameter is empty".to_owned() });
    }
    Ok(fill_text(text, values))
}

fn fill_buttons(buttons: &[TemplateButton], filling: &Filling) -> Result<Vec<Button>, Refusal> {
    buttons.iter().enumerate().map(|(at, button)| fill_button(button, at, filling)).collect()
}

fn fill_button(button: &TemplateButton, at: usize, filling: &Filling) -> Result<Button, Refusal> {
    let given = |values: &[(usize, String)]| {
        values.iter().find(|(index, _)| *index == at).map(|(_, value)| value.clone())
    };
    let needed = |values: &[(usize, String)]| {
        let missing = || Refusal::ParameterFormat { detail: format!("button {at} wants a value") };
        given(values).ok_or_else(missing)
    };
    Ok(match button {
        TemplateButton::QuickReply { text } => Button::QuickReply {
            payload: given(&filling.payloads).unwrap_or_else(|| text.clone()),
            title: text.clone(),
        },
        TemplateButton::Url { text, url } if url.contains("{{1}}") => {
            let url = url.replace("{{1}}", &needed(&filling.url_ends)?);
            Button::Url { title: text.clone(), url }
        }
        TemplateButton::Url { text, url } => Button::Url { title: text.clone(), url: url.clone() },
        TemplateButton::Phone { text, number } => {
            Button::Phone { title: text.clone(), number: number.clone() }
        }
        TemplateButton::CopyCode { text } => {
            Button::CopyCode { title: text.clone(), code: needed(&filling.codes)? }
        }
        TemplateButton::Otp { text } => {
            Button::CopyCode { title: text.clone(), code: needed(&filling.url_ends)? }
        }
    })
}

fn fill_text(text: &str, values: &[String]) -> String {
    let mut filled = String::new();
    let mut pattern = text;
    loop {
        let (literal, variable, after) = next_variable(pattern);
        filled.push_str(literal);
        let Some(number) = variable else { return filled };
        filled.push_str(number.checked_sub(1).and_then(|at| values.get(at)).map_or("", |v| v));
        pattern = after;
    }
}

/// The text before the next `{{n}}`, its number, and what follows.
fn next_variable(pattern: &str) -> (&str, Option<usize>, &str) {
    let mut from = 0;
    while let Some(start) = pattern[from..].find("{{").map(|at| from + at) {
        let inner = &pattern[start + 2..];
        if let Some(end) = inner.find("}}")
            && let Ok(number) = inner[..end].trim().parse()
        {
            return (&pattern[..start], Some(number), &inner[end + 2..]);
        }
        from = start + 2;
    }
    (pattern, None, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(body: &str) -> Template {
        Template {
            id: "1".into(),
            line: "l".into(),
            name: "welcome".into(),
            language: "es".into(),
            category: "UTILITY".into(),
            header: Header::Nothing,
            body: body.into(),
            footer: String::new(),
            buttons: vec![
                TemplateButton::QuickReply { text: "Sí".into() },
                TemplateButton::Url { text: "Ver".into(), url: "https://a.example/{{1}}".into() },
            ],
            parts: Parts::default(),
            review: Review::Approved,
            created_millis: 0,
            submitted: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_value_is_not_filled_again() {
        let filled = template("Hola {{1}}, {{2}} y {{1}}.")
            .fill(&Filling {
                body: vec!["{{2}}".into(), "b".into()],
                payloads: vec![(0, "yes".into())],
                url_ends: vec![(1, "7".into())],
                ..Filling::default()
            })
            .unwrap();
        assert_eq!(filled.body, "Hola {{2}}, b y {{2}}.");
        assert_eq!(
            filled.buttons,
            [
                Button::QuickReply { payload: "yes".into(), title: "Sí".into() },
                Button::Url { title: "Ver".into(), url: "https://a.example/7".into() },
            ]
        );
    }

    #[test]
    fn a_wrong_number_of_values_is_refused() {
        let refused = template("Hola {{1}} {{2}}.").fill(&Filling::default());
        assert_eq!(refused, Err(Refusal::ParameterCount { expected: 2, got: 0 }));
        let refused = template("Hola.").fill(&Filling::default());
        assert!(matches!(refused, Err(Refusal::ParameterFormat { .. })), "an address without end");
    }

    #[test]
    fn a_text_is_found_by_its_template_only_to_the_last_blank() {
        let template = template("Hola {{1}}, su pedido {{2}} llegó.");
        let values = template.values_in("Hola Ana, su pedido 77 A llegó.");
        assert_eq!(values, Some(vec!["Ana".to_owned(), "77 A".to_owned()]));
        assert_eq!(template.values_in("Hola Ana,  su pedido 77 llegó."), None);
        assert_eq!(template.values_in("Hola Ana, su pedido 77 llegó. "), None);
        assert_eq!(template.values_in("Hola , su pedido 77 llegó."), None);
    }
}
