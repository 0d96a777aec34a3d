//! How long it takes to make sense of a webhook: from its bytes to events in our own words, for each provider and
//! dialect and each kind of message, and to check who sent it. The bodies are the fixtures of the tests.
//!
//! ```sh
//! cargo bench --workspace --bench parse
//! ```

use std::fmt;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use http::{HeaderMap, HeaderValue};
use ring::hmac;
use shared::domain::channel::OpenChannel;
use shared::provider::aws_social::AwsSocial;
use shared::provider::dialog360::Dialog360;
use shared::provider::gupshup::Gupshup;
use shared::provider::infobip::Infobip;
use shared::provider::karix::Karix;
use shared::provider::meta::Meta;
use shared::provider::{Item, Provider, WebhookCall};
use tests::channels;

fn main() {
    divan::main();
}

/// A webhook's body, by the name of its file.
struct Body {
    name: String,
    bytes: Vec<u8>,
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The fixtures of a folder that are webhooks of one dialect and hold something for us.
fn bodies(
    folder: &str,
    dialect: &str,
    provider: &dyn Provider,
    channel: &OpenChannel,
) -> Vec<Body> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let entries = std::fs::read_dir(folder).expect("the fixtures").map(|entry| {
        let path = entry.expect("an entry of a folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Body { name, bytes: std::fs::read(path).expect("a fixture") }
    });
    let mut bodies: Vec<Body> = entries
        .filter(|body| body.name.starts_with(dialect) && !body.name.ends_with(".response.json"))
        .filter(|body| {
            let parsed = provider.parse(&call(&body.bytes), channel);
            parsed.is_ok_and(|parsed| parsed.items.iter().any(|i| matches!(i, Item::Event(_))))
        })
        .collect();
    assert!(!bodies.is_empty(), "there are webhooks of {dialect}");
    bodies.sort_by(|a, b| a.name.cmp(&b.name));
    bodies
}

fn call(body: &[u8]) -> WebhookCall {
    WebhookCall {
        headers: HeaderMap::new(),
        query: Vec::new(),
        body: body.to_vec(),
        now: channels::TIME,
    }
}

fn parse(bencher: Bencher, provider: &dyn Provider, channel: &OpenChannel, body: &Body) {
    let call = call(&body.bytes);
    bencher
        .counter(BytesCount::new(body.bytes.len()))
        .bench(|| provider.parse(divan::black_box(&call), divan::black_box(channel)));
}

#[divan::bench(args = bodies("meta", "", &Meta, &channels::meta()))]
fn meta(bencher: Bencher, body: &Body) {
    parse(bencher, &Meta, &channels::meta(), body);
}

#[divan::bench(args = bodies("gupshup", "enterprise-", &Gupshup, &channels::gupshup_enterprise()))]
fn gupshup_enterprise(bencher: Bencher, body: &Body) {
    parse(bencher, &Gupshup, &channels::gupshup_enterprise(), body);
}

/// The second format of the self-serve product.
#[divan::bench(args = bodies("gupshup", "self-serve-", &Gupshup, &channels::gupshup_self_serve()))]
fn gupshup_self_serve_v2(bencher: Bencher, body: &Body) {
    parse(bencher, &Gupshup, &channels::gupshup_self_serve(), body);
}

/// Its third format.
#[divan::bench(args = bodies("gupshup", "v3-", &Gupshup, &channels::gupshup_self_serve()))]
fn gupshup_self_serve_v3(bencher: Bencher, body: &Body) {
    parse(bencher, &Gupshup, &channels::gupshup_self_serve(), body);
}

#[divan::bench(args = bodies("dialog360", "v2-", &Dialog360, &channels::dialog360("v2")))]
fn dialog360_v2(bencher: Bencher, body: &Body) {
    parse(bencher, &Dialog360, &channels::dialog360("v2"), body);
}

#[divan::bench(args = bodies("dialog360", "v1-", &Dialog360, &channels::dialog360("v1")))]
fn dialog360_v1(bencher: Bencher, body: &Body) {
    parse(bencher, &Dialog360, &channels::dialog360("v1"), body);
}

#[divan::bench(args = bodies("infobip", "", &Infobip, &channels::infobip()))]
fn infobip(bencher: Bencher, body: &Body) {
    parse(bencher, &Infobip, &channels::infobip(), body);
}

#[divan::bench(args = bodies("karix", "", &Karix, &channels::karix()))]
fn karix(bencher: Bencher, body: &Body) {
    parse(bencher, &Karix, &channels::karix(), body);
}

#[divan::bench(args = bodies("aws_social", "", &AwsSocial, &channels::aws_social()))]
fn aws_social(bencher: Bencher, body: &Body) {
    parse(bencher, &AwsSocial, &channels::aws_social(), body);
}

/// The signature of a topic of SNS, with its certificate at hand.
#[divan::bench]
fn aws_social_signature(bencher: Bencher) {
    let channel = channels::aws_social();
    let file = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/aws_social");
        std::fs::read(folder.join(name)).expect("a fixture")
    };
    let (call, certificate) = (call(&file("text.json")), file("certificate.pem"));
    bencher.bench(|| {
        AwsSocial.verify_signed(divan::black_box(&call), divan::black_box(&channel), &certificate)
    });
    assert_eq!(AwsSocial.verify_signed(&call, &channel, &certificate), Ok(()));
}

/// Meta's signature over a body of one message, and of many.
#[divan::bench(args = ["inbound-text.json", "batch-fourteen.json"])]
fn meta_signature(bencher: Bencher, name: &str) {
    let channel = channels::meta();
    let bodies = bodies("meta", name, &Meta, &channel);
    let mut call = call(&bodies[0].bytes);
    let secret = channel.credentials.get("app_secret").expect("Meta signs");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = format!("sha256={}", hex::encode(hmac::sign(&key, &call.body)));
    let signature = HeaderValue::from_str(&signature).expect("hex digits");
    call.headers.insert("x-hub-signature-256", signature);
    assert_eq!(Meta.verify(&call, &channel), Ok(()));
    bencher
        .counter(BytesCount::new(call.body.len()))
        .bench(|| Meta.verify(divan::black_box(&call), divan::black_box(&channel)));
}
