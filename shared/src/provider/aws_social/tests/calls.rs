//! What is called, and what the answers mean.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;

use super::*;
use crate::domain::aws_key::AwsKey;
use crate::domain::ids::MessageId;
use crate::domain::message::{Media, MediaKind, MediaSource, Sending, ToUser};
use crate::domain::user::{Address, Bsuid, WaId};
use crate::provider::{Answer, Check, Class, Fetch, Purpose, Upload, UploadStep};

/// Method and address. Every call has its key beside it, and nothing that proves us on it.
fn shown(request: &Request<Vec<u8>>, service: &str) -> String {
    let key = request.extensions().get::<AwsKey>().expect("a key");
    assert_eq!((key.service, key.region.as_str()), (service, "eu-west-1"));
    assert_eq!((key.id.as_str(), key.secret.reveal()), ("AKIATEST00000000WHARF", "our/secret+key"));
    assert!(!request.headers().contains_key("authorization"));
    format!("{} {}", request.method(), request.uri())
}

fn sending(to: &Address) -> Sending {
    let (channel, now) = (channel(&[]).id, Time::from_millis(0));
    serde_json::from_value(json!({
        "id": MessageId::of(to.conversation(channel), now, &[b"1"]), "channel": channel,
        "to": to, "time": now, "content": ToUser::Text { body: "Hola".to_owned(), preview_url: false },
        "origin": { "by": "api" }, "outside_window": "reject",
    }))
    .unwrap()
}

/// README 9: Meta's body as bytes inside of AWS's, the number with its plus, our own id inside.
#[test]
fn a_message_is_queued_at_aws() {
    let message = sending(&Address::Phone(WaId::parse("573001234567").unwrap()));
    let request = AwsSocial.build(&channel(&[]), &message).unwrap();
    let address = "https://social-messaging.eu-west-1.amazonaws.com/v1/whatsapp/send";
    assert_eq!(shown(&request, "social-messaging"), format!("POST {address}"));
    let asked = json_of(request.body());
    assert_eq!(asked["originationPhoneNumberId"], NUMBER);
    assert_eq!(asked["metaApiVersion"], "v23.0");
    let inner = json_of(STANDARD.decode(asked["message"].as_str().unwrap()).unwrap());
    assert_eq!(inner["to"], "+573001234567");
    assert_eq!(inner["biz_opaque_callback_data"], message.id.to_string());
    let message = sending(&Address::Bsuid(Bsuid::parse("CO.1234567890").unwrap()));
    let own = channel(&[("api_version", "v24.0"), ("base_url", "http://127.0.0.1:9/aws/")]);
    let request = AwsSocial.build(&own, &message).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:9/aws/v1/whatsapp/send");
    let asked = json_of(request.body());
    assert_eq!(asked["metaApiVersion"], "v24.0");
    let inner = json_of(STANDARD.decode(asked["message"].as_str().unwrap()).unwrap());
    assert_eq!((&inner["recipient"], inner.get("to")), (&json!("CO.1234567890"), None));
    let china = channel(&[("region", "cn-north-1")]);
    let request = AwsSocial.build(&china, &message).unwrap();
    assert_eq!(request.uri().host(), Some("social-messaging.cn-north-1.amazonaws.com.cn"));
}

/// README 10: queued is accepted under AWS's id; everything else has its class.
#[test]
fn an_answer_means_what_aws_says() {
    let read = |answer| AwsSocial.read(&channel(&[]), &answer);
    let accepted = Answer::Accepted { provider_id: "0d0eaa9e".to_owned(), wa_id: None };
    assert_eq!(read(answer(200, r#"{"messageId":"0d0eaa9e"}"#)), accepted);
    let class = |answer| match read(answer) {
        Answer::Refused { class, failure } => (class, failure.code),
        Answer::Accepted { .. } => panic!("accepted"),
    };
    let is = |class, code: &str| (class, code.to_owned());
    // It has the message: a second one would double it.
    assert_eq!(class(answer(200, "{}")), is(Class::Final, "http_200"));
    assert_eq!(class(answer(200, "<html>")), is(Class::Retry(None), "http_200"));
    for (status, kind, expected) in [
        (429, "ThrottledRequestException", Class::Retry(None)),
        (502, "DependencyException", Class::Retry(None)),
        (400, "InvalidParametersException", Class::Final),
        (403, "AccessDeniedByMetaException", Class::Configuration),
        (404, "ResourceNotFoundException", Class::Configuration),
        (403, "InvalidSignatureException", Class::Configuration),
        (503, "SomethingNew", Class::Retry(None)),
        (404, "SomethingNew", Class::Configuration),
    ] {
        assert_eq!(class(refusal(status, kind, "no")), is(expected, kind));
    }
    let in_body = r#"{"__type":"com.amazonaws#ThrottledRequestException","message":"slow"}"#;
    assert_eq!(class(answer(400, in_body)), is(Class::Retry(None), "ThrottledRequestException"));
    assert_eq!(class(answer(400, "<html>")), is(Class::Retry(None), "http_400"));
    assert_eq!(class(answer(403, "<html>")), is(Class::Configuration, "http_403"));
}

/// README 5: good is only the channel's own number.
#[test]
fn a_channel_is_checked_by_its_number() {
    let request = AwsSocial.check(&channel(&[]));
    let address = "https://social-messaging.eu-west-1.amazonaws.com/v1/whatsapp/waba/phone/details";
    assert_eq!(shown(&request, "social-messaging"), format!("GET {address}?id={NUMBER}"));
    let number = |number: &str| json!({ "phoneNumber": { "phoneNumber": number } }).to_string();
    for (status, body, expected) in [
        (200, number("+15550102030"), Check::Good),
        (200, number("+15550102031"), Check::Refused),
        (200, "{}".to_owned(), Check::Refused),
        (403, number("+15550102030"), Check::Refused),
    ] {
        assert_eq!(AwsSocial.read_check(&channel(&[]), &answer(status, &body)), expected, "{body}");
    }
}

fn media(source: MediaSource) -> Media {
    Media {
        kind: MediaKind::Image,
        source: Some(source),
        mime: Some("image/jpeg".to_owned()),
        caption: None,
        filename: None,
        stored: None,
    }
}

/// README 14: AWS copies the file into a folder of the bucket, names it itself, and it is read from there.
#[test]
fn a_file_is_had_by_way_of_the_bucket() {
    let id = MediaSource::ProviderId("530339869524171".to_owned());
    let Fetch::Copy { into, lookup } = AwsSocial.fetch_media(&channel(&[]), &media(id)) else {
        panic!("no copy");
    };
    let address = "https://social-messaging.eu-west-1.amazonaws.com/v1/whatsapp/media/get";
    assert_eq!(shown(&into, "social-messaging"), format!("POST {address}"));
    let folder = "wharf/in/530339869524171/";
    let place = json!({ "bucketName": "our-whatsapp-files", "key": folder });
    assert_eq!(json_of(into.body())["destinationS3File"], place);
    let bucket = "https://s3.eu-west-1.amazonaws.com/our-whatsapp-files";
    let query = "list-type=2&max-keys=1&prefix=wharf%2Fin%2F530339869524171%2F";
    assert_eq!(shown(&lookup, "s3"), format!("GET {bucket}?{query}"));
    let found = |status, key: &str| {
        let list =
            format!("<ListBucketResult><Contents><Key>{key}</Key></Contents></ListBucketResult>");
        let request = AwsSocial.read_media_location(&channel(&[]), &answer(status, &list));
        request.map(|request| shown(&request, "s3"))
    };
    let key = format!("{folder}530339869524171.jpeg");
    assert_eq!(found(200, &key), Some(format!("GET {bucket}/{key}")));
    for (status, key) in
        [(404, key.as_str()), (200, "other/a.jpeg"), (200, "wharf/in/../a"), (200, "wharf/in/a?b")]
    {
        assert_eq!(found(status, key), None, "{key}");
    }
    assert!(AwsSocial.read_media_location(&channel(&[]), &answer(200, "<Empty/>")).is_none());
    for nothing in ["", "../x", "a/b"] {
        let fetch = AwsSocial
            .fetch_media(&channel(&[]), &media(MediaSource::ProviderId(nothing.to_owned())));
        assert!(matches!(fetch, Fetch::Nothing), "{nothing}");
    }
}

/// README 9, T2: a file goes into the bucket, and from there to WhatsApp, for a message or for a review.
#[test]
fn a_file_is_brought_by_way_of_the_bucket() {
    for (purpose, path, owner, told) in [
        (Purpose::Message, "media", ("originationPhoneNumberId", NUMBER), r#"{"mediaId":"77"}"#),
        (Purpose::Sample, "template/media", ("id", ACCOUNT), r#"{"metaHeaderHandle":"77"}"#),
    ] {
        let kind = MediaKind::Image;
        let file = Upload { purpose, kind, mime: "image/png", filename: None, bytes: b"png" };
        let step = |answers: &[Response<Vec<u8>>]| AwsSocial.upload(&channel(&[]), &file, answers);
        let UploadStep::Call(put) = step(&[]) else { panic!("no call") };
        let key = format!("wharf/out/{}", crate::provider::cloud::hash(&["png"]));
        let bucket = "https://s3.eu-west-1.amazonaws.com/our-whatsapp-files";
        assert_eq!(shown(&put, "s3"), format!("PUT {bucket}/{key}"));
        assert_eq!(
            (&put.headers()["content-type"], &put.body()[..]),
            (&"image/png".parse().unwrap(), &b"png"[..])
        );
        let UploadStep::Call(hand_on) = step(&[answer(200, "")]) else { panic!("no call") };
        let base = "https://social-messaging.eu-west-1.amazonaws.com/v1/whatsapp";
        assert_eq!(shown(&hand_on, "social-messaging"), format!("POST {base}/{path}"));
        let source = json!({ "bucketName": "our-whatsapp-files", "key": key });
        assert_eq!(json_of(hand_on.body()), json!({ owner.0: owner.1, "sourceS3File": source }));
        let done = step(&[answer(200, ""), answer(200, told)]);
        assert!(matches!(done, UploadStep::Done(id) if id == "77"));
        let refused = step(&[answer(403, "<Error><Code>AccessDenied</Code></Error>")]);
        assert!(matches!(refused, UploadStep::Refused { class: Class::Final, .. }));
        let garbled = step(&[answer(200, ""), answer(200, "{}")]);
        assert!(matches!(garbled, UploadStep::Refused { class: Class::Retry(None), .. }));
    }
}
