use super::*;

fn check(rows: &[(&str, &str)]) {
    for (standard, whatsapp) in rows {
        assert_eq!(render(MarkdownType::Standard, standard), *whatsapp, "{standard:?}");
    }
}

/// A23, X2: the table of contracts 15, row by row.
#[test]
fn standard_markdown_becomes_whatsapps() {
    check(&[
        ("**b** _i_ ~~s~~ `c`", "*b* _i_ ~s~ `c`"),
        ("__b__", "*b*"),
        ("*i*", "_i_"),
        ("```rust\nlet **a** = 1;\n```", "```\nlet **a** = 1;\n```"),
        ("~~~\nfoo\n~~~\nbar", "```\nfoo\n```\nbar"),
        ("# Title", "*Title*"),
        ("###### Title ######", "*Title*"),
        ("- x\n* y\n+ z", "- x\n- y\n- z"),
        ("1. x\n2. y", "1. x\n2. y"),
        ("> q\n> r", "> q\n> r"),
        ("[t](https://u.example)", "t: https://u.example"),
        ("[https://u.example](https://u.example)", "https://u.example"),
        ("![a](https://u.example/a.png)", "https://u.example/a.png"),
        (r"\*a\* \_b\_ \\ 1\. x", r"*a* _b_ \ 1. x"),
    ]);
}

/// A23: what contracts 15 leaves open is as in whatsapp-rules 7.
#[test]
fn the_rest_of_markdown_becomes_what_whatsapp_has() {
    check(&[
        ("***x***", "*_x_*"),
        ("# **H** and _i_", "*H and _i_*"),
        ("Title\n=====\ntext", "*Title*\ntext"),
        ("<https://u.example>", "https://u.example"),
        ("- a\n    * b\n    * c\n- d", "- a\n  - b\n  - c\n- d"),
        ("1) a\n2) b", "1. a\n2. b"),
        ("a\n\n---\n\nb", "a\n\n\n\nb"),
        ("| A | **B** |\n|---|:-:|\n| 1 | *2* |\n\nc", "*A | B*\n1 | _2_\n\nc"),
        ("<b>a</b> &amp; <i>c</i><br>", "a & c"),
        ("a  \nb\\\nc", "a\nb\nc"),
        ("**a\nb** c", "*a*\n*b* c"),
        ("> **a\n> b**", "> *a*\n> *b*"),
        ("**a*", "*_a_"),
        ("[**t** y](https://u.example \"x\")", "*t* y: https://u.example"),
        ("**[t](https://u.example)**", "*t: https://u.example*"),
    ]);
}

/// A23: unbalanced marks, code and everything that is no mark stay as they were typed.
#[test]
fn what_is_no_mark_stays_as_typed() {
    for text in [
        "",
        " ",
        "a **b",
        "a *b _c ~~d `e",
        "5 * 3 * 2 = 30",
        "snake_case_name",
        "`**b** [t](u)`",
        "``a ` **b**``",
        "```\nunclosed **b**",
        "    code **b**",
        "#hashtag",
        "  a \n\n\n  b\t c  ",
        "Escribe <nombre> y <apellido>",
        "a\r\nb",
        "https://u.example/*a*/_b_?c=__d__",
        "[t] (u) [r] !",
        "a < b > c & d &c",
        "😊 ñandú — «x»",
    ] {
        check(&[(text, text)]);
    }
}

/// A24, D37, X2: WhatsApp's own marks and none pass byte for byte.
#[test]
fn whatsapp_and_none_pass_byte_for_byte() {
    let text = "**b** [t](u) \\* # x\n* y\r\n ";
    for markdown in [MarkdownType::Whatsapp, MarkdownType::None] {
        assert_eq!(render(markdown, text), text);
        assert_eq!(plain(markdown, text), text);
    }
}

/// A23: headers, footers and titles have no formatting, so their marks are removed.
#[test]
fn marks_are_removed_where_they_have_no_effect() {
    for (standard, shown) in [
        ("**Sí**", "Sí"),
        ("*a* __b__ ~~c~~", "a b c"),
        ("# Title", "Title"),
        ("***x***", "x"),
        ("[t](https://u.example)", "t"),
        ("1. Uno", "1. Uno"),
        ("+ Uno", "+ Uno"),
        (r"5 \* 2", "5 * 2"),
        ("a **b", "a **b"),
    ] {
        assert_eq!(plain(MarkdownType::Standard, standard), shown, "{standard:?}");
    }
}

proptest::proptest! {
    /// Words without marks are words.
    #[test]
    fn words_stay(text in "[a-zñ😊,.?! \n]{0,80}") {
        // Two spaces at a line's end are a mark.
        proptest::prop_assume!(!text.contains("  \n"));
        proptest::prop_assert_eq!(render(MarkdownType::Standard, &text), text);
    }

    /// Whatever is written, it can be read, and no letter is lost outside of links and tags.
    #[test]
    fn no_letter_is_lost(text in "[ab1*_~`#>\\\\ |.+\n-]{0,60}") {
        let shown = render(MarkdownType::Standard, &text);
        let letters = |text: &str| text.chars().filter(|c| matches!(c, 'a' | 'b')).collect::<String>();
        let info = text.contains("```") || text.contains("~~~");
        proptest::prop_assert!(info || letters(&shown) == letters(&text), "{:?}", shown);
        plain(MarkdownType::Standard, &text);
    }

    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,60}|[\\[\\]()<>!*_~`#&;|\\\\/:a\r\n-]{0,60}") {
        render(MarkdownType::Standard, &text);
        plain(MarkdownType::Standard, &text);
    }
}
