//! Files that a business uploads, as strictly as the platform's own list of types and sizes.

use super::*;

const BOUNDARY: &str = "between";

/// The answer to an upload with these parts: name, type of a file, content.
async fn upload(world: &World, parts: &[(&str, Option<&str>, &[u8])]) -> (StatusCode, Value) {
    let mut body = Vec::new();
    for (name, mime, bytes) in parts {
        let head = match mime {
            Some(mime) => format!("; filename=\"a\"\r\nContent-Type: {mime}"),
            None => String::new(),
        };
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"{head}");
        body.extend(format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let request = Request::post("/cloud_api/v23.0/111/media")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    world.fetch_json(request.body(Body::from(body)).unwrap()).await
}

/// A20: an uploaded file has an id, by which a message brings it.
#[tokio::test]
async fn an_uploaded_file_is_sent_by_its_id() {
    let world = World::new().opened().await;
    let product = ("messaging_product", None, b"whatsapp".as_slice());
    let file = ("file", Some("image/png"), b"a picture".as_slice());
    let (status, answer) = upload(&world, &[product, file]).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let id = answer["id"].as_str().unwrap();
    assert_eq!(*world.simulator.file(id).unwrap().bytes, b"a picture");
    let (status, _) = world.send(&message("image", &json!({ "id": id }))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.shown().file.unwrap().file.as_deref(), Some(id));
}

/// Whatsapp-rules 3: what is missing, unknown, too large or of another type is refused.
#[tokio::test]
async fn an_upload_is_checked() {
    let world = World::new().opened().await;
    let product = ("messaging_product", None, b"whatsapp".as_slice());
    let file = ("file", Some("image/png"), b"a picture".as_slice());
    let large = vec![0; 5 * 1024 * 1024 + 1];
    for parts in [
        vec![file],
        vec![product],
        vec![product, file, ("other", None, b"x")],
        vec![("messaging_product", None, b"mail"), file],
        vec![product, ("file", None, b"no type")],
        vec![product, ("file", Some("image/gif"), b"a picture")],
        vec![product, ("file", Some("image/png"), b"")],
        vec![product, ("file", Some("image/png"), &large)],
    ] {
        let (status, answer) = upload(&world, &parts).await;
        let names: Vec<_> = parts.iter().map(|(name, mime, _)| (name, mime)).collect();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{names:?}: {answer}");
    }
}
