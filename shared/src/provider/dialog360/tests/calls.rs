//! Files, webhooks and health.

use super::*;
use crate::domain::message::{Media, MediaKind, MediaSource};
use crate::provider::{Check, Class, Fetch, Purpose, Registered, Upload, UploadStep};

const HOOK: &str = "https://gateway.test/v1/webhooks/360dialog/CHN1";

fn media(source: Option<MediaSource>) -> Media {
    let kind = MediaKind::Document;
    Media { kind, source, mime: None, filename: None, caption: None, stored: None }
}

fn id(id: &str) -> MediaSource {
    MediaSource::ProviderId(id.to_owned())
}

/// D32: a file of the second generation is looked up, one of the legacy generation is had at once.
#[test]
fn a_file_is_had_by_its_id() {
    let Fetch::Lookup(request) = Dialog360.fetch_media(&v2(), &media(Some(id("1098765432109876"))))
    else {
        panic!("no lookup")
    };
    assert_eq!(shown(&request), "GET https://waba-v2.360dialog.io/1098765432109876");
    let Fetch::Bytes(request) = Dialog360.fetch_media(&v1(), &media(Some(id("2f6c1d9e/../x"))))
    else {
        panic!("no bytes")
    };
    assert_eq!(shown(&request), "GET https://waba.360dialog.io/v1/media/2f6c1d9e%2F%2E%2E%2Fx");
    let link = MediaSource::Link("https://elsewhere.example/1".to_owned());
    for source in [None, Some(id("")), Some(link)] {
        for channel in [v1(), v2()] {
            assert!(matches!(
                Dialog360.fetch_media(&channel, &media(source.clone())),
                Fetch::Nothing
            ));
        }
    }
    // Twenty errors block all downloads.
    assert!(!Dialog360.asks_again_for_media());
}

/// 360dialog 7: only Meta's host is exchanged for 360dialog's; the key goes nowhere else.
#[test]
fn only_metas_host_is_exchanged() {
    let located = |channel: &OpenChannel, status, body: &str| {
        Dialog360.read_media_location(channel, &answer(status, body))
    };
    let request = located(&v2(), 200, fixture!("media.response.json")).unwrap();
    assert_eq!(
        shown(&request),
        "GET https://waba-v2.360dialog.io/whatsapp_business/attachments/?mid=1098765432109876&ext=1710169560&hash=ATown"
    );
    let local = channel(&[("base_url", "http://127.0.0.1:4000/360dialog")]);
    let request = located(&local, 200, fixture!("media.response.json")).unwrap();
    let address = request.uri().to_string();
    assert!(address.starts_with("http://127.0.0.1:4000/360dialog/whatsapp_business/"), "{address}");
    for url in [
        "https://evil.example/whatsapp_business/attachments/?mid=1",
        "https://lookaside.fbsbx.com.evil.example/?mid=1",
        "http://lookaside.fbsbx.com/?mid=1",
        "https://lookaside.fbsbx.com:8443/?mid=1",
        "https://lookaside.fbsbx.com@evil.example/?mid=1",
        "file:///etc/passwd",
        "",
    ] {
        let body = json!({ "url": url }).to_string();
        assert!(located(&v2(), 200, &body).is_none(), "{url}");
    }
    assert!(located(&v2(), 404, fixture!("media.response.json")).is_none());
    assert!(located(&v2(), 200, "{}").is_none());
}

fn upload(purpose: Purpose) -> Upload<'static> {
    let kind = MediaKind::Document;
    let (mime, filename) = ("application/pdf", Some("factura.pdf"));
    Upload { purpose, kind, mime, filename, bytes: b"%PDF-1" }
}

/// 360dialog 7: the second generation takes a form, the legacy one the bytes.
#[test]
fn a_file_is_brought_in_the_generations_own_way() {
    let file = upload(Purpose::Message);
    let UploadStep::Call(request) = Dialog360.upload(&v1(), &file, &[]) else { panic!("no call") };
    assert_eq!(shown(&request), "POST https://waba.360dialog.io/v1/media\n%PDF-1");
    assert_eq!(request.headers()["content-type"], "application/pdf");
    let UploadStep::Call(request) = Dialog360.upload(&v2(), &file, &[]) else { panic!("no call") };
    assert_eq!(request.uri(), "https://waba-v2.360dialog.io/media");
    let kind = request.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    let body = String::from_utf8_lossy(request.body());
    assert!(body.contains("name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"), "{body}");
    assert!(body.contains("name=\"file\"; filename=\"factura.pdf\""), "{body}");
    for (channel, body) in [(v1(), r#"{"media":[{"id":"f1"}]}"#), (v2(), r#"{"id":"f1"}"#)] {
        let step = Dialog360.upload(&channel, &file, &[answer(200, body)]);
        assert!(matches!(&step, UploadStep::Done(id) if id == "f1"), "{step:?}");
        let step = Dialog360.upload(&channel, &file, &[answer(413, "{}")]);
        assert!(matches!(step, UploadStep::Refused { class: Class::Final, .. }), "{step:?}");
        let step = Dialog360.upload(&channel, &file, &[answer(429, "")]);
        assert!(matches!(step, UploadStep::Refused { class: Class::Retry(_), .. }), "{step:?}");
        let sample = Dialog360.upload(&channel, &upload(Purpose::Sample), &[]);
        assert!(matches!(sample, UploadStep::ByAddress), "{sample:?}");
    }
}

/// D6, D7: the webhook is registered with the token that it will bring.
#[test]
fn a_webhook_is_registered_with_its_token() {
    for (channel, host) in [(v2(), "waba-v2"), (v1(), "waba")] {
        let request = Dialog360.register_webhook(&channel, HOOK).unwrap();
        let address = format!("POST https://{host}.360dialog.io/v1/configs/webhook");
        assert_eq!(shown(&request).lines().next(), Some(address.as_str()));
        let headers = json!({ "X-Gateway-Token": GATEWAY_TOKEN });
        assert_eq!(body(&request), json!({ "url": HOOK, "headers": headers }));
    }
}

/// D7: registered is only what is told back as registered.
#[test]
fn a_registration_is_what_the_answer_says() {
    let read = |status, body: &str| Dialog360.read_registered(&v2(), HOOK, &answer(status, body));
    assert_eq!(read(200, fixture!("webhook.response.json")), Registered::Yes);
    let refused = |words: &str| Registered::Refused(words.to_owned());
    for (status, body, expected) in [
        (200, r#"{"url":"https://another.example"}"#, refused("another address is registered")),
        (200, "{}", refused("the answer names no address")),
        (200, "<html>", refused("the answer names no address")),
        (401, fixture!("error-key.response.json"), refused("Invalid api_key")),
        (400, fixture!("error-url.response.json"), refused("Invalid url")),
        (404, "<html>", refused("the answer was status 404 and no JSON")),
        (500, fixture!("error-server.response.json"), Registered::NotNow),
        (502, "<html>", Registered::NotNow),
    ] {
        assert_eq!(read(status, body), expected, "{status} {body}");
    }
}

/// A key is bad only if it is said to be.
#[test]
fn health_shows_a_bad_key() {
    assert_eq!(shown(&Dialog360.check(&v2())), "GET https://waba-v2.360dialog.io/health_status");
    assert_eq!(shown(&Dialog360.check(&v1())), "GET https://waba.360dialog.io/v1/health");
    let read = |status, body| Dialog360.read_check(&v2(), &answer(status, body));
    assert_eq!(read(200, fixture!("health.response.json")), Check::Good);
    assert_eq!(read(404, ""), Check::Good);
    assert_eq!(read(401, fixture!("error-key.response.json")), Check::Refused);
    assert_eq!(read(403, ""), Check::Refused);
}
