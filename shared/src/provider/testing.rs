//! What the tests of all providers share: here the values that they start from and read, in `trial` what every provider
//! must stand. A provider's own tests say what is different about it.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use serde_json::{Value, json};

use super::{Answer, Class, Item, Provider, WebhookCall};
use crate::domain::channel::{Channel, Credentials, OpenChannel, ProviderKind};
use crate::domain::fixtures;
pub(super) use crate::domain::fixtures::{map, outbound};
use crate::domain::ids::MessageId;
use crate::domain::message::{Origin, OutsideWindow, Sending, ToUser};
use crate::domain::time::Time;
use crate::domain::user::{Address, WaId};

/// The text of a sample, by the names of its provider's folder and of its file. A provider wraps it in a `fixture!` of
/// its own that knows the folder, above its modules.
macro_rules! fixture {
    ($folder:literal, $name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/fixtures/",
            $folder,
            "/",
            $name
        ))
    };
}
pub(super) use fixture;

/// When a webhook comes and a message leaves.
pub(super) const NOW: Time = Time::from_millis(1_710_169_500_000);

/// The id of every message that is sent.
pub(super) const MESSAGE: MessageId = MessageId::from_bytes([1; 30]);

/// A channel of this number with these settings and credentials, opened.
pub(super) fn open(
    provider: ProviderKind,
    phone_number: &str,
    settings: &[(&str, &str)],
    credentials: &[(&str, &str)],
) -> OpenChannel {
    let channel = Channel {
        phone_number: phone_number.to_owned(),
        settings: map(settings),
        ..fixtures::channel(provider)
    };
    OpenChannel { channel, credentials: Credentials::new(map(credentials)), app: None }
}

/// A webhook that brings nothing but this body.
pub(super) fn call(body: impl AsRef<[u8]>) -> WebhookCall {
    let body = body.as_ref().to_vec();
    WebhookCall { headers: HeaderMap::new(), query: Vec::new(), body, now: NOW }
}

/// A webhook that brings this header, too.
pub(super) fn call_with(name: &str, value: &str, body: impl AsRef<[u8]>) -> WebhookCall {
    let mut call = call(body);
    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
    call.headers.insert(name, HeaderValue::from_str(value).unwrap());
    call
}

/// What a provider answers to a call of ours.
pub(super) fn answer(status: u16, body: impl AsRef<[u8]>) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_ref().to_vec()).unwrap()
}

/// A message to the user with this number.
pub(super) fn sending(user: &str, content: ToUser) -> Sending {
    Sending {
        id: MESSAGE,
        channel: fixtures::channel(ProviderKind::Meta).id,
        to: Address::Phone(WaId::parse(user).unwrap()),
        time: NOW,
        received: None,
        content,
        origin: Origin::Api,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

/// Method and address of a call of ours.
pub(super) fn line(request: &Request<Vec<u8>>) -> String {
    format!("{} {}", request.method(), request.uri())
}

pub(super) fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

/// The JSON of a call of ours.
pub(super) fn body(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// The one item of a webhook with this body, as JSON.
pub(super) fn one(provider: &dyn Provider, body: impl AsRef<[u8]>, channel: &OpenChannel) -> Value {
    let mut items = provider.parse(&call(body), channel).unwrap().items;
    assert_eq!(items.len(), 1, "{items:?}");
    written(items.remove(0))
}

/// An item of a webhook as JSON: the event, or why there is none.
pub(super) fn written(item: Item) -> Value {
    match item {
        Item::Event(event) => serde_json::to_value(event).unwrap(),
        Item::Elsewhere { number, .. } => json!({ "elsewhere": number }),
        Item::Ignored { reason } => json!({ "ignored": reason }),
    }
}

/// Class, code and words of a refusal.
pub(super) fn refused(
    provider: &dyn Provider,
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> (Class, String, String) {
    match provider.read(channel, response) {
        Answer::Refused { class, failure } => {
            assert_eq!(failure.provider, provider.kind().as_str());
            (class, failure.code, failure.message)
        }
        Answer::Accepted { provider_id, .. } => panic!("accepted as {provider_id}"),
    }
}
