use super::super::message::MediaSource;
use super::*;
use crate::domain::ids::MediaId;

fn typed(body: &str) -> FromUser {
    FromUser::Text { body: body.to_owned() }
}

#[expect(clippy::needless_pass_by_value, reason = "rows read better without references")]
fn check(kind: AnswerKind, text: &str, expected: Option<Value>) {
    assert_eq!(read(kind, &[], &typed(text), "ES"), expected, "{kind:?}: {text:?}");
}

/// T1: a text is kept without white space around; nothing is no answer.
#[test]
fn a_text() {
    check(AnswerKind::Text, "  Ana Pérez \n", Some(json!("Ana Pérez")));
    check(AnswerKind::Text, " \n ", None);
    let tap = FromUser::Choice { id: "a".to_owned(), title: "Básico".to_owned() };
    assert_eq!(read(AnswerKind::Text, &[], &tap, "ES"), Some(json!("Básico")));
    let place = FromUser::Unsupported { kind: "poll".to_owned() };
    assert_eq!(read(AnswerKind::Text, &[], &place, "ES"), None);
}

/// T1: a number is kept as a JSON number.
#[test]
fn a_number() {
    for (text, value) in [
        ("42", json!(42)),
        (" -7 ", json!(-7)),
        ("+5", json!(5)),
        ("0012", json!(12)),
        ("12.5", json!(12.5)),
        ("12,50", json!(12.5)),
        ("٤٢", json!(42)),
        ("999999999999999", json!(999_999_999_999_999_i64)),
    ] {
        check(AnswerKind::Number, text, Some(value));
    }
    for text in [
        "",
        "doce",
        "1.000,50",
        "1,2,3",
        ".5",
        "5.",
        "1e3",
        "--1",
        "1 000",
        "9999999999999999",
        "NaN",
        "inf",
    ] {
        check(AnswerKind::Number, text, None);
    }
}

/// T1: an e-mail address.
#[test]
fn an_email() {
    for text in ["ana@example.com", "a.b+c@mail.example.co", "x@ñandú.example", "A_1@EXAMPLE.COM"]
    {
        check(AnswerKind::Email, text, Some(json!(text)));
    }
    check(AnswerKind::Email, " ana@example.com ", Some(json!("ana@example.com")));
    for text in [
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "ana @example.com",
        "a..b@example.com",
        "a@b@example.com",
        ".a@example.com",
        "ana@-example.com",
        "ana@example..com",
        "ana@1.2.3.4",
        "ana@example.c",
    ] {
        check(AnswerKind::Email, text, None);
    }
    check(AnswerKind::Email, &format!("{}@example.com", "a".repeat(65)), None);
}

/// T1: a date is kept as `YYYY-MM-DD` and exists.
#[test]
fn a_date() {
    for text in
        ["2024-02-29", "29/02/2024", "29-02-2024", "29/2/2024", " 29.02.2024 ", "2024/02/29"]
    {
        check(AnswerKind::Date, text, Some(json!("2024-02-29")));
    }
    for text in [
        "29/02/2023",
        "31/04/2024",
        "00/01/2024",
        "13/13/2024",
        "29/02/24",
        "mañana",
        "2024-02",
        "1-2-3-4",
    ] {
        check(AnswerKind::Date, text, None);
    }
}

/// T1, A17, A18: a phone number is found in a sentence and kept with its country code.
#[test]
fn a_phone_number() {
    check(AnswerKind::Phone, "mi numero es el 666 777 888, gracias", Some(json!("34666777888")));
    check(AnswerKind::Phone, "666777888 o 677888999?", None);
    check(AnswerKind::Phone, "666777888 o bien 677888999", None);
    check(AnswerKind::Phone, "hola", None);
}

/// T1: a choice is kept as its id.
#[test]
fn a_choice() {
    let options = [("a", "Básico"), ("b", "Pro")].map(|(id, title)| Choice {
        id: id.into(),
        title: title.into(),
        description: None,
    });
    for text in ["2", "pro", "PRO"] {
        assert_eq!(
            read(AnswerKind::Choice, &options, &typed(text), "ES"),
            Some(json!("b")),
            "{text}"
        );
    }
    assert_eq!(read(AnswerKind::Choice, &options, &typed("3"), "ES"), None);
}

/// K44 (contracts 11.5): a payment result with its amount in decimal text, the provider's object unchanged.
#[test]
fn a_payment() {
    let result = Payment {
        transaction_id: Some("31700000".to_owned()),
        reference_id: "order-7".to_owned(),
        amount_minor: 300,
        offset: 100,
        currency: "INR".to_owned(),
        transaction_type: Some("upi".to_owned()),
        status: "success".to_owned(),
        raw: json!({ "payment": { "reference_id": "order-7" } }),
    };
    let value = read(AnswerKind::Payment, &[], &FromUser::Payment(result.clone()), "IN").unwrap();
    assert_eq!(value["amount"], "3.00");
    assert_eq!(value["amount_minor"], 300);
    assert_eq!(value["raw"], result.raw);
    let at = payment(&result, Some(Time::from_millis(1_687_160_320_000)));
    assert_eq!(at["time"], "2023-06-19T07:38:40.000Z");
    check(AnswerKind::Payment, "ya pagué", None);
}

#[test]
fn amounts_are_written_exactly() {
    for (minor, offset, text) in [
        (300, 100, Some("3.00")),
        (5, 100, Some("0.05")),
        (-12_345, 1000, Some("-12.345")),
        (7, 1, Some("7")),
        (7, 3, None),
        (7, 0, None),
        (7, -100, None),
        (i64::MIN, 100, Some("-92233720368547758.08")),
    ] {
        assert_eq!(amount(minor, offset).as_deref(), text, "{minor}/{offset}");
    }
}

/// T1, A19: files of the kinds that are wanted.
#[test]
fn a_file() {
    let file = |kind, mime: &str| Media {
        kind,
        source: Some(MediaSource::ProviderId("1".to_owned())),
        mime: Some(mime.to_owned()),
        filename: Some("dni.pdf".to_owned()),
        caption: None,
        stored: Some(MediaId::from_bytes([7; 16])),
    };
    let wanted = [MediaKind::Image, MediaKind::Audio];
    assert!(accepts(&wanted, &file(MediaKind::Image, "image/png")));
    assert!(accepts(&wanted, &file(MediaKind::Voice, "audio/ogg; codecs=opus")));
    assert!(accepts(&wanted, &file(MediaKind::Document, "image/jpeg")));
    assert!(!accepts(&wanted, &file(MediaKind::Document, "application/pdf")));
    assert!(!accepts(&wanted, &file(MediaKind::Sticker, "image/webp")));
    assert!(!accepts(&[], &file(MediaKind::Image, "image/png")));
    let nowhere = Media { source: None, stored: None, ..file(MediaKind::Image, "image/png") };
    assert!(!accepts(&wanted, &nowhere), "announced, but not there");

    let value = media_value(&file(MediaKind::Document, "application/pdf"));
    let id = MediaId::from_bytes([7; 16]).to_string();
    assert_eq!(
        value,
        json!({ "media_id": id, "kind": "document", "mime": "application/pdf", "filename": "dni.pdf" })
    );
}
