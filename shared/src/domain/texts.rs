//! What the gateway says by itself, in Spanish, English and Portuguese. What a flow says is in the flow.

use super::channel::Language;
use super::flow::AnswerKind;
use super::process::FollowUpAnswer;
use super::text::fold;

/// The follow-up's text where a flow sets none, in every language alike (T70).
pub const FOLLOW_UP_MESSAGE: &str = "Tienes un proceso activo en curso";

/// A built-in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The answer does not fit; the question follows again.
    InvalidAnswer(AnswerKind),
    /// Not a file of a kind that is wanted.
    InvalidMedia,
    /// The two buttons of a follow-up (T61).
    FollowUpYes,
    FollowUpNo,
    /// After "no" (F2).
    Goodbye,
    /// A button of a run that has ended was tapped (F7).
    ProcessOver,
    /// Too many answers that did not fit.
    TooManyAttempts,
    /// The run ended because nobody answered.
    ProcessExpired,
    /// The customer's server did not answer usefully.
    ValidationFailed,
    /// A bot does not answer (`bot.unavailable`, README 8).
    BotUnavailable,
    /// The button that opens a list; at most 20 characters.
    ListButton,
    /// Above the buttons when the real text was too long to stand there.
    ChoosePrompt,
}

impl Key {
    /// All keys, for tests and for listing what can be said.
    pub const ALL: [Self; 18] = [
        Self::InvalidAnswer(AnswerKind::Text),
        Self::InvalidAnswer(AnswerKind::Number),
        Self::InvalidAnswer(AnswerKind::Email),
        Self::InvalidAnswer(AnswerKind::Date),
        Self::InvalidAnswer(AnswerKind::Phone),
        Self::InvalidAnswer(AnswerKind::Choice),
        Self::InvalidAnswer(AnswerKind::Payment),
        Self::InvalidMedia,
        Self::FollowUpYes,
        Self::FollowUpNo,
        Self::Goodbye,
        Self::ProcessOver,
        Self::TooManyAttempts,
        Self::ProcessExpired,
        Self::ValidationFailed,
        Self::BotUnavailable,
        Self::ListButton,
        Self::ChoosePrompt,
    ];
}

/// The text of a key.
pub const fn text(language: Language, key: Key) -> &'static str {
    let (es, en, pt) = all(key);
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

/// What a typed word says to a follow-up, if it says anything (F3, F4).
pub fn yes_or_no(text: &str) -> Option<FollowUpAnswer> {
    let folded = fold(text);
    match folded.trim_matches(|c: char| c.is_ascii_punctuation() || c == '¡') {
        "si" | "yes" | "ok" | "sim" | "continuar" => Some(FollowUpAnswer::Yes),
        "no" | "nao" | "cancelar" => Some(FollowUpAnswer::No),
        _ => None,
    }
}

const fn all(key: Key) -> (&'static str, &'static str, &'static str) {
    match key {
        Key::InvalidAnswer(kind) => invalid_answer(kind),
        Key::InvalidMedia => (
            "No es un archivo del tipo pedido. Envíalo de nuevo, por favor.",
            "That is not the kind of file we need. Please send it again.",
            "Esse não é o tipo de arquivo pedido. Envie novamente, por favor.",
        ),
        Key::FollowUpYes => ("Sí", "Yes", "Sim"),
        Key::FollowUpNo => ("No", "No", "Não"),
        Key::Goodbye => (
            "De acuerdo, no continuamos. ¡Hasta pronto!",
            "All right, we stop here. See you soon!",
            "Certo, paramos por aqui. Até logo!",
        ),
        Key::ProcessOver => (
            "Este proceso ya ha terminado.",
            "This process is already over.",
            "Este processo já terminou.",
        ),
        Key::TooManyAttempts => (
            "No hemos podido entender la respuesta. El proceso ha terminado.",
            "We could not understand the answer. The process has ended.",
            "Não conseguimos entender a resposta. O processo terminou.",
        ),
        Key::ProcessExpired => (
            "El proceso ha terminado porque no recibimos respuesta.",
            "The process has ended because we received no answer.",
            "O processo terminou porque não recebemos resposta.",
        ),
        Key::ValidationFailed => (
            "No hemos podido completar la validación. El proceso ha terminado.",
            "We could not complete the validation. The process has ended.",
            "Não conseguimos concluir a validação. O processo terminou.",
        ),
        Key::BotUnavailable => (
            "Ahora mismo no podemos responder. Inténtalo de nuevo en unos minutos, por favor.",
            "We cannot answer right now. Please try again in a few minutes.",
            "Não conseguimos responder agora. Tente novamente em alguns minutos, por favor.",
        ),
        Key::ListButton => ("Ver opciones", "See options", "Ver opções"),
        Key::ChoosePrompt => ("Elige una opción:", "Choose an option:", "Escolha uma opção:"),
    }
}

const fn invalid_answer(kind: AnswerKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        AnswerKind::Text => (
            "Responde con un texto, por favor.",
            "Please answer with a text.",
            "Responda com um texto, por favor.",
        ),
        AnswerKind::Number => (
            "No es un número. Escríbelo solo con cifras, por ejemplo 1500 o 12,5.",
            "That is not a number. Please write digits only, for example 1500 or 12.5.",
            "Isso não é um número. Escreva só algarismos, por exemplo 1500 ou 12,5.",
        ),
        AnswerKind::Email => (
            "No es una dirección de correo válida. Escríbela así: nombre@ejemplo.com",
            "That is not a valid e-mail address. Please write it like this: name@example.com",
            "Esse não é um e-mail válido. Escreva assim: nome@exemplo.com",
        ),
        AnswerKind::Date => (
            "No es una fecha válida. Escríbela así: día/mes/año, por ejemplo 31/12/2024.",
            "That is not a valid date. Please write day/month/year, for example 31/12/2024.",
            "Essa não é uma data válida. Escreva dia/mês/ano, por exemplo 31/12/2024.",
        ),
        AnswerKind::Phone => (
            "No encuentro un número de teléfono válido. Escribe solo uno, por favor.",
            "I cannot find a valid phone number. Please write just one.",
            "Não encontrei um número de telefone válido. Escreva apenas um, por favor.",
        ),
        AnswerKind::Choice => (
            "No es una de las opciones. Elige una, por favor.",
            "That is not one of the options. Please choose one.",
            "Essa não é uma das opções. Escolha uma, por favor.",
        ),
        AnswerKind::Payment => (
            "Todavía no hemos recibido el pago.",
            "We have not received the payment yet.",
            "Ainda não recebemos o pagamento.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::{BUTTON_CHARS_MAX, LIST_BUTTON_CHARS_MAX, chars};
    use super::*;

    const LANGUAGES: [Language; 3] = [Language::Es, Language::En, Language::Pt];

    /// T70: exactly these bytes, no full stop.
    #[test]
    fn the_follow_ups_default_text_is_exact() {
        assert_eq!(FOLLOW_UP_MESSAGE.as_bytes(), b"Tienes un proceso activo en curso");
    }

    /// T61: the titles by the flow's language.
    #[test]
    fn the_follow_ups_buttons_by_language() {
        let titles = LANGUAGES.map(|l| (text(l, Key::FollowUpYes), text(l, Key::FollowUpNo)));
        assert_eq!(titles, [("Sí", "No"), ("Yes", "No"), ("Sim", "Não")]);
        for (yes, no) in titles {
            assert_eq!(yes_or_no(yes), Some(FollowUpAnswer::Yes));
            assert_eq!(yes_or_no(no), Some(FollowUpAnswer::No));
        }
    }

    /// F3, F4: words that are typed instead of tapped; anything else is an answer to the question (F5).
    #[test]
    fn typed_words_answer_a_follow_up() {
        for word in ["si", "Sí", "SI", "yes", "ok", "OK!", "sim", "continuar", " ¡Sí! "] {
            assert_eq!(yes_or_no(word), Some(FollowUpAnswer::Yes), "{word}");
        }
        for word in ["no", "No", "nao", "não", "cancelar", "NO."] {
            assert_eq!(yes_or_no(word), Some(FollowUpAnswer::No), "{word}");
        }
        for word in ["", "no sé", "si quiero", "okay", "nothing", "1", "!"] {
            assert_eq!(yes_or_no(word), None, "{word}");
        }
    }

    #[test]
    fn every_text_is_there_in_every_language_and_fits() {
        for key in Key::ALL {
            for language in LANGUAGES {
                let text = text(language, key);
                assert!(!text.trim().is_empty(), "{key:?} {language:?}");
                let max = match key {
                    Key::FollowUpYes | Key::FollowUpNo => BUTTON_CHARS_MAX,
                    Key::ListButton => LIST_BUTTON_CHARS_MAX,
                    _ => 200,
                };
                assert!(chars(text) <= max, "{key:?} {language:?}");
            }
        }
    }
}
