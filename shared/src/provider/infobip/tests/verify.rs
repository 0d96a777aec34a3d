//! Who is let in, and what a channel must be configured with.

use http::StatusCode;
use ring::hmac;

use super::*;

/// A call with one header, or the token of the address.
fn with(name: &str, value: &str) -> WebhookCall {
    let body = r#"{"results":[]}"#;
    let Some(name) = name.strip_prefix('?') else { return testing::call_with(name, value, body) };
    let mut call = call(body);
    call.query.push((name.to_owned(), value.to_owned()));
    call
}

fn code(algorithm: hmac::Algorithm, secret: &str) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    hmac::sign(&key, b"{\"results\":[]}").as_ref().to_vec()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// K9: Basic authorization with the account's own pair, unless the channel names another way; whatever does not fit,
/// and a call that brings nothing, is refused with 401.
#[test]
fn only_who_proves_to_be_infobip_is_let_in() {
    let basic = |text: &str| format!("Basic {}", base64(text));
    let own = [("webhook_auth", "basic"), ("webhook_username", "hook")];
    let token = [("webhook_token", "tok-12345678")];
    let header = [("webhook_auth", "static_header"), ("webhook_header", "X-Hook")];
    let hex256 = [("webhook_auth", "hmac"), ("webhook_header", "x-code")];
    let base512 =
        [hex256[0], hex256[1], ("webhook_digest", "sha512"), ("webhook_encoding", "base64")];
    let key = [("webhook_secret", "secret-of-the-hook")];
    let (code256, code512) = (code(hmac::HMAC_SHA256, key[0].1), code(hmac::HMAC_SHA512, key[0].1));
    let prefixed = format!("sha256={}", hex::encode(&code256));
    let rows = [
        (
            channel(),
            "authorization",
            vec![basic("wharf:pass:word 1"), basic("wharf:pass:word 1").replace("Basic", "bASIC")],
            vec![
                basic("wharf:pass:word 2"),
                basic("wharf"),
                basic(""),
                "Basic ###".to_owned(),
                "App wharf:pass:word 1".to_owned(),
                "wharf:pass:word 1".to_owned(),
            ],
        ),
        (
            channel_with(&own, &[("api_key", "key-12345"), ("webhook_password", "p2")]),
            "authorization",
            vec![basic("hook:p2")],
            vec![basic("wharf:p2"), basic("hook:key-12345"), "App key-12345".to_owned()],
        ),
        (
            channel_with(&[("webhook_auth", "url_token")], &token),
            "?token",
            vec!["tok-12345678".to_owned()],
            vec![String::new(), "tok-1234567".to_owned(), "tok-123456789".to_owned()],
        ),
        (
            channel_with(&header, &token),
            "x-hook",
            vec!["tok-12345678".to_owned()],
            vec!["Tok-12345678".to_owned(), String::new()],
        ),
        (
            channel_with(&header[..1], &token),
            "authorization",
            vec!["tok-12345678".to_owned()],
            vec![basic("tok-12345678")],
        ),
        (
            channel_with(&hex256, &key),
            "x-code",
            vec![hex::encode(&code256), prefixed],
            vec![hex::encode(&code512), base64(&code256), String::new(), "sha256=".to_owned()],
        ),
        (
            channel_with(&base512, &key),
            "x-code",
            vec![base64(&code512)],
            vec![hex::encode(&code512), base64(&code256)],
        ),
    ];
    for (channel, name, good, bad) in rows {
        check(&channel, name, &good, &bad);
    }
}

/// The good values of the header are let in, the bad ones and none are not.
fn check(channel: &OpenChannel, name: &str, good: &[String], bad: &[String]) {
    for value in good {
        assert_eq!(Infobip.verify(&with(name, value), channel), Ok(()), "{name} {value}");
    }
    for value in bad {
        let refused = Infobip.verify(&with(name, value), channel).unwrap_err();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name} {value}");
    }
    assert!(Infobip.verify(&call(b"{\"results\":[]}"), channel).is_err(), "{name} is missing");
}

/// A channel that nothing proves itself to lets nobody in: not with nothing, not with an empty secret.
#[test]
fn a_channel_without_a_secret_lets_nobody_in() {
    for (settings, credentials) in [
        (vec![], vec![]),
        (vec![], vec![("api_key", "key-12345")]),
        (vec![("username", "wharf")], vec![("password", "")]),
        (vec![("webhook_auth", "url_token")], vec![]),
        (vec![("webhook_auth", "static_header")], vec![("webhook_token", "")]),
        (vec![("webhook_auth", "hmac"), ("webhook_header", "x-code")], vec![]),
        (vec![("webhook_auth", "hmac")], vec![("webhook_secret", "secret-of-the-hook")]),
    ] {
        let channel = channel_with(&settings, &credentials);
        for call in [
            call(b"{}"),
            with("?token", ""),
            with("authorization", ""),
            with("authorization", "Basic Og=="),
            with("authorization", "Basic d2hhcmY6"),
            with("x-code", &hex::encode(code(hmac::HMAC_SHA256, ""))),
        ] {
            assert!(Infobip.verify(&call, &channel).is_err(), "{settings:?} {credentials:?}");
        }
        assert!(Infobip.complete(&channel).is_err(), "{settings:?} {credentials:?}");
    }
}

/// K5, K9: what each way of authorization cannot do without is named.
#[test]
fn what_is_missing_is_named() {
    for (settings, credentials, missing) in [
        (vec![("username", "u")], vec![("password", "p")], None),
        (
            vec![("webhook_auth", "url_token")],
            vec![("api_key", "k1234567"), ("webhook_token", "t1234567")],
            None,
        ),
        (
            vec![("webhook_auth", "hmac"), ("webhook_header", "x")],
            vec![("api_key", "k1234567"), ("webhook_secret", "s1234567")],
            None,
        ),
        (
            vec![("webhook_username", "h")],
            vec![("api_key", "k1234567"), ("webhook_password", "w")],
            None,
        ),
        (vec![], vec![], Some("username")),
        (vec![("username", "u")], vec![], Some("password")),
        (vec![], vec![("password", "p")], Some("username")),
        (vec![], vec![("api_key", "k1234567")], Some("webhook_username")),
        (vec![("webhook_username", "h")], vec![("api_key", "k1234567")], Some("webhook_password")),
        (
            vec![("webhook_auth", "url_token"), ("username", "u")],
            vec![("password", "p")],
            Some("webhook_token"),
        ),
        (
            vec![("webhook_auth", "static_header")],
            vec![("api_key", "k1234567")],
            Some("webhook_token"),
        ),
        (vec![("webhook_auth", "hmac")], vec![("api_key", "k1234567")], Some("webhook_secret")),
        (
            vec![("webhook_auth", "hmac")],
            vec![("api_key", "k1234567"), ("webhook_secret", "s1234567")],
            Some("webhook_header"),
        ),
    ] {
        let complete = Infobip.complete(&channel_with(&settings, &credentials));
        assert_eq!(complete.err().map(|(name, _)| name), missing, "{settings:?} {credentials:?}");
    }
}

/// K8: each setting takes what Infobip gives, and refuses what it never gives or would leak.
#[test]
fn settings_are_checked() {
    let secret = ["password", "api_key", "webhook_password", "webhook_token", "webhook_secret"];
    let rows: &[SettingRow<'_>] = &[
        (
            "base_url",
            &[
                "ab12cd.api.infobip.com",
                "https://ab12cd.api.infobip.com/",
                "http://127.0.0.1:8081/infobip",
                "http://localhost:1",
                "http://[::1]/",
            ],
            &[
                "",
                "http://ab12cd.api.infobip.com",
                "ftp://localhost",
                "https://a@b/",
                "a@b",
                "https://a/?b",
                "a?b",
                "a b",
                "http://localhost.evil",
            ],
        ),
        ("username", &["wharf", "Ñandú 1"], &["", "a:b", "a\nb"]),
        ("password", &["p", "a:b c"], &["", "a\tb"]),
        ("api_key", &["0123456789abcdef-0123"], &["", "short", "with space"]),
        ("sandbox_keyword", &["Kore", "ñ1"], &["", "two words", "tab\t"]),
        ("webhook_auth", &["basic", "url_token", "static_header", "hmac"], &["", "none", "Basic"]),
        ("webhook_username", &["hook"], &["", "a:b"]),
        ("webhook_password", &["p"], &[""]),
        ("webhook_token", &["tok-1234"], &["", "short", "with space"]),
        ("webhook_secret", &["secret-1"], &["", "short"]),
        ("webhook_header", &["X-Hub-Signature", "authorization"], &["", "a b", "ä"]),
        ("webhook_digest", &["sha256", "sha512"], &["", "md5", "sha1"]),
        ("webhook_encoding", &["hex", "base64"], &["", "base32"]),
        ("subscription_id", &["wharf-1_a"], &["", "a b", "ñ"]),
    ];
    trial().settings_are(&["base_url"], &secret, rows);
}

/// K7: the call for one number speaks for another one of the same account, and for no other account's.
#[test]
fn an_account_is_its_host_and_its_credentials() {
    let login = |host, user, password| {
        channel_with(&[("base_url", host), ("username", user)], &[("password", password)])
    };
    let key = |key| channel_with(&[], &[("api_key", key)]);
    let one = channel();
    for (other, is_same) in [
        (login("https://ab12cd.api.infobip.com/", "wharf", "pass:word 1"), true),
        (login("zz.api.infobip.com", "wharf", "pass:word 1"), false),
        (login("ab12cd.api.infobip.com", "wharf", "other"), false),
        (login("ab12cd.api.infobip.com", "other", "pass:word 1"), false),
        (key("key-12345"), false),
        (channel_with(&[], &[]), false),
    ] {
        assert_eq!(Infobip.shares_account(&one, &other), is_same, "{:?}", other.settings);
    }
    assert!(Infobip.shares_account(&key("key-12345"), &key("key-12345")));
    assert!(!Infobip.shares_account(&key("key-12345"), &key("key-12346")));
    assert!(!Infobip.shares_account(&channel_with(&[], &[]), &channel_with(&[], &[])));
}
