//! Texts: how they are compared, how long ones are cut, and the lengths that WhatsApp allows. Lengths are counted in
//! Unicode code points (contracts 8.3, 8.5).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Of one text message; longer ones are cut in parts.
pub const TEXT_CHARS_MAX: usize = 4096;
/// Under a picture, a video or a document.
pub const CAPTION_CHARS_MAX: usize = 1024;
/// The body of a message with buttons or a list.
pub const BODY_CHARS_MAX: usize = 1024;
/// Above the body, as text.
pub const HEADER_CHARS_MAX: usize = 60;
/// Below the body.
pub const FOOTER_CHARS_MAX: usize = 60;
/// Reply buttons of one message.
pub const BUTTONS_MAX: usize = 3;
/// On a reply button.
pub const BUTTON_CHARS_MAX: usize = 20;
/// What comes back from a button or a row. A button may carry 256; one limit for both is simpler.
pub const CHOICE_ID_CHARS_MAX: usize = 200;
/// Rows of one list, over all its sections.
pub const ROWS_MAX: usize = 10;
/// The title of a row or of a section.
pub const ROW_CHARS_MAX: usize = 24;
/// Under the title of a row.
pub const DESCRIPTION_CHARS_MAX: usize = 72;
/// The button that opens a list.
pub const LIST_BUTTON_CHARS_MAX: usize = 20;
/// The button that opens an address.
pub const LINK_BUTTON_CHARS_MAX: usize = 20;
/// The text of a template (T30).
pub const TEMPLATE_CHARS_MAX: usize = 1024;
/// On a template's button (T37).
pub const TEMPLATE_BUTTON_CHARS_MAX: usize = 25;
/// The name of an outbound (T35).
pub const OUTBOUND_NAME_CHARS_MAX: usize = 200;
/// The text that starts a flow (T15).
pub const INBOUND_CHARS_MAX: usize = 1000;
/// The text of a follow-up: the body of a message with two buttons (T70).
pub const FOLLOW_UP_CHARS_MAX: usize = 1024;
/// The customer's own name for a user or a case.
pub const ACCOUNT_ID_CHARS_MAX: usize = 128;

/// Holds what stands before and after it together as one sign, as in a family of emoji.
const JOINER: char = '\u{200d}';

/// The length that limits are about.
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

/// The form in which an incoming text is compared with an inbound's (contracts 2.3): NFC, no white space around, one
/// space between, lower-case.
pub fn normal(text: &str) -> String {
    let composed: String = text.nfc().collect();
    let lower = words(&composed).to_lowercase();
    // Lower-casing can leave a letter and its mark apart.
    lower.nfc().collect()
}

/// The form in which an answer is compared with a title: as [`normal`], and without accents.
pub fn fold(text: &str) -> String {
    let plain: String = text.nfkd().filter(|&c| !is_combining_mark(c)).collect();
    let lower: String = plain.to_lowercase().nfkd().filter(|&c| !is_combining_mark(c)).collect();
    words(&lower)
}

/// Cuts a text in parts of at most [`TEXT_CHARS_MAX`] code points, in order: at the last line break, else at the last
/// space, else hard. The white space at a cut is dropped. A text that fits comes back as it is.
pub fn split(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let (part, Some(after)) = first_part(rest, TEXT_CHARS_MAX) {
        if !part.trim().is_empty() {
            parts.push(part.to_owned());
        }
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(rest.to_owned());
    }
    parts
}

/// As much of a text as has at most `chars_max` code points, cut as in [`split`], and the rest if there is one.
pub fn first_part(text: &str, chars_max: usize) -> (&str, Option<&str>) {
    let Some((limit, _)) = text.char_indices().nth(chars_max) else { return (text, None) };
    let (part, after) = text.split_at(cut(text, limit));
    (part.trim_end(), Some(after.trim_start()))
}

/// Where to cut a text of more than `limit` bytes: the byte at which the next part begins.
fn cut(text: &str, limit: usize) -> usize {
    // A break directly behind the limit leaves the part whole.
    let window = text[limit..].chars().next().map_or(limit, |c| limit + c.len_utf8());
    let at = |wanted: fn(char) -> bool| {
        text[..window].rfind(wanted).filter(|&at| !text[..at].trim().is_empty())
    };
    at(|c| c == '\n' || c == '\r')
        .or_else(|| at(char::is_whitespace))
        .unwrap_or_else(|| hard_cut(text, limit))
}

/// The last place up to `limit` that does not tear a sign from its marks; `limit` where there is none.
fn hard_cut(text: &str, limit: usize) -> usize {
    let mut at = limit;
    while at > 0 && tears(text, at) {
        at = text[..at].char_indices().next_back().map_or(0, |(before, _)| before);
    }
    if at == 0 { limit } else { at }
}

fn tears(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().next();
    before == Some(JOINER) || after.is_some_and(extends)
}

/// Whether a sign belongs to the one before: marks, joiners, variants and skin tones.
fn extends(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, JOINER | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T7, T15, X24: what counts as the same text.
    #[test]
    fn texts_are_compared_without_case_and_spacing() {
        for same in ["Testing message", "  testing\t MESSAGE \n", "TESTING\u{a0}\u{2003}message"] {
            assert_eq!(normal(same), "testing message");
        }
        assert_eq!(normal("CAFE\u{301} ÑANDÚ"), "café ñandú", "composed and decomposed are one");
        assert_ne!(normal("cafe"), normal("café"), "accents count");
        assert_ne!(normal("message"), normal("testing message"), "a part does not count");
        assert_eq!(normal(" \n "), "");
    }

    #[test]
    fn titles_are_compared_without_accents_too() {
        assert_eq!(fold("  OPCIÓN   Número "), "opcion numero");
        assert_eq!(fold("Não"), "nao");
        assert_eq!(fold("ﬁn"), "fin");
    }

    /// D36: a text of 1001 and of 4096 characters goes in one message.
    #[test]
    fn a_text_up_to_4096_characters_stays_whole() {
        for text in ["é".repeat(1001), "😊".repeat(4096), String::new(), " a ".to_owned()] {
            assert_eq!(split(&text), [text.as_str()]);
        }
    }

    #[test]
    fn a_longer_text_is_cut_at_a_line_break_else_a_space_else_hard() {
        let line = format!("{}\n{} b", "a".repeat(3000), "b ".repeat(700));
        assert_eq!(split(&line)[0], "a".repeat(3000));
        let space = format!("{} {}", "a".repeat(4000), "b".repeat(200));
        assert_eq!(split(&space), ["a".repeat(4000), "b".repeat(200)]);
        let hard = "ab".repeat(5000);
        assert_eq!(
            split(&hard).iter().map(|part| chars(part)).collect::<Vec<_>>(),
            [4096, 4096, 1808]
        );
        assert_eq!(split(&hard).concat(), hard);
        let exact = format!("{}\n{}", "a".repeat(4096), "b");
        assert_eq!(split(&exact), ["a".repeat(4096), "b".to_owned()]);
    }

    #[test]
    fn a_hard_cut_leaves_signs_whole() {
        let family = "👩\u{200d}👧";
        let text = format!("{}{family}{}", "a".repeat(4095), "b".repeat(10));
        let parts = split(&text);
        assert_eq!(parts[0], "a".repeat(4095));
        assert!(parts[1].starts_with(family));
        let marked = format!("{}e\u{301}{}", "a".repeat(4095), "b".repeat(10));
        assert_eq!(split(&marked)[0], "a".repeat(4095));
        assert_eq!(
            split(&"\u{301}".repeat(5000)).len(),
            2,
            "nothing but marks is cut all the same"
        );
    }

    proptest::proptest! {
        #[test]
        fn the_normal_form_is_its_own(text in "\\PC{0,40}") {
            proptest::prop_assert_eq!(normal(&normal(&text)), normal(&text));
            proptest::prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        /// Parts fit, and nothing but white space is lost.
        #[test]
        fn nothing_is_lost_by_cutting(pieces in proptest::collection::vec("[a-z😊é]{1,900}[ \n]{0,3}", 1..14)) {
            let text = pieces.concat();
            let parts = split(&text);
            proptest::prop_assert!(parts.iter().all(|part| chars(part) <= TEXT_CHARS_MAX));
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            proptest::prop_assert_eq!(solid(&parts.concat()), solid(&text));
        }
    }
}
