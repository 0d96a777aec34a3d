//! Files: brought by callers and sent, kept from users and read (A19, A20, README 14).

use serde_json::{Value, json};
use shared::domain::ids::MediaId;
use shared::store::media::StoredMedia;
use simulator::message::{FileKind, ShownFile};
use simulator::simulator::StoredFile;
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person, Reply};

const PNG: &[u8] = b"the bytes of a picture";

async fn bring(shop: &Customer<'_>, path: &str, mime: &str, bytes: &[u8]) -> Reply {
    let request = shop.request("POST", path).header("content-type", mime);
    shop.call(request, bytes.to_vec()).await
}

/// A picture that is kept.
async fn picture(shop: &Customer<'_>) -> String {
    text(&bring(shop, "/v1/media", "image/png", PNG).await.expect(201), "media_id")
}

async fn send(bundle: &Bundle, shop: &Customer<'_>, number: &Number<'_>, message: &Value) -> Value {
    let body = json!({ "channel_id": number.channel, "to": "573001234567", "message": message });
    let sent = shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    sent
}

fn last_file(ana: &Person<'_>) -> ShownFile {
    ana.last_sent().file.expect("a file")
}

/// A20: a caller brings a file and reads it back; the same id is the same file.
#[tokio::test]
async fn a_file_is_brought_and_read() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let path = "/v1/media?filename=Plan%20A.pdf";
    let file = bring(&shop, path, "application/pdf", b"a plan").await.expect(201);
    assert_eq!(
        (&file["mime"], &file["filename"], &file["size_bytes"]),
        (&json!("application/pdf"), &json!("Plan A.pdf"), &json!(6))
    );
    let hash = ring::digest::digest(&ring::digest::SHA256, b"a plan");
    assert_eq!(file["sha256"], hex::encode(hash));
    let id = text(&file, "media_id");
    let read = shop.get(&format!("/v1/media/{id}")).await;
    assert_eq!((read.status, &read.json), (200, &json!("a plan")));
    assert_eq!(read.headers["content-type"], "application/pdf");
    let named = "attachment; filename*=UTF-8''Plan%20A%2Epdf";
    assert_eq!(read.headers["content-disposition"], named);
    let tag = read.headers["etag"].clone();
    let again = shop.request("GET", &format!("/v1/media/{id}")).header("if-none-match", tag);
    assert_eq!(shop.call(again, Vec::new()).await.status, 304);
    let stranger = bundle.customer().await;
    stranger.get(&format!("/v1/media/{id}")).await.expect_error(404, "media_id");
}

/// README 6: a file that is brought twice under one key is one file.
#[tokio::test]
async fn a_repeated_call_keeps_one_file() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let call = async |bytes: &[u8]| {
        let request = shop.request("POST", "/v1/media").header("content-type", "image/png");
        shop.call(request.header("idempotency-key", "once"), bytes.to_vec()).await
    };
    let first = call(PNG).await.expect(201);
    assert_eq!(call(PNG).await.expect(201), first);
    call(b"other bytes").await.expect_error(422, "");
}

/// Whatsapp-rules 3: what cannot be a file of its kind is refused at once.
#[tokio::test]
async fn a_file_that_nobody_takes_is_refused() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let mb = 1024 * 1024;
    for (mime, bytes, status, error) in [
        ("", 1, 400, "Content-Type must be the file's type"),
        ("nonsense", 1, 400, "Content-Type must be the file's type"),
        ("image/png", 0, 400, "body must not be empty"),
        ("audio/ogg", 10, 400, "body must be Opus in Ogg"),
        ("application/pdf", 4 * mb + 1, 413, "over 4194304 bytes"),
    ] {
        let answer = bring(&shop, "/v1/media", mime, &vec![0; bytes]).await;
        answer.expect_error(status, error);
    }
    bring(&shop, "/v1/media", "application/pdf", &vec![0; 4 * mb]).await.expect(201);
}

/// A20: a kept file goes to Meta by upload, once for all messages that bring it, with its name and caption.
#[tokio::test]
async fn a_kept_file_is_uploaded_once() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let id = picture(&shop).await;
    let message = json!({ "type": "image", "media_id": id, "caption": "mira" });
    let first = send(&bundle, &shop, &number, &message).await;
    send(&bundle, &shop, &number, &message).await;
    assert_eq!(ana.sees(), ["mira <image>", "mira <image>"]);
    let uploaded = last_file(&ana).file.expect("an upload");
    assert_eq!(*bundle.simulator.file(&uploaded).expect("it is there").bytes, PNG);
    let uploads = bundle.wire.called().into_iter().filter(|call| call.path.ends_with("/media"));
    assert_eq!(uploads.count(), 1);
    let path = format!("/v1/messages/{}", text(&first, "message_id"));
    let read = shop.get(&path).await.expect(200);
    assert_eq!(
        (&read["message"]["media_id"], &read["message"]["link"]),
        (&json!(id), &Value::Null)
    );
    let document = json!({ "type": "document", "media_id": id, "filename": "Foto.png" });
    send(&bundle, &shop, &number, &document).await;
    assert_eq!(last_file(&ana).filename.as_deref(), Some("Foto.png"));
    bundle.assert_no_dead_letters();
}

/// A20: where the provider keeps no files, a kept file goes by a link that anyone can read.
#[tokio::test]
async fn a_kept_file_goes_by_link_elsewhere() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.gupshup("573177700001").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let id = picture(&shop).await;
    send(&bundle, &shop, &number, &json!({ "type": "image", "media_id": id })).await;
    let link = last_file(&ana).link.expect("a link");
    let path = link.strip_prefix("https://gateway.test").expect("it is the gateway's address");
    let read = bundle.call(http::Request::get(path).body(Vec::new()).unwrap()).await;
    assert_eq!((read.status, read.json), (200, json!(String::from_utf8_lossy(PNG))));
    bundle.assert_no_dead_letters();
}

/// Whatsapp-rules 3: what only the bytes tell is looked at before the provider is called, and a file that is not there
/// any more fails its message.
#[tokio::test]
async fn a_kept_file_that_cannot_go_fails_its_message() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let large = bring(&shop, "/v1/media", "image/webp", &vec![0; 150 * 1024]).await.expect(201);
    let sticker = json!({ "type": "sticker", "media_id": large["media_id"] });
    let gone = StoredMedia {
        id: MediaId::derive(&[b"gone"]),
        tenant: bundle
            .store
            .channel(number.channel.parse().unwrap())
            .await
            .unwrap()
            .unwrap()
            .tenant,
        channel: None,
        message: None,
        mime: "image/png".to_owned(),
        filename: None,
        size_bytes: 1,
        sha256: None,
        created: bundle.now(),
    };
    bundle.store.put_media(&gone).await.unwrap();
    let image = json!({ "type": "image", "media_id": gone.id });
    for (message, code) in [(sticker, "limit"), (image, "file_gone")] {
        let sent = send(&bundle, &shop, &number, &message).await;
        let read = shop.get(&format!("/v1/messages/{}", text(&sent, "message_id"))).await;
        let read = read.expect(200);
        assert_eq!((&read["status"], &read["error"]["code"]), (&json!("failed"), &json!(code)));
    }
    let calls = bundle.wire.called().into_iter().filter(|call| call.path.ends_with("/media"));
    assert_eq!((calls.count(), ana.sent().len()), (0, 0));
    bundle.assert_no_dead_letters();
}

/// Whatsapp-rules 3: a kept file is sent as a kind that its type has, by its owner, and not beside a link.
#[tokio::test]
async fn a_kept_file_is_looked_at_when_it_is_named() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let id = picture(&shop).await;
    let stranger = bundle.customer().await;
    let theirs = picture(&stranger).await;
    for (message, status, error) in [
        (json!({ "type": "video", "media_id": id }), 400, "message.media_id must be video/mp4"),
        (json!({ "type": "image", "media_id": theirs }), 404, "message.media_id"),
        (
            json!({ "type": "image", "media_id": id, "link": "https://x.example/a" }),
            400,
            "message.link and media_id exclude each other",
        ),
        (json!({ "type": "image" }), 400, "message.link is required"),
    ] {
        let body =
            json!({ "channel_id": number.channel, "to": "573001234567", "message": message });
        shop.post("/v1/messages", &body).await.expect_error(status, error);
    }
}

/// A19, README 14: a user's file is kept at once; a document that nobody named is called by its type, and a file over
/// WhatsApp's own limit is left out of its message, not cut.
#[tokio::test]
async fn a_users_file_is_kept_whole_or_not_at_all() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana");
    shop.hook_rule("log", &["message.received"], json!({})).await;
    ana.sends_file(FileKind::Document, "application/pdf", None).await;
    let (mime, bytes) = ("application/pdf".to_owned(), vec![0; 100 * 1024 * 1024 + 1].into());
    let file = StoredFile { mime: mime.clone(), filename: None, bytes };
    let file = bundle.simulator.put_file(file);
    let (kind, filename, caption) = (FileKind::Document, None, Some("grande".to_owned()));
    ana.does(simulator::message::FromUser::File { kind, file, mime, filename, caption }).await;
    let hooks = shop.hooks("log");
    let told = |n: usize| hooks[n].json.as_ref().expect("JSON")["data"]["message"].clone();
    let (small, large) = (told(0), told(1));
    assert_eq!(small["filename"], "document.pdf");
    let read = shop.get(&format!("/v1/media/{}", text(&small, "media_id"))).await;
    assert_eq!((read.status, read.json), (200, json!("a file of a story")));
    assert_eq!((&large["media_id"], &large["caption"]), (&Value::Null, &json!("grande")));
    bundle.assert_no_dead_letters();
}
