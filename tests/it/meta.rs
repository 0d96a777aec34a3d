//! The gateway's Cloud API and the simulator's, each written from the documentation by itself, against one another:
//! whatever one builds the other takes, and whatever one posts the other reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};
use shared::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use shared::domain::event::{Event, MessageRef};
use shared::domain::ids::{ChannelId, MessageId, OutboundId, TenantId};
use shared::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Origin, OutsideWindow,
    Section, Sending, Status, TemplateButtonValue, TemplateHeader, TemplateMessage, ToUser,
};
use shared::domain::outbound::{
    Button, Category, Outbound, Parts, Rating, ReviewStatus, TemplateType,
};
use shared::domain::time::Time;
use shared::domain::user::{Address, WaId};
use shared::provider::meta::Meta;
use shared::provider::{
    Answer, Check, Class, Fetch, Item, Provider, Purpose, Submitted, Upload, UploadStep,
    WebhookCall,
};
use simulator::clock::StillClock;
use simulator::message::{FileKind, FromUser};
use simulator::post::Post;
use simulator::simulator::{Pace, StoredFile};
use simulator::state::State;
use simulator::template::Review;
use simulator::{Line, Simulator, User, WebhookPost};
use tower::ServiceExt;

const ANA: &str = "573001234567";
const NOW: Time = Time::from_millis(1_710_170_000_000);
const ADDRESS: &str = "https://simulator.test";
const HOOK: &str = "https://gateway.test/v1/webhooks/cloud_api/CHN1";

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn secrets() -> BTreeMap<String, String> {
    map(&[
        ("access_token", "token-of-this-line"),
        ("app_secret", "secret-of-this-app"),
        ("verify_token", "token-of-the-handshake"),
    ])
}

fn settings() -> BTreeMap<String, String> {
    let base_url = format!("{ADDRESS}/cloud_api");
    map(&[
        ("phone_number_id", "111"),
        ("waba_id", "222"),
        ("app_id", "333"),
        ("base_url", &base_url),
    ])
}

fn channel() -> OpenChannel {
    let zero = Time::from_millis(0);
    let channel = Channel {
        id: ChannelId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        name: "Shop".to_owned(),
        provider: ProviderKind::Meta,
        phone_number: "15550102030".to_owned(),
        default_country: "CO".to_owned(),
        language: Language::Es,
        credentials: String::new(),
        settings: settings(),
        associated_app: None,
        require_exp: false,
        options_layout: OptionsLayout::Auto,
        markdown_type: MarkdownType::Whatsapp,
        send_images_as_files: true,
        use_case: None,
        active: true,
        limits: shared::domain::limits::Limits::default(),
        warnings: Vec::new(),
        created: zero,
        updated: zero,
        version: 1,
    };
    OpenChannel { channel, credentials: Credentials::new(secrets()), app: None }
}

/// The gateway's side: verifies and reads what is posted, and answers the handshake.
#[derive(Default)]
struct Gateway {
    items: Mutex<Vec<Item>>,
}

fn webhook(query: Vec<(String, String)>, headers: HeaderMap, body: Vec<u8>) -> WebhookCall {
    WebhookCall { headers, query, body, now: NOW }
}

#[async_trait]
impl Post for Gateway {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        let headers = post.headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a header's name");
            (name, HeaderValue::from_str(value).expect("a header's value"))
        });
        let call = webhook(Vec::new(), headers.collect(), post.body);
        if let Err(refused) = Meta.verify(&call, &channel()) {
            return Ok(refused.status.as_u16());
        }
        let parsed = Meta.parse(&call, &channel()).map_err(|malformed| malformed.message)?;
        self.items.lock().expect("nobody panicked").extend(parsed.items);
        Ok(200)
    }

    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        let url = url::Url::parse(url).map_err(|error| error.to_string())?;
        let query = url.query_pairs().into_owned().collect();
        let call = webhook(query, HeaderMap::new(), Vec::new());
        Ok(match Meta.handshake(&call, &channel()) {
            Some(Ok(challenge)) => (200, challenge),
            Some(Err(refused)) => (refused.status.as_u16(), String::new()),
            None => (400, String::new()),
        })
    }
}

struct World {
    simulator: Simulator,
    gateway: Arc<Gateway>,
    router: Router,
}

impl World {
    fn new() -> Self {
        let gateway = Arc::new(Gateway::default());
        let simulator = Simulator::new(
            State::default(),
            vec![Arc::new(simulator::meta::Meta)],
            Arc::new(StillClock::at_millis(NOW.millis())),
            gateway.clone(),
            ADDRESS,
            Pace::default(),
        );
        let mut line_settings = settings();
        line_settings.extend(secrets());
        simulator.put_line(Line {
            id: "one".to_owned(),
            carrier: "cloud_api".to_owned(),
            name: "Shop".to_owned(),
            number: "15550102030".to_owned(),
            settings: line_settings,
            webhook_url: HOOK.to_owned(),
        });
        simulator.put_user(User::new(ANA, "Ana Pérez 🚀"));
        let router = simulator.router();
        Self { simulator, gateway, router }
    }

    /// Carries a call of the gateway to the simulator.
    async fn call(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (mut parts, body) = request.into_parts();
        assert_eq!(parts.uri.host(), Some("simulator.test"));
        let path = parts.uri.path_and_query().expect("a path").as_str();
        parts.uri = path.parse().expect("a path is an address");
        let inward = Request::from_parts(parts, Body::from(body));
        let response = self.router.clone().oneshot(inward).await.expect("a router answers");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body of this process");
        Response::from_parts(parts, bytes.to_vec())
    }

    async fn send(&self, content: ToUser) -> Answer {
        let request = Meta.build(&channel(), &sending(content)).expect("it can be built");
        Meta.read(&channel(), &self.call(request).await)
    }

    /// The one event that this makes.
    async fn says(&self, content: FromUser) -> shared::domain::event::MessageReceived {
        self.simulator.say("one", ANA, content).expect("Ana is there");
        match self.items().await.as_slice() {
            [Item::Event(Event::MessageReceived(message))] => message.clone(),
            other => panic!("not one message but {other:?}"),
        }
    }

    async fn items(&self) -> Vec<Item> {
        self.simulator.step().await;
        std::mem::take(&mut *self.gateway.items.lock().expect("nobody panicked"))
    }
}

fn sending(content: ToUser) -> Sending {
    let to = Address::Phone(WaId::parse(ANA).expect("digits"));
    Sending {
        id: MessageId::of(to.conversation(channel().id), NOW, &[b"1"]),
        channel: channel().id,
        to,
        time: NOW,
        received: None,
        content,
        origin: Origin::Api,
        reply_to: Some("wamid.theirs".to_owned()),
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

fn file(kind: MediaKind) -> Media {
    Media {
        kind,
        source: Some(MediaSource::Link("https://files.example.com/1".to_owned())),
        mime: None,
        filename: Some("a.pdf".to_owned()),
        caption: Some("caption".to_owned()),
        stored: None,
    }
}

fn place() -> Location {
    Location {
        latitude: "4.60971".to_owned(),
        longitude: "-74.08175".to_owned(),
        name: Some("Office".to_owned()),
        address: None,
    }
}

fn choice(id: &str) -> Choice {
    Choice { id: id.to_owned(), title: format!("Title {id}"), description: None }
}

fn every_kind() -> Vec<ToUser> {
    let kinds = [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::Voice,
        MediaKind::Document,
        MediaKind::Sticker,
    ];
    let header = || Some(Header::Media(file(MediaKind::Document)));
    let section = |title: &str, id: &str| Section {
        title: Some(title.to_owned()),
        rows: vec![Choice { description: Some("more".to_owned()), ..choice(id) }],
    };
    let mut all: Vec<ToUser> = kinds.map(|kind| ToUser::Media(file(kind))).into();
    all.extend([
        ToUser::Text { body: "https://example.com ¿sí?".to_owned(), preview_url: true },
        ToUser::Location(place()),
        ToUser::Contacts { contacts: vec![json!({ "name": { "formatted_name": "Luis" } })] },
        ToUser::Reaction { to: "wamid.theirs".to_owned(), emoji: Some("👍".to_owned()) },
        ToUser::Reaction { to: "wamid.theirs".to_owned(), emoji: None },
        ToUser::Buttons {
            header: header(),
            body: "?".to_owned(),
            footer: Some("f".to_owned()),
            buttons: vec![choice("a"), choice("b"), choice("c")],
        },
        ToUser::List {
            header: Some("h".to_owned()),
            body: "?".to_owned(),
            footer: None,
            button: "Open".to_owned(),
            sections: vec![section("One", "a"), section("Two", "b")],
        },
        ToUser::CtaUrl {
            header: Some(Header::Text("h".to_owned())),
            body: "?".to_owned(),
            footer: None,
            display_text: "Open".to_owned(),
            url: "https://example.com".to_owned(),
        },
        ToUser::LocationRequest { body: "?".to_owned() },
    ]);
    all
}

/// T1, T2: the strict reading of the documentation takes every message that the gateway builds.
#[tokio::test]
async fn every_message_that_is_built_is_taken() {
    let world = World::new();
    world.says(FromUser::Text { body: "Hola".to_owned() }).await;
    for content in every_kind() {
        let kind = format!("{content:?}");
        let answer = world.send(content).await;
        assert!(matches!(answer, Answer::Accepted { .. }), "{kind}: {answer:?}");
    }
}

/// T2: each step finds the message by our own id.
#[tokio::test]
async fn every_step_comes_back_to_our_message() {
    let world = World::new();
    world.says(FromUser::Text { body: "Hola".to_owned() }).await;
    world.send(ToUser::text("Hola, Ana")).await;
    let mut items = world.items().await;
    world.simulator.look("one", ANA).expect("Ana is there");
    items.extend(world.items().await);
    let steps: Vec<Status> = items
        .iter()
        .map(|item| match item {
            Item::Event(Event::StatusChanged(step)) => {
                assert_eq!(step.message, MessageRef::Ours(sending(ToUser::text("")).id));
                step.status
            }
            other => panic!("not a status but {other:?}"),
        })
        .collect();
    assert_eq!(steps, [Status::Sent, Status::Delivered, Status::Read]);
}

/// T6: what a user does arrives as that, from the same person.
#[tokio::test]
async fn every_message_that_is_posted_is_read() {
    let world = World::new();
    let to = || "wamid.ours".to_owned();
    let stored = StoredFile {
        mime: "application/pdf".to_owned(),
        filename: None,
        bytes: Arc::new(b"%PDF".to_vec()),
    };
    let id = world.simulator.put_file(stored);
    let document = FromUser::File {
        kind: FileKind::Document,
        file: id.clone(),
        mime: "application/pdf".to_owned(),
        filename: Some("a.pdf".to_owned()),
        caption: Some("¡Aquí!".to_owned()),
    };
    let rows: Vec<(FromUser, Value)> = vec![
        (
            FromUser::Text { body: "¡Sí! 👍".to_owned() },
            json!({ "type": "text", "body": "¡Sí! 👍" }),
        ),
        (
            document,
            json!({ "type": "media", "kind": "document", "source": { "provider_id": id },
                    "mime": "application/pdf", "filename": "a.pdf", "caption": "¡Aquí!" }),
        ),
        (
            FromUser::Location {
                latitude: "4.60971".to_owned(),
                longitude: "-74.08175".to_owned(),
                name: None,
                address: None,
            },
            json!({ "type": "location", "latitude": "4.60971", "longitude": "-74.08175" }),
        ),
        (
            FromUser::ButtonReply { id: "y".to_owned(), title: "Sí".to_owned(), to: to() },
            json!({ "type": "choice", "id": "y", "title": "Sí" }),
        ),
        (
            FromUser::ListReply {
                id: "r".to_owned(),
                title: "R".to_owned(),
                description: None,
                to: to(),
            },
            json!({ "type": "choice", "id": "r", "title": "R" }),
        ),
        (
            FromUser::TemplateReply { payload: "p".to_owned(), text: "T".to_owned(), to: to() },
            json!({ "type": "template_button", "payload": "p", "text": "T" }),
        ),
        (
            FromUser::Reaction { emoji: String::new(), to: to() },
            json!({ "type": "reaction", "to": "wamid.ours", "emoji": null }),
        ),
    ];
    for (content, expected) in rows {
        let has_context = !matches!(&content, FromUser::Text { .. } | FromUser::File { .. })
            && !matches!(&content, FromUser::Location { .. } | FromUser::Reaction { .. });
        let message = world.says(content).await;
        assert_eq!(serde_json::to_value(&message.content).expect("JSON"), expected);
        assert_eq!(message.from.address.phone(), Some(ANA));
        assert_eq!(message.from.name.as_deref(), Some("Ana Pérez 🚀"));
        assert_eq!(message.context.reply_to.is_some(), has_context);
    }
}

/// T2: the bytes of a user's file are found.
#[tokio::test]
async fn a_file_is_fetched() {
    let world = World::new();
    let bytes = Arc::new(b"\xff\xd8jpeg".to_vec());
    let stored = StoredFile { mime: "image/jpeg".to_owned(), filename: None, bytes: bytes.clone() };
    let id = world.simulator.put_file(stored);
    let media = Media { source: Some(MediaSource::ProviderId(id)), ..file(MediaKind::Image) };
    let Fetch::Lookup(lookup) = Meta.fetch_media(&channel(), &media) else { panic!("no lookup") };
    let found = world.call(lookup).await;
    let fetch = Meta.read_media_location(&channel(), &found).expect("it is there");
    let got = world.call(fetch).await;
    assert_eq!((got.status(), got.body()), (StatusCode::OK, &*bytes));
}

/// The channel is checked, and its webhook goes where the handshake is answered.
#[tokio::test]
async fn a_channel_is_checked_and_subscribed() {
    let world = World::new();
    let answer = world.call(Meta.check(&channel())).await;
    assert_eq!(Meta.read_check(&channel(), &answer), Check::Good);
    let url = "https://gateway.test/other";
    let subscribe = Meta.register_webhook(&channel(), url).expect("it has an account");
    assert_eq!(world.call(subscribe).await.status(), StatusCode::OK);
    assert_eq!(world.simulator.line("one").expect("the line").webhook_url, url);
    let mut wrong = channel();
    let mut credentials = secrets();
    credentials.insert("access_token".to_owned(), "another".to_owned());
    wrong.credentials = Credentials::new(credentials);
    let answer = world.call(Meta.check(&wrong)).await;
    assert_eq!(Meta.read_check(&wrong, &answer), Check::Refused);
}

fn outbound() -> Outbound {
    Outbound {
        id: OutboundId::from_bytes([3; 16]),
        tenant: channel().tenant,
        channel: channel().id,
        provider: ProviderKind::Meta,
        phone_number: "15550102030".to_owned(),
        name: "Start".to_owned(),
        is_notification: false,
        content: "Olá {{.name}}, o código é {{.code}}.".to_owned(),
        category: Category::Utility,
        template_type: TemplateType::Image,
        language: "pt-BR".to_owned(),
        media_url: Some("https://files.example.com/1".to_owned()),
        variables: vec!["name".to_owned(), "code".to_owned()],
        examples: map(&[("name", "Ana"), ("code", "42")]),
        buttons: vec![
            Button::Continue { text: "Continuar".to_owned() },
            Button::Cancel { text: "Cancelar".to_owned() },
            Button::Url { text: "Site".to_owned(), url: "https://example.com".to_owned() },
            Button::Phone { text: "Ligar".to_owned(), number: "+15550102030".to_owned() },
        ],
        parts: Parts::default(),
        rating: Rating::default(),
        status: ReviewStatus::Pending,
        provider_status: "not_submitted".to_owned(),
        rejected_reason: None,
        template_name: "start_03030303".to_owned(),
        template_id: None,
        created: NOW,
        updated: NOW,
        polled: None,
        version: 1,
    }
}

fn template() -> ToUser {
    let payload = |index, payload: &str| TemplateButtonValue {
        index,
        value: ButtonValue::QuickReply { payload: payload.to_owned() },
    };
    ToUser::Template(TemplateMessage {
        name: outbound().template_name,
        provider_id: None,
        language: "pt-BR".to_owned(),
        header: Some(TemplateHeader::Media(file(MediaKind::Image))),
        body: vec!["Ana".to_owned(), "42".to_owned()],
        rendered: None,
        buttons: vec![payload(0, "yes"), payload(1, "no")],
        ..TemplateMessage::default()
    })
}

/// Brings the header's picture to the app; its handle.
async fn upload(world: &World) -> String {
    let file = Upload {
        purpose: Purpose::Sample,
        kind: MediaKind::Image,
        mime: "image/png",
        filename: Some("a picture.png"),
        bytes: b"a picture",
    };
    let mut answers = Vec::new();
    loop {
        match Meta.upload(&channel(), &file, &answers) {
            UploadStep::Call(request) => answers.push(world.call(request).await),
            UploadStep::Done(handle) => return handle,
            UploadStep::ByAddress | UploadStep::Refused { .. } => panic!("{answers:?}"),
        }
    }
}

/// T25, T45, T48, T55: submitted once, approved, listed, sent to someone who never wrote, and its tap brings our
/// payload back.
#[tokio::test]
async fn a_template_goes_its_whole_way() {
    let world = World::new();
    let sample = [upload(&world).await];
    let submit = || Meta.submit_template(&channel(), &outbound(), &sample);
    let submitted = Meta.read_submitted(&channel(), &world.call(submit()).await);
    let Submitted::Taken { template_id: Some(id), provider_status } = submitted else {
        panic!("{submitted:?}")
    };
    assert_eq!(provider_status, "PENDING");
    let again = Meta.read_submitted(&channel(), &world.call(submit()).await);
    assert!(matches!(again, Submitted::Taken { template_id: None, .. }), "{again:?}");
    let refused = world.send(template()).await;
    assert!(
        matches!(&refused, Answer::Refused { class: Class::Final, failure } if failure.code == "132001")
    );
    world.simulator.decide_template(&id, Review::Approved).expect("it is there");
    let items = world.items().await;
    let [Item::Event(Event::TemplateChanged(changed))] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert_eq!(
        (changed.provider_id.as_ref(), changed.provider_status.as_deref().unwrap_or_default()),
        (Some(&id), "APPROVED")
    );
    let listed = world.call(Meta.list_templates(&channel(), None)).await;
    let page = Meta.read_templates(&channel(), None, &listed).expect("a list");
    let row = &page.rows[0];
    assert_eq!((row.name.as_str(), row.language.as_str()), ("start_03030303", "pt_BR"));
    assert_eq!((row.id.as_ref(), page.next), (Some(&id), None));
    let sent = world.send(template()).await;
    assert!(matches!(sent, Answer::Accepted { .. }), "{sent:?}");
    world.items().await;
    let number = world.simulator.read(|state| state.messages[0].number);
    let tap = simulator::people::Target::Button(0);
    world.simulator.tap(number, &tap).expect("there is a button");
    let tapped = world.items().await;
    let [Item::Event(Event::MessageReceived(tapped))] = tapped.as_slice() else {
        panic!("{tapped:?}")
    };
    assert_eq!(tapped.content.payload(), Some("yes"));
    let delete = Meta.delete_template(&channel(), &outbound()).expect("it has an account");
    assert_eq!(world.call(delete).await.status(), StatusCode::OK);
}

/// T2: a closed window asks for a template.
#[tokio::test]
async fn a_closed_window_wants_a_template() {
    let answer = World::new().send(ToUser::text("Hola")).await;
    let Answer::Refused { class, failure } = answer else { panic!("{answer:?}") };
    assert_eq!((class, failure.code.as_str()), (Class::TemplateNeeded, "131047"));
}
