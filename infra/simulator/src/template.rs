//! Templates and their review. What a template looks like when its variables are filled.

use serde::{Deserialize, Serialize};

use crate::carrier::Refusal;
use crate::message::{Button, FileKind, ShownFile, ToUser};

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
    /// `{{1}}` first.
    pub body: Vec<String>,
    /// By the index of the button: what its tap brings back; the text where it is not given.
    pub payloads: Vec<(usize, String)>,
    /// By the index of the button: the end of its URL.
    pub url_ends: Vec<(usize, String)>,
}

impl Template {
    /// How many different variables the body has.
    pub fn variable_count(&self) -> usize {
        (1..=VARIABLES_MAX)
            .take_while(|number| self.body.contains(&format!("{{{{{number}}}}}")))
            .count()
    }

    /// What the user sees. Refused where the filling does not fit, as WhatsApp does.
    pub fn fill(&self, filling: &Filling) -> Result<ToUser, Refusal> {
        let expected = self.variable_count();
        if filling.body.len() != expected {
            return Err(Refusal::ParameterCount { expected, got: filling.body.len() });
        }
        if filling.body.iter().any(|value| value.trim().is_empty()) {
            return Err(Refusal::ParameterFormat { detail: "a parameter is empty".to_owned() });
        }
        let (header, file) = self.fill_header(filling)?;
        let buttons =
            self.buttons.iter().enumerate().map(|(at, button)| fill_button(button, at, filling));
        Ok(ToUser {
            header,
            file,
            body: fill_text(&self.body, &filling.body),
            footer: self.footer.clone(),
            buttons: buttons.collect(),
            template: Some(self.name.clone()),
            ..ToUser::default()
        })
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
                Some(_) | None => Err(Refusal::ParameterFormat {
                    detail: format!("the header must be a file of kind {}", kind.as_str()),
                }),
            },
        }
    }
}

fn fill_button(button: &TemplateButton, at: usize, filling: &Filling) -> Button {
    let given = |values: &[(usize, String)]| {
        values.iter().find(|(index, _)| *index == at).map(|(_, value)| value.clone())
    };
    match button {
        TemplateButton::QuickReply { text } => Button::QuickReply {
            payload: given(&filling.payloads).unwrap_or_else(|| text.clone()),
            title: text.clone(),
        },
        TemplateButton::Url { text, url } => {
            let end = given(&filling.url_ends).unwrap_or_default();
            Button::Url { title: text.clone(), url: url.replace("{{1}}", &end) }
        }
        TemplateButton::Phone { text, number } => {
            Button::Phone { title: text.clone(), number: number.clone() }
        }
    }
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
