//! What the gateway says to GupShup and what it reads from it, against GupShup as the simulator plays it: two
//! readings of the same pages that know nothing of each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use serde_json::{Value, json};
use shared::domain::channel::{
    AppAlgorithm, AppKey, Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout,
    ProviderKind, Secret,
};
use shared::domain::event::{Event, MessageRef};
use shared::domain::ids::{AppId, ChannelId, MessageId, OutboundId, TenantId};
use shared::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Origin, OutsideWindow,
    Section, Sending, Status, TemplateButtonValue, TemplateMessage, ToUser,
};
use shared::domain::outbound::{
    Button, Category, Outbound, Parts, Rating, ReviewStatus, TemplateType,
};
use shared::domain::time::Time;
use shared::domain::user::{Address, WaId};
use shared::provider::gupshup::Gupshup;
use shared::provider::{Answer, Check, Fetch, Item, Provider, Submitted, WebhookCall};
use simulator::clock::StillClock;
use simulator::message::{FileKind, FromUser, Said, Status as Step, StatusChange};
use simulator::post::Post;
use simulator::simulator::{Pace, StoredFile};
use simulator::state::State;
use simulator::template::Review;
use simulator::{Carrier, Line, Refusal, Simulator, User, WebhookPost};
use tower::ServiceExt;

const NOW_MILLIS: i64 = 1_710_169_200_000;
const NUMBER: &str = "912200000001";
const USER: &str = "919900000007";
const HOST: &str = "http://simulator.test";

/// Nobody listens: webhooks are made and read here.
struct Nobody;

#[async_trait::async_trait]
impl Post for Nobody {
    async fn post(&self, _: WebhookPost) -> Result<u16, String> {
        Ok(200)
    }

    async fn get(&self, _: &str) -> Result<(u16, String), String> {
        Err("nothing is asked".to_owned())
    }
}

/// One account, as both sides know it.
struct Account {
    channel: OpenChannel,
    simulator: Simulator,
}

const ENTERPRISE: &[(&str, &str)] = &[("waba_id", "2000190001"), ("password", "pass-1")];
const SELF_SERVE: &[(&str, &str)] = &[
    ("mode", "self_serve"),
    ("app_name", "WharfDemo"),
    ("app_id", "app-1"),
    ("api_key", "key-1"),
    ("webhook_token", "hook-secret-1"),
];
const PARTNER: &[(&str, &str)] = &[
    ("mode", "self_serve"),
    ("app_name", "WharfDemo"),
    ("app_id", "app-1"),
    ("api_key", "key-1"),
    ("app_token", "token-1"),
    ("webhook_version", "3"),
];

impl Account {
    fn new(own: &[(&str, &str)]) -> Self {
        let own: BTreeMap<String, String> =
            own.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let simulator = Simulator::new(
            State::default(),
            vec![Arc::new(carrier())],
            Arc::new(StillClock::at_millis(NOW_MILLIS)),
            Arc::new(Nobody),
            HOST,
            Pace::default(),
        );
        simulator.put_line(Line {
            id: "gs".to_owned(),
            carrier: "gupshup".to_owned(),
            name: "Wharf".to_owned(),
            number: NUMBER.to_owned(),
            settings: own.clone(),
            webhook_url: "http://gateway".to_owned(),
        });
        simulator.put_user(user());
        simulator.say("gs", USER, FromUser::Text { body: "Hola".to_owned() }).expect("it is there");
        Self { channel: channel(own), simulator }
    }

    fn line(&self) -> Line {
        self.simulator.line("gs").expect("it is there")
    }

    async fn call(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().expect("a path").to_string();
        assert_eq!(parts.uri.host(), Some("simulator.test"), "{path}");
        parts.uri = path.parse().expect("a path");
        let request = Request::from_parts(parts, Body::from(body));
        let (parts, body) =
            self.simulator.router().oneshot(request).await.expect("it answers").into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("it comes whole");
        Response::from_parts(parts, bytes.to_vec())
    }

    async fn send(&self, content: ToUser) -> Answer {
        let kind = content.kind();
        let request = Gupshup.build(&self.channel, &sending(content));
        let request = request.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let answer = self.call(request).await;
        Gupshup.read(&self.channel, &answer)
    }

    /// What the gateway reads of a webhook, after it was let in.
    fn read(&self, post: WebhookPost) -> Vec<Value> {
        let mut headers = HeaderMap::new();
        for (name, value) in post.headers {
            let name = HeaderName::try_from(name).expect("a name");
            headers.insert(name, HeaderValue::try_from(value).expect("a value"));
        }
        let now = Time::from_millis(NOW_MILLIS);
        let call = WebhookCall { headers, query: Vec::new(), body: post.body, now };
        assert_eq!(Gupshup.verify(&call, &self.channel), Ok(()));
        let items = Gupshup.parse(&call, &self.channel).expect("readable").items;
        let written = items.into_iter().map(|item| match item {
            Item::Event(event) => serde_json::to_value(event).expect("it can be written"),
            Item::Elsewhere { number, .. } => json!({ "elsewhere": number }),
            Item::Ignored { reason } => json!({ "ignored": reason }),
        });
        written.collect()
    }
}

fn carrier() -> simulator::gupshup::Gupshup {
    simulator::gupshup::Gupshup { address: HOST.to_owned() }
}

fn user() -> User {
    User::new(USER, "Ñusta")
}

fn channel(own: BTreeMap<String, String>) -> OpenChannel {
    let now = Time::from_millis(NOW_MILLIS);
    let mut settings = own.clone();
    for name in ["send_host", "template_host", "base_url", "partner_url"] {
        settings.insert(name.to_owned(), format!("{HOST}/gupshup"));
    }
    settings.insert("mobile_number".to_owned(), NUMBER.to_owned());
    let channel = Channel {
        id: ChannelId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        name: "Wharf".to_owned(),
        provider: ProviderKind::Gupshup,
        phone_number: NUMBER.to_owned(),
        default_country: "IN".to_owned(),
        language: Language::Es,
        credentials: String::new(),
        settings,
        associated_app: None,
        require_exp: false,
        options_layout: OptionsLayout::Auto,
        markdown_type: MarkdownType::Whatsapp,
        send_images_as_files: true,
        use_case: None,
        active: true,
        limits: shared::domain::limits::Limits::default(),
        warnings: Vec::new(),
        created: now,
        updated: now,
        version: 1,
    };
    OpenChannel { channel, credentials: Credentials::new(own), app: None }
}

fn sending(content: ToUser) -> Sending {
    let to = Address::Phone(WaId::parse(USER).expect("digits"));
    let time = Time::from_millis(NOW_MILLIS);
    Sending {
        id: MessageId::of(to.conversation(ChannelId::from_bytes([1; 16])), time, &[b"1"]),
        channel: ChannelId::from_bytes([1; 16]),
        to,
        time,
        received: None,
        content,
        origin: Origin::Api,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

fn file(kind: MediaKind) -> Media {
    Media {
        kind,
        source: Some(MediaSource::Link("https://cdn.example.com/a".to_owned())),
        mime: None,
        filename: (kind == MediaKind::Document).then(|| "a.pdf".to_owned()),
        caption: None,
        stored: None,
    }
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

/// What every mode has a form for.
fn common_kinds() -> Vec<ToUser> {
    let buttons = |header: Option<Header>| ToUser::Buttons {
        header,
        body: "¿Listo?".to_owned(),
        footer: Some("Wharf".to_owned()),
        buttons: vec![choice("yes", "Sí"), choice("no", "No")],
    };
    let mut kinds = vec![
        ToUser::text("¿Qué tal? 👋"),
        buttons(None),
        buttons(Some(Header::Text("Cita".to_owned()))),
        buttons(Some(Header::Media(file(MediaKind::Image)))),
        buttons(Some(Header::Media(file(MediaKind::Document)))),
        ToUser::List {
            header: None,
            body: "Elija".to_owned(),
            footer: None,
            button: "Ver".to_owned(),
            sections: vec![Section {
                title: None,
                rows: vec![choice("a", "Uno"), choice("b", "Dos")],
            }],
        },
    ];
    for kind in [
        MediaKind::Image,
        MediaKind::Video,
        MediaKind::Audio,
        MediaKind::Voice,
        MediaKind::Document,
        MediaKind::Sticker,
    ] {
        kinds.push(ToUser::Media(file(kind)));
    }
    kinds
}

/// K20: every kind that a mode has is taken, and its answer read.
#[tokio::test]
async fn what_the_gateway_sends_is_taken() {
    let place = Location {
        latitude: "4.6097".to_owned(),
        longitude: "-74.0817".to_owned(),
        name: None,
        address: None,
    };
    let card = json!({ "name": { "formatted_name": "Pilar Soto" }, "phones": [] });
    let order = json!({
        "type": "order_details", "body": { "text": "Pague" },
        "action": { "name": "review_and_pay", "parameters": {
            "reference_id": "r1", "currency": "INR",
            "total_amount": { "value": 300, "offset": 100 },
        } },
    });
    let by_form = [ToUser::Location(place), ToUser::Contacts { contacts: vec![card.clone()] }];
    let by_partner = [
        ToUser::Reaction { to: "wamid.A".to_owned(), emoji: Some("👍".to_owned()) },
        ToUser::CtaUrl {
            header: None,
            body: "Vea".to_owned(),
            footer: None,
            display_text: "Abrir".to_owned(),
            url: "https://example.com".to_owned(),
        },
        ToUser::LocationRequest { body: "¿Dónde?".to_owned() },
        ToUser::Contacts { contacts: vec![card.clone(), card] },
    ];
    let order = ToUser::Interactive { interactive: order };
    for (own, more) in [
        (ENTERPRISE, vec![order.clone()]),
        (SELF_SERVE, by_form.to_vec()),
        (PARTNER, [&by_form[..], &by_partner[..], &[order]].concat()),
    ] {
        let account = Account::new(own);
        for content in common_kinds().into_iter().chain(more) {
            let shown = format!("{content:?}");
            let answer = account.send(content).await;
            assert!(matches!(answer, Answer::Accepted { .. }), "{shown} {answer:?}");
        }
    }
}

/// K20: what a user does comes as the event that it is, in each of the three forms.
#[tokio::test]
async fn what_users_do_is_read() {
    let to = "gBEGAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let said = [
        (FromUser::Text { body: "Sí".to_owned() }, json!({ "type": "text", "body": "Sí" })),
        (
            FromUser::Location {
                latitude: "4.6".to_owned(),
                longitude: "-74.1".to_owned(),
                name: None,
                address: None,
            },
            json!({ "type": "location", "latitude": "4.6", "longitude": "-74.1" }),
        ),
        (
            FromUser::ButtonReply { id: "yes".to_owned(), title: "Sí".to_owned(), to: to.clone() },
            json!({ "type": "choice", "id": "yes", "title": "Sí" }),
        ),
        (
            FromUser::ListReply {
                id: "a".to_owned(),
                title: "Uno".to_owned(),
                description: None,
                to: to.clone(),
            },
            json!({ "type": "choice", "id": "a", "title": "Uno" }),
        ),
        (
            FromUser::TemplateReply {
                payload: "otb:x:continue".to_owned(),
                text: "Sigo".to_owned(),
                to,
            },
            json!({ "type": "template_button", "payload": "otb:x:continue", "text": "Sigo" }),
        ),
        (
            FromUser::Contacts { contacts: vec![json!({ "name": {} })] },
            json!({ "type": "contacts", "contacts": [{ "name": {} }] }),
        ),
    ];
    for own in [ENTERPRISE, SELF_SERVE, PARTNER] {
        let account = Account::new(own);
        for (content, expected) in said.clone() {
            let id = carrier().message_id(&account.line(), [7; 16]);
            let said = Said { id: id.clone(), time_millis: NOW_MILLIS, content };
            let post = carrier().user_message(&account.line(), &user(), &said);
            let events = account.read(post);
            assert_eq!(events.len(), 1);
            assert_eq!(events[0]["content"], expected, "{own:?}");
            assert_eq!(events[0]["provider_id"], id);
            assert_eq!(events[0]["from"]["address"], json!({ "phone": USER }));
            assert_eq!(events[0]["from"]["name"], "Ñusta");
        }
    }
}

/// Files of users are where the webhook says, without credentials.
#[tokio::test]
async fn files_of_users_are_fetched() {
    for own in [ENTERPRISE, SELF_SERVE, PARTNER] {
        let account = Account::new(own);
        let (mime, bytes) = ("image/png".to_owned(), b"picture".to_vec());
        let stored = StoredFile { mime: mime.clone(), filename: None, bytes: Arc::new(bytes) };
        let file = account.simulator.put_file(stored);
        let content =
            FromUser::File { kind: FileKind::Image, file, mime, filename: None, caption: None };
        let said = Said { id: "1".to_owned(), time_millis: NOW_MILLIS, content };
        let event = account.read(carrier().user_message(&account.line(), &user(), &said)).remove(0);
        let event: Event = serde_json::from_value(event).expect("an event");
        let Event::MessageReceived(message) = event else { panic!("a message") };
        let shared::domain::message::FromUser::Media(media) = message.content else {
            panic!("a file")
        };
        let Fetch::Bytes(request) = Gupshup.fetch_media(&account.channel, &media) else {
            panic!("there is a link")
        };
        assert_eq!(account.call(request).await.body(), b"picture");
    }
}

/// K20: a status finds its message by what the answer or the sending carried.
#[tokio::test]
async fn statuses_find_their_message() {
    for own in [ENTERPRISE, SELF_SERVE, PARTNER] {
        let account = Account::new(own);
        let Answer::Accepted { provider_id, .. } = account.send(ToUser::text("a")).await else {
            panic!("accepted")
        };
        let messages = account.simulator.read(|state| state.messages.clone());
        let sent = messages.iter().find_map(|message| match &message.entry {
            simulator::message::Entry::ToUser { sent, .. } => Some(sent.clone()),
            simulator::message::Entry::FromUser { .. } => None,
        });
        let sent = sent.expect("it is in the ledger");
        let expected = if Gupshup.echoes_our_id(&account.channel) {
            MessageRef::Ours(sending(ToUser::text("a")).id)
        } else {
            MessageRef::Provider(provider_id)
        };
        let refusal = Refusal::NotOnWhatsApp;
        for (step, status) in [
            (Step::Sent, Status::Sent),
            (Step::Delivered, Status::Delivered),
            (Step::Read, Status::Read),
            (Step::Failed { refusal }, Status::Failed),
        ] {
            let change = StatusChange { status: step, time_millis: NOW_MILLIS };
            let post = carrier().status(&account.line(), &sent, &change).expect("it is told");
            let event = account.read(post).remove(0);
            let event: Event = serde_json::from_value(event).expect("an event");
            let Event::StatusChanged(read) = event else { panic!("a status") };
            assert_eq!((&read.message, read.status), (&expected, status), "{own:?}");
            assert_eq!(read.time.millis(), NOW_MILLIS);
        }
    }
}

fn outbound() -> Outbound {
    let now = Time::from_millis(NOW_MILLIS);
    Outbound {
        id: OutboundId::from_bytes([0; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        channel: ChannelId::from_bytes([1; 16]),
        provider: ProviderKind::Gupshup,
        phone_number: NUMBER.to_owned(),
        name: "Inicio".to_owned(),
        is_notification: false,
        content: "Hola {{.name}}, ¿sigue?".to_owned(),
        category: Category::Utility,
        template_type: TemplateType::Text,
        language: "es-CO".to_owned(),
        media_url: None,
        variables: vec!["name".to_owned()],
        examples: BTreeMap::from([("name".to_owned(), "Ana".to_owned())]),
        buttons: vec![
            Button::Continue { text: "Sí".to_owned() },
            Button::Cancel { text: "No".to_owned() },
            Button::Url { text: "Ver".to_owned(), url: "https://example.com".to_owned() },
            Button::Phone { text: "Llamar".to_owned(), number: "+573181230000".to_owned() },
        ],
        parts: Parts::default(),
        rating: Rating::default(),
        status: ReviewStatus::Pending,
        provider_status: "not_submitted".to_owned(),
        rejected_reason: None,
        template_name: "inicio_00000000".to_owned(),
        template_id: None,
        created: now,
        updated: now,
        polled: None,
        version: 1,
    }
}

/// T45, T50: a template goes from submission over review to a sending with its buttons.
#[tokio::test]
async fn templates_are_submitted_reviewed_listed_sent_and_deleted() {
    for own in [ENTERPRISE, SELF_SERVE, PARTNER] {
        let account = Account::new(own);
        let submitted =
            account.call(Gupshup.submit_template(&account.channel, &outbound(), &[])).await;
        let submitted = Gupshup.read_submitted(&account.channel, &submitted);
        let Submitted::Taken { template_id: Some(id), .. } = submitted else {
            panic!("{own:?} {submitted:?}")
        };
        let again = account.call(Gupshup.submit_template(&account.channel, &outbound(), &[])).await;
        let again = Gupshup.read_submitted(&account.channel, &again);
        assert!(matches!(again, Submitted::Refused { .. }), "{again:?}");

        account.simulator.decide_template(&id, Review::Approved).expect("it is there");
        let list = account.call(Gupshup.list_templates(&account.channel, None)).await;
        let page = Gupshup.read_templates(&account.channel, None, &list).expect("a page");
        let row = &page.rows[0];
        assert_eq!((row.id.as_deref(), row.language.as_str()), (Some(id.as_str()), "es_CO"));
        assert_eq!(ReviewStatus::of(&row.status), Some(ReviewStatus::Approved));
        assert_eq!(page.next, None);

        let payload = |index, payload: &str| TemplateButtonValue {
            index,
            value: ButtonValue::QuickReply { payload: payload.to_owned() },
        };
        let template = TemplateMessage {
            name: "inicio_00000000".to_owned(),
            provider_id: Some(id),
            language: "es-CO".to_owned(),
            header: None,
            body: vec!["Eva".to_owned()],
            rendered: Some("Hola Eva, ¿sigue?".to_owned()),
            buttons: vec![payload(0, "otb:x:continue"), payload(1, "otb:x:cancel")],
            ..TemplateMessage::default()
        };
        let answer = account.send(ToUser::Template(template)).await;
        assert!(matches!(answer, Answer::Accepted { .. }), "{own:?} {answer:?}");
        if let Some(request) = Gupshup.delete_template(&account.channel, &outbound()) {
            assert!(account.call(request).await.status().is_success());
        }
    }
}

/// A wrong password is seen when the channel is checked.
#[tokio::test]
async fn wrong_credentials_are_noticed() {
    for (own, secret) in [(ENTERPRISE, "password"), (SELF_SERVE, "api_key")] {
        let mut account = Account::new(own);
        let good = account.call(Gupshup.check(&account.channel)).await;
        assert_eq!(Gupshup.read_check(&account.channel, &good), Check::Good);
        let mut values = account.channel.credentials.values().clone();
        values.insert(secret.to_owned(), "wrong".to_owned());
        account.channel.credentials = Credentials::new(values);
        let bad = account.call(Gupshup.check(&account.channel)).await;
        assert_eq!(Gupshup.read_check(&account.channel, &bad), Check::Refused);
        let answer = account.send(ToUser::text("a")).await;
        assert!(
            matches!(answer, Answer::Refused { class: shared::provider::Class::Configuration, .. }),
            "{answer:?}"
        );
    }
}

/// K30, K32: the token that GupShup makes of client id and secret is let in, another app's is not.
#[tokio::test]
async fn the_apps_token_is_let_in() {
    let mut own = ENTERPRISE.to_vec();
    own.extend([("client_id", "cs-1"), ("client_secret", "app-secret")]);
    let mut account = Account::new(&own);
    let app = |secret: &str| AppKey {
        client_id: "cs-1".to_owned(),
        secret: Secret::new(secret),
        algorithm: AppAlgorithm::HS256,
    };
    account.channel.channel.associated_app = Some(AppId::from_bytes([3; 16]));
    account.channel.app = Some(app("app-secret"));
    let content = FromUser::Text { body: "Sí".to_owned() };
    let said = Said { id: "1-2".to_owned(), time_millis: NOW_MILLIS, content };
    let post = carrier().user_message(&account.line(), &user(), &said);
    assert_eq!(account.read(post.clone()).len(), 1);

    account.channel.app = Some(app("another"));
    let mut headers = HeaderMap::new();
    for (name, value) in post.headers {
        headers.insert(
            HeaderName::try_from(name).expect("a name"),
            HeaderValue::try_from(value).expect("a value"),
        );
    }
    let now = Time::from_millis(NOW_MILLIS);
    let call = WebhookCall { headers, query: Vec::new(), body: post.body, now };
    let refused = Gupshup.verify(&call, &account.channel).expect_err("refused");
    assert_eq!(refused.message, "Invalid access");
}

/// The subscription that the gateway asks for brings webhooks that it lets in.
#[tokio::test]
async fn the_webhook_is_subscribed() {
    let account = Account::new(SELF_SERVE);
    let url = "http://gateway/new";
    let request = Gupshup.register_webhook(&account.channel, url).expect("there is a call");
    assert!(account.call(request).await.status().is_success());
    let line = account.line();
    assert_eq!(
        (line.webhook_url.as_str(), line.setting("authorization")),
        (url, "Bearer hook-secret-1")
    );
}
