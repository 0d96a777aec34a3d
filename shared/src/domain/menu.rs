//! Options that a user chooses from: how they are laid out and what counts as a choice (contracts 8.3, X1).

use std::collections::BTreeSet;

use super::channel::{Language, OptionsLayout};
use super::message::{Choice, FromUser, Section, ToUser};
use super::phone::ascii_digit;
use super::text::{
    BODY_CHARS_MAX, BUTTON_CHARS_MAX, BUTTONS_MAX, DESCRIPTION_CHARS_MAX, ROW_CHARS_MAX, ROWS_MAX,
    chars, fold, split,
};
use super::texts::{Key, text};

/// What the ids of our own buttons begin with: their taps answer no other menu, whatever their titles say.
const OWN_PREFIXES: [&str; 2] = ["fu:", "otb:"];

/// How a set of options is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Buttons,
    List,
    Numbered,
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
/// number as it stands in a numbered text. A title comes before a number: options may be called "1" and "3".
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
        let mut same = (0..options.len()).filter(|&place| fold(&options[place].title) == said);
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
