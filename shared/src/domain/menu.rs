//! Options that a user chooses from: how they are laid out and what counts as a choice (contracts 8.3, X1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::channel::{Channel, Language, MarkdownType, OptionsLayout};
use super::message::{Choice, FromUser, Section, ToUser};
use super::phone::ascii_digit;
use super::text::{
    BODY_CHARS_MAX, BUTTON_CHARS_MAX, BUTTONS_MAX, DESCRIPTION_CHARS_MAX, ROW_CHARS_MAX, ROWS_MAX,
    TEXT_CHARS_MAX, chars, fold, split,
};
use super::texts::{Key, text};
use super::time::Time;
use super::{markdown, rendering};

/// What the ids of our own buttons begin with: their taps answer no other menu, whatever their titles say.
const OWN_PREFIXES: [&str; 2] = ["fu:", "otb:"];

/// How a set of options is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Buttons,
    List,
    Numbered,
}

/// What is asked with options.
#[derive(Debug, Clone, Copy)]
pub struct Menu<'a> {
    /// How its texts are written; as the channel does where nothing is said.
    pub markdown: Option<MarkdownType>,
    /// The channel's where nothing is said.
    pub language: Option<Language>,
    pub body: &'a str,
    pub options: &'a [Choice],
}

/// A menu that went out as numbered text, and that nobody has answered: what a number means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The numbered text, to be said again after a wrong answer.
    pub text: String,
    pub options: Vec<Choice>,
    /// From then on a number is just a number.
    pub closes: Time,
}

/// What a message says to an open menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// This option.
    Choice(Choice),
    /// A number that the menu does not have.
    OutOfRange,
    /// Something else.
    Unknown,
}

impl Menu<'_> {
    /// The messages that show it, as the channel lays menus out.
    pub fn messages(&self, channel: &Channel) -> Vec<ToUser> {
        let (body, options) = self.rendered(channel);
        let language = self.language.unwrap_or(channel.language);
        lay_out(channel.options_layout, language, &body, &options)
    }

    /// What has to be remembered of it, so that a number is understood: `None` unless it is shown in numbers.
    pub fn numbered(&self, channel: &Channel, closes: Time) -> Option<Numbered> {
        let (body, options) = self.rendered(channel);
        if options.is_empty() || shape(channel.options_layout, &options) != Shape::Numbered {
            return None;
        }
        let whole = numbered(&body, &options);
        // A long text was read once: what is said again are the options.
        let text = if chars(&whole) > TEXT_CHARS_MAX { numbered("", &options) } else { whole };
        Some(Numbered { text, options, closes })
    }

    fn rendered(&self, channel: &Channel) -> (String, Vec<Choice>) {
        let markdown = self.markdown.unwrap_or(channel.markdown_type);
        let body = markdown::render(markdown, self.body);
        (body, rendering::options(markdown, self.options))
    }
}

impl Numbered {
    /// What a text says to it. Taps are not its matter: it has no buttons.
    pub fn read(&self, said: &FromUser) -> Answered {
        if let Some(place) = read(&self.options, said) {
            return Answered::Choice(self.options[place].clone());
        }
        let is_number = said.text().is_some_and(|text| number(&fold(text)).is_some());
        if is_number { Answered::OutOfRange } else { Answered::Unknown }
    }

    /// The messages that show it once more.
    pub fn again(&self) -> Vec<ToUser> {
        texts(&self.text).collect()
    }
}

/// The messages that show these options below this text, in order. Without options it is the text alone. The ids of
/// buttons and rows are those of the options.
pub fn lay_out(
    layout: OptionsLayout,
    language: Language,
    body: &str,
    options: &[Choice],
) -> Vec<ToUser> {
    if options.is_empty() {
        return texts(body).collect();
    }
    let shape = shape(layout, options);
    if shape == Shape::Numbered {
        return texts(&numbered(body, options)).collect();
    }
    let prompt = || text(language, Key::ChoosePrompt).to_owned();
    let (before, body) = match body {
        _ if body.trim().is_empty() => ("", prompt()),
        _ if chars(body) > BODY_CHARS_MAX => (body, prompt()),
        _ => ("", body.to_owned()),
    };
    let menu = match shape {
        Shape::List => list(language, body, options),
        Shape::Buttons | Shape::Numbered => buttons(body, options),
    };
    texts(before).chain([menu]).collect()
}

/// The place of the option that the user chose: by its id, by its exact title (accents and case ignored), or by its
/// number as it stands in a numbered text. A title comes before a number: options may be called "1" and "3". Titles
/// with marks are known without them, as they were shown.
pub fn read(options: &[Choice], said: &FromUser) -> Option<usize> {
    if let Some(id) = said.payload() {
        if let Some(place) = options.iter().position(|option| option.id == id) {
            return Some(place);
        }
        if OWN_PREFIXES.iter().any(|prefix| id.starts_with(prefix)) {
            return None;
        }
    }
    let said = fold(said.text()?);
    let by_title = || {
        let bare = |title: &str| fold(&markdown::plain(MarkdownType::Standard, title));
        let is_same = |title: &str| fold(title) == said || bare(title) == said;
        let mut same = (0..options.len()).filter(|&place| is_same(&options[place].title));
        let first = same.next()?;
        same.next().is_none().then_some(first)
    };
    by_title()
        .or_else(|| number(&said).filter(|&n| n <= options.len()).and_then(|n| n.checked_sub(1)))
}

fn texts(body: &str) -> impl Iterator<Item = ToUser> {
    split(body).into_iter().filter(|part| !part.trim().is_empty()).map(ToUser::text)
}

fn shape(layout: OptionsLayout, options: &[Choice]) -> Shape {
    let titles: BTreeSet<String> = options.iter().map(|option| fold(&option.title)).collect();
    if titles.len() < options.len() {
        return Shape::Numbered;
    }
    let fit = |max| options.iter().all(|option| chars(&option.title) <= max);
    let described = |option: &Choice| option.description.as_deref().map_or(0, chars);
    if options.len() <= BUTTONS_MAX {
        return if fit(BUTTON_CHARS_MAX) { Shape::Buttons } else { Shape::Numbered };
    }
    match layout {
        OptionsLayout::ButtonsOrNumbered => Shape::Numbered,
        OptionsLayout::Auto => {
            let fits = options.len() <= ROWS_MAX
                && fit(ROW_CHARS_MAX)
                && options.iter().all(|option| described(option) <= DESCRIPTION_CHARS_MAX);
            if fits { Shape::List } else { Shape::Numbered }
        }
    }
}

fn buttons(body: String, options: &[Choice]) -> ToUser {
    let plain = |option: &Choice| Choice { description: None, ..option.clone() };
    let buttons = options.iter().map(plain).collect();
    ToUser::Buttons { header: None, body, footer: None, buttons }
}

fn list(language: Language, body: String, options: &[Choice]) -> ToUser {
    ToUser::List {
        header: None,
        body,
        footer: None,
        button: text(language, Key::ListButton).to_owned(),
        sections: vec![Section { title: None, rows: options.to_vec() }],
    }
}

fn numbered(body: &str, options: &[Choice]) -> String {
    let lines: Vec<String> = options
        .iter()
        .zip(1..)
        .map(|(option, number): (&Choice, u32)| match &option.description {
            Some(description) => format!("{number}. {} - {description}", option.title),
            None => format!("{number}. {}", option.title),
        })
        .collect();
    let lines = lines.join("\n");
    if body.trim().is_empty() { lines } else { format!("{body}\n\n{lines}") }
}

/// `2`, `2.`, `2)`, `opción 2` of a folded text.
fn number(folded: &str) -> Option<usize> {
    let digits = ["opcion ", "option ", "opcao "]
        .iter()
        .find_map(|word| folded.strip_prefix(word))
        .unwrap_or(folded);
    let digits = digits.strip_suffix(['.', ')']).unwrap_or(digits);
    let digits: String = digits.chars().map(ascii_digit).collect::<Option<_>>()?;
    digits.parse().ok()
}

#[cfg(test)]
#[path = "menu_tests.rs"]
mod tests;
