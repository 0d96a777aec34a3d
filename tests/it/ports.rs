//! One suite over both sides of every port: what the local side promises, the AWS side does, in the emulator.

mod side;

use std::collections::HashSet;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use http::Request;
use shared::domain::ids::{ConversationId, EventId, HookRuleId, MediaId, MessageId, ProcessId};
use shared::domain::time::Time;
use shared::local::queue::VISIBILITY;
use shared::ports::{CallError, File, Job, QueueName, Reach, Timer};
use side::{Side, sides};
use tests::clock::{SECOND, hours, minutes};
use tests::emulator::Emulator;

fn job(group: &str, id: &str, body: &str) -> Job {
    let (group, id, body) = (group.to_owned(), id.to_owned(), body.to_owned());
    Job { group, id, body, delay: Duration::ZERO }
}

fn numbered(numbers: std::ops::Range<u32>) -> Vec<Job> {
    numbers.map(|n| job("ana", &format!("job{n}"), &format!("{{\"n\":{n}}}"))).collect()
}

/// Everything that can be taken now, finished.
async fn bodies(side: &dyn Side, queue: QueueName) -> Vec<String> {
    let mut bodies = Vec::new();
    while let Some(taken) = side.take(queue).await {
        side.finish(queue, &taken).await;
        bodies.push(taken.body);
    }
    bodies
}

/// Jobs of a conversation come in their order, however many are put at once, and one at a time.
#[tokio::test]
async fn a_fifo_queue_keeps_the_order_within_a_group() {
    for side in sides(Emulator::shared()).await {
        let (side, queue) = (&*side, QueueName::Event);
        side.ports().queue.put(queue, numbered(0..23)).await.unwrap();
        side.ports().queue.put(queue, vec![job("luis", "other", "{}")]).await.unwrap();
        let first = side.take(queue).await.unwrap();
        assert_eq!((first.body.as_str(), first.deliveries), ("{\"n\":0}", 1), "{}", side.name());
        let other = side.take(queue).await.unwrap();
        assert_eq!(other.body, "{}", "{}: the rest of a group waits", side.name());
        assert!(side.take(queue).await.is_none(), "{}", side.name());
        side.finish(queue, &other).await;
        side.finish(queue, &first).await;
        let rest: Vec<String> = (1..23).map(|n| format!("{{\"n\":{n}}}")).collect();
        assert_eq!(bodies(side, queue).await, rest, "{}", side.name());
    }
}

/// A FIFO queue takes a job once, and again when five minutes are over; a standard queue takes it each time.
#[tokio::test]
async fn a_fifo_queue_drops_a_job_that_it_has_seen() {
    let emulator = Emulator::start(&[]);
    for side in sides(&emulator).await {
        let (side, name) = (&*side, side.name());
        let put = async |queue| side.ports().queue.put(queue, vec![job("g", "1", "{}")]).await;
        for queue in [QueueName::Message, QueueName::Hook] {
            put(queue).await.unwrap();
            put(queue).await.unwrap();
        }
        assert_eq!(bodies(side, QueueName::Message).await.len(), 1, "{name}");
        assert_eq!(bodies(side, QueueName::Hook).await.len(), 2, "{name}");
        put(QueueName::Message).await.unwrap();
        assert_eq!(bodies(side, QueueName::Message).await.len(), 0, "{name}");
        side.turn(minutes(5) + SECOND).await;
        put(QueueName::Message).await.unwrap();
        assert_eq!(bodies(side, QueueName::Message).await.len(), 1, "{name}");
    }
}

/// What is put off comes when its time has come, and what nobody finishes comes again and says how often it came.
#[tokio::test]
async fn a_job_comes_at_its_time_and_until_it_is_finished() {
    let emulator = Emulator::start(&[]);
    for side in sides(&emulator).await {
        let (side, queue, name) = (&*side, QueueName::Hook, side.name());
        let late = Job { delay: minutes(10), ..job("g", "1", "{}") };
        side.ports().queue.put(queue, vec![late, job("g", "2", "[]")]).await.unwrap();
        assert_eq!(bodies(side, queue).await, ["[]"], "{name}");
        side.turn(minutes(10) + SECOND).await;
        let first = side.take(queue).await.unwrap();
        assert!(side.take(queue).await.is_none(), "{name}: it is in somebody's hands");
        side.turn(VISIBILITY + SECOND).await;
        let second = side.take(queue).await.unwrap();
        assert_eq!((second.id.as_str(), second.deliveries), (first.id.as_str(), 2), "{name}");
        side.finish(queue, &second).await;
        side.turn(VISIBILITY + SECOND).await;
        assert!(side.take(queue).await.is_none(), "{name}");
    }
}

/// Whatever a user writes passes through the queues as it was written.
#[tokio::test]
async fn odd_characters_pass_through_a_queue() {
    let said = "\u{0}\u{1}\u{1f}\t\r\n\u{7f}\u{fffe}\u{ffff}\u{fdd0} ñ 😀 \u{202e}\"\\";
    for side in sides(Emulator::shared()).await {
        for queue in [QueueName::Event, QueueName::Hook] {
            let body = serde_json::to_string(said).unwrap();
            side.ports().queue.put(queue, vec![job("g", "1", &body)]).await.unwrap();
            let got = bodies(&*side, queue).await;
            let read: Vec<String> = got.iter().map(|b| serde_json::from_str(b).unwrap()).collect();
            assert_eq!(read, [said], "{}", side.name());
        }
    }
}

/// Large jobs are taken, also where several do not fit into one call; one over a mebibyte is refused for good. The
/// local side keeps jobs as items of its table, which hold less.
#[tokio::test]
async fn a_job_that_is_too_large_is_refused() {
    for side in sides(Emulator::shared()).await {
        let (side, queue) = (&*side, QueueName::Event);
        let large = |id: &str, bytes: usize| job("g", id, &format!("\"{}\"", "x".repeat(bytes)));
        let fits = (0..5).map(|n| large(&n.to_string(), 300_000)).collect();
        side.ports().queue.put(queue, fits).await.unwrap();
        assert_eq!(bodies(side, queue).await.len(), 5, "{}", side.name());
        let refused = side.ports().queue.put(queue, vec![large("5", 1 << 20)]).await;
        assert!(!refused.unwrap_err().is_transient(), "{}", side.name());
        assert_eq!(bodies(side, queue).await.len(), 0, "{}", side.name());
    }
}

fn timers() -> [Timer; 4] {
    let conversation = ConversationId::derive(&[b"conversation"]);
    let process = ProcessId::derive(&[b"process"]);
    let (delivery, rule) = (EventId::derive(&[b"event"]), HookRuleId::derive(&[b"rule"]));
    [
        Timer::FollowUp { conversation, process },
        Timer::Expiry { conversation, process },
        Timer::Message { message: MessageId::of(conversation, Time::default(), &[b"message"]) },
        Timer::Hook { delivery, rule },
    ]
}

/// A timer fires once, at its minute, into its own queue; armed twice it is armed once; one whose time is over fires
/// soon.
#[tokio::test]
async fn timers_fire_once_into_their_queues() {
    let emulator = Emulator::start(&[]);
    for side in sides(&emulator).await {
        let (side, name) = (&*side, side.name());
        let now = side.ports().clock.now();
        for timer in timers() {
            for _ in 0..2 {
                side.ports().timers.arm(timer, now + hours(2)).await.unwrap();
            }
        }
        side.turn(minutes(118)).await;
        for timer in timers() {
            assert_eq!(bodies(side, timer.queue()).await, [""; 0], "{name} {timer:?}");
        }
        let queues: HashSet<QueueName> = timers().iter().map(Timer::queue).collect();
        side.turn(minutes(2) + SECOND).await;
        for queue in queues {
            let mut fired: Vec<String> = bodies(side, queue).await;
            fired.sort();
            let mine = timers().into_iter().filter(|timer| timer.queue() == queue);
            let mut armed: Vec<String> =
                mine.map(|timer| serde_json::to_string(&timer).unwrap()).collect();
            armed.sort();
            assert_eq!(fired, armed, "{name}");
        }
        side.ports().timers.arm(timers()[0], now).await.unwrap();
        side.turn(minutes(2)).await;
        assert_eq!(bodies(side, QueueName::FollowUp).await.len(), 1, "{name}");
    }
}

/// What was sealed for one owner is opened for that owner only, whatever its length; what was not sealed is refused.
#[tokio::test]
async fn secrets_are_bound_to_their_owner() {
    for side in sides(Emulator::shared()).await {
        let (secrets, name) = (&side.ports().secrets, side.name());
        for plain in [Vec::new(), b"a token".to_vec(), vec![7; 100_000]] {
            let sealed = secrets.seal("CHN1", &plain).await.unwrap();
            assert_ne!(sealed, secrets.seal("CHN1", &plain).await.unwrap(), "{name}");
            assert_eq!(secrets.open("CHN1", &sealed).await.unwrap(), plain, "{name}");
            assert!(!secrets.open("CHN2", &sealed).await.unwrap_err().is_transient(), "{name}");
        }
        for foreign in ["", "not base64!", "AAAA"] {
            assert!(secrets.open("CHN1", foreign).await.is_err(), "{name} {foreign:?}");
        }
    }
}

/// A file comes back as it was put, its type too; one that was never put is not there.
#[tokio::test]
async fn files_come_back_as_they_were_put() {
    for side in sides(Emulator::shared()).await {
        let (media, name) = (&side.ports().media, side.name());
        let (id, missing) = (MediaId::derive(&[b"a file"]), MediaId::derive(&[b"no file"]));
        for bytes in [Vec::new(), (0..=255).collect(), vec![9; 5_000_000]] {
            let file = File { mime: "image/webp".to_owned(), bytes };
            media.put(id, file.clone()).await.unwrap();
            assert!(media.get(id).await.unwrap() == Some(file), "{name}");
        }
        assert!(media.get(missing).await.unwrap().is_none(), "{name}");
    }
}

/// A server on loopback: a long body, a redirect, and an answer that never comes.
async fn server() -> String {
    let router = Router::new()
        .route("/long", get(async || "x".repeat(10_000)))
        .route("/away", get(async || Redirect::temporary("/long")))
        .route("/never", get(std::future::pending::<&'static str>));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers are cut at their limit, redirects are handed over and not followed, and whoever does not answer or is not
/// there is told apart: only the second may be called again without a thought.
#[tokio::test]
async fn calls_have_limits() {
    let address = server().await;
    for side in sides(Emulator::shared()).await {
        let (http, name) = (&side.ports().http, side.name());
        let call = async |url: String, timeout: Duration| {
            let request = Request::get(url).body(Vec::new()).unwrap();
            http.call(request, Reach::Configured, timeout, 1000).await
        };
        let long = call(format!("{address}/long"), minutes(1)).await.unwrap();
        assert_eq!(long.body().len(), 1000, "{name}");
        let away = call(format!("{address}/away"), minutes(1)).await.unwrap();
        assert_eq!(away.status(), 307, "{name}");
        let never = call(format!("{address}/never"), Duration::from_millis(50)).await;
        assert!(matches!(never, Err(CallError::NoAnswer { .. })), "{name}");
        // Port 1 is nobody's.
        let nobody = call("http://127.0.0.1:1/".to_owned(), minutes(1)).await;
        assert!(matches!(nobody, Err(CallError::NotSent { .. })), "{name}");
    }
}

/// What a stranger names may be called over https at public addresses only, however the address is written; the
/// local host allows its own machine besides, and nothing else.
#[tokio::test]
async fn strangers_name_public_addresses_only() {
    let address = server().await;
    for side in sides(Emulator::shared()).await {
        let (http, name) = (&side.ports().http, side.name());
        let call = async |url: &str| {
            let request = Request::get(url).body(Vec::new()).unwrap();
            http.call(request, Reach::Public, minutes(1), 1000).await
        };
        for url in [
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://0x0a000001/",
            "http://example.com/",
        ] {
            let refused = call(url).await;
            assert!(matches!(refused, Err(CallError::Forbidden { .. })), "{name} {url}");
            assert!(http.check_public(&url.parse().unwrap()).is_err(), "{name} {url}");
        }
        let own = call(&format!("{address}/long")).await;
        assert_eq!(own.is_ok(), side.allows_own_machine(), "{name}");
    }
}

/// Random bytes fill what they are given and never come twice; the clock goes forward as it is turned.
#[tokio::test]
async fn random_bytes_differ_and_time_goes_forward() {
    let emulator = Emulator::start(&[]);
    for side in sides(&emulator).await {
        let (ports, name) = (side.ports(), side.name());
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let mut bytes = [0; 32];
            ports.random.fill(&mut bytes);
            assert!(bytes[16..] != [0; 16], "{name}");
            assert!(seen.insert(bytes), "{name}");
        }
        let before = ports.clock.now();
        side.turn(hours(3)).await;
        let passed = ports.clock.now().since(before);
        assert!(passed >= hours(3) && passed < hours(4), "{name}: {passed:?}");
    }
}
