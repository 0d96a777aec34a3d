use super::*;

fn options(titles: &[&str]) -> Vec<Choice> {
    let option = |title: &&str| Choice {
        id: format!("id:{title}"),
        title: (*title).to_owned(),
        description: None,
    };
    titles.iter().map(option).collect()
}

fn typed(body: &str) -> FromUser {
    FromUser::Text { body: body.to_owned() }
}

fn tapped(id: &str, title: &str) -> FromUser {
    FromUser::Choice { id: id.to_owned(), title: title.to_owned() }
}

/// What kind of message the last one is.
fn check(row: &str, layout: OptionsLayout, titles: &[&str], expected: Shape) {
    let options = options(titles);
    let messages = lay_out(layout, Language::Es, "Elige un plan", &options);
    let [message] = messages.as_slice() else { panic!("{row}: {messages:?}") };
    let shape = match message {
        ToUser::Buttons { body, buttons, .. } => {
            assert_eq!((body.as_str(), buttons), ("Elige un plan", &options), "{row}");
            Shape::Buttons
        }
        ToUser::List { body, button, sections, .. } => {
            assert_eq!(
                (body.as_str(), button.as_str()),
                ("Elige un plan", "Ver opciones"),
                "{row}"
            );
            assert_eq!(sections.len(), 1, "{row}");
            assert_eq!(sections[0].rows, options, "{row}");
            Shape::List
        }
        ToUser::Text { body, .. } => {
            let lines: Vec<String> =
                titles.iter().zip(1..).map(|(t, n): (_, usize)| format!("{n}. {t}")).collect();
            assert_eq!(body, &format!("Elige un plan\n\n{}", lines.join("\n")), "{row}");
            Shape::Numbered
        }
        other => panic!("{row}: {other:?}"),
    };
    assert_eq!(shape, expected, "{row}: {titles:?}");
}

/// D23, D24, A21, A22, X1: the table of contracts 8.3 on both layouts.
#[test]
fn the_layouts_of_the_contracts() {
    use OptionsLayout::{Auto, ButtonsOrNumbered};
    use Shape::{Buttons, List, Numbered};
    let letters = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K"];
    let short = ["un titulo de 20 chars", "B"];
    assert_eq!(chars(&short[0][..20]), 20);
    for (row, count, auto, other) in [
        ("D23", 1, Buttons, Buttons),
        ("D23", 2, Buttons, Buttons),
        ("A21", 3, Buttons, Buttons),
        ("D24", 4, List, Numbered),
        ("A22", 10, List, Numbered),
        ("X1", 11, Numbered, Numbered),
    ] {
        check(row, Auto, &letters[..count], auto);
        check(row, ButtonsOrNumbered, &letters[..count], other);
    }
    for layout in [Auto, ButtonsOrNumbered] {
        check("A21", layout, &[&short[0][..20], "B"], Buttons);
        check("A21", layout, &short, Numbered);
        check("A21", layout, &["ñ".repeat(20).as_str()], Buttons);
    }
    check("A22", Auto, &["A", "B", "C", "24 characters are enough"], List);
    check("A22", Auto, &["A", "B", "C", "25 characters are too many"], Numbered);
}

#[test]
fn titles_that_look_alike_are_numbered() {
    check("8.3", OptionsLayout::Auto, &["Sí", "si"], Shape::Numbered);
    check("8.3", OptionsLayout::Auto, &["A", "B", "C", "a"], Shape::Numbered);
}

#[test]
fn a_body_too_long_for_buttons_goes_first() {
    let long = "a".repeat(BODY_CHARS_MAX + 1);
    let messages = lay_out(OptionsLayout::Auto, Language::Pt, &long, &options(&["A", "B"]));
    let [ToUser::Text { body: first, .. }, ToUser::Buttons { body, .. }] = messages.as_slice()
    else {
        panic!("{messages:?}")
    };
    assert_eq!((first, body.as_str()), (&long, "Escolha uma opção:"));
    let fits = &long[1..];
    assert_eq!(lay_out(OptionsLayout::Auto, Language::Pt, fits, &options(&["A"])).len(), 1);
    let longest = lay_out(OptionsLayout::Auto, Language::Es, &"a".repeat(5000), &options(&["A"]));
    assert_eq!(longest.len(), 3, "two texts and the buttons");
}

#[test]
fn without_options_it_is_the_text_and_without_text_the_prompt() {
    assert_eq!(lay_out(OptionsLayout::Auto, Language::En, "Hi", &[]), [ToUser::text("Hi")]);
    let messages = lay_out(OptionsLayout::Auto, Language::En, " ", &options(&["A"]));
    let [ToUser::Buttons { body, .. }] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(body, "Choose an option:");
}

#[test]
fn a_description_is_shown_where_there_is_room() {
    let mut options = options(&["A", "B", "C", "D"]);
    options[1].description = Some("the second".to_owned());
    let messages = lay_out(OptionsLayout::ButtonsOrNumbered, Language::Es, "?", &options);
    assert_eq!(messages, [ToUser::text("?\n\n1. A\n2. B - the second\n3. C\n4. D")]);
    options[1].description = Some("x".repeat(DESCRIPTION_CHARS_MAX + 1));
    let messages = lay_out(OptionsLayout::Auto, Language::Es, "?", &options);
    assert!(matches!(messages.as_slice(), [ToUser::Text { .. }]), "{messages:?}");
}

/// D24: the number or the exact title; out of range or unknown is no choice.
#[test]
fn a_choice_is_an_id_a_number_or_a_title() {
    let options = options(&["Básico", "Pro", "Opción C", "D"]);
    for (said, place) in [
        (typed("2"), Some(1)),
        (typed(" 2. "), Some(1)),
        (typed("2)"), Some(1)),
        (typed("opción 2"), Some(1)),
        (typed("OPCION 4"), Some(3)),
        (typed("٢"), Some(1)),
        (typed("basico"), Some(0)),
        (typed("  opcion   c "), Some(2)),
        (typed("0"), None),
        (typed("5"), None),
        (typed("-1"), None),
        (typed("2 y 3"), None),
        (typed("99999999999999999999999"), None),
        (typed("Pro Max"), None),
        (typed(""), None),
        (tapped("id:Pro", "anything"), Some(1)),
        (tapped("old:Pro", "pro"), Some(1)),
        (tapped("old:X", "X"), None),
        (FromUser::Unsupported { kind: "poll".to_owned() }, None),
    ] {
        assert_eq!(read(&options, &said), place, "{said:?}");
    }
}

/// F8: a button of a follow-up or an outbound chooses nothing, even if an option has its title.
#[test]
fn our_own_buttons_choose_nothing() {
    let options = options(&["Sí", "No"]);
    for id in ["fu:IDP0:1:yes", "otb:OTB0:continue"] {
        assert_eq!(read(&options, &tapped(id, "Sí")), None, "{id}");
    }
    assert_eq!(read(&options, &tapped("other", "Sí")), Some(0));
}

#[test]
fn a_title_that_is_a_number_comes_before_the_place() {
    let options = options(&["3", "1", "Azul", "azul"]);
    assert_eq!(read(&options, &typed("3")), Some(0));
    assert_eq!(read(&options, &typed("4")), Some(3));
    assert_eq!(read(&options, &typed("azul")), None, "two have this title");
}
