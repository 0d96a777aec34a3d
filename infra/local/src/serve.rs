//! Two listeners on this machine, everything behind them, and the end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::Request;
use shared::handlers::poll::Poll;
use shared::ports::{Http, Reach};
use simulator::post::Post;
use simulator::simulator::Pace;
use simulator::{Simulator, WebhookPost, keep};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::args::Args;
use crate::clock::HostClock;
use crate::demo;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::gateway::Gateway;
use crate::loops::Host;
use crate::words;

/// How long a provider waits for the answer to a webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long calls that are under way may take when the host ends.
const END_WITHIN: Duration = Duration::from_secs(3);
/// Long enough to see one tick become two.
const DELIVERED_AFTER_MILLIS: i64 = 500;

/// Where both sides are reached.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(crate) gateway: String,
    pub(crate) simulator: String,
}

/// Runs until it is interrupted.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let (gateway_listener, gateway_url) = listen(args.port, "--port").await?;
    let (simulator_listener, simulator_url) =
        listen(args.simulator_port, "--simulator-port").await?;
    let addresses = Addresses { gateway: gateway_url, simulator: simulator_url };
    let folder = Folder::open(&args.folder)?;
    let gateway = Gateway::open(&folder, &addresses.gateway)?;
    let router = gateway.router();
    let (simulator, clock) = open_simulator(&folder, &gateway, &addresses)?;

    let (stop, stopped) = watch::channel(false);
    let served = [
        serve(gateway_listener, router.clone(), stopped.clone()),
        serve(simulator_listener, kept(&simulator, folder.simulator()), stopped),
    ];
    let key = demo::key(&folder, &gateway).await?;
    let bot = demo::set_up(&folder, &router, &simulator, &addresses, &key.text).await?;

    let poll = Box::new(Poll::new(gateway.store.clone(), &gateway.ports));
    let host = Arc::new(Host::new(gateway, simulator, poll, folder.simulator()));
    clock.connect(&host);
    host.start();
    words::started(&folder, &addresses, &host.simulator, &key, bot.as_deref())?;
    interrupted().await?;
    words::stopping()?;
    end(stop, served, &host).await
}

/// Both sides end their calls, the loops what they are in the middle of, and the world is saved.
async fn end(
    stop: watch::Sender<bool>,
    served: [JoinHandle<std::io::Result<()>>; 2],
    host: &Host,
) -> Result<(), Failure> {
    stop.send_replace(true);
    for server in served {
        // A browser that keeps its connection open does not hold up the end.
        if let Ok(Ok(result)) = timeout(END_WITHIN, server).await {
            result?;
        }
    }
    let quiet = async {
        while !host.is_still() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // What is cut off is done again at the next start.
    let _ = timeout(END_WITHIN, quiet).await;
    host.save();
    Ok(())
}

async fn listen(port: u16, option: &'static str) -> Result<(TcpListener, String), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => Failure::PortInUse { port, option },
        _ => Failure::Port { port, option, source },
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn open_simulator(
    folder: &Folder,
    gateway: &Gateway,
    addresses: &Addresses,
) -> Result<(Simulator, Arc<HostClock>), Failure> {
    let kept = folder.simulator();
    let state = keep::load_state(&kept).map_err(|error| folder.broken(error))?;
    let clock = Arc::new(HostClock::new(gateway.clock.clone()));
    let simulator = Simulator::new(
        state,
        simulator::carriers(&addresses.simulator),
        clock.clone(),
        Arc::new(Webhooks(gateway.ports.http.clone())),
        &addresses.simulator,
        Pace { delivered_after_millis: DELIVERED_AFTER_MILLIS },
    );
    simulator.load_files(&kept).map_err(|error| folder.broken(error))?;
    simulator.save(&kept).map_err(|error| folder.broken(error))?;
    Ok((simulator, clock))
}

/// The simulator's routes. What it has answered it does not forget, also when the host is killed: others rely on it.
fn kept(simulator: &Simulator, folder: PathBuf) -> Router {
    let keeps = simulator.clone();
    let saved = AtomicU64::new(0);
    let state = Arc::new((keeps, folder, saved));
    simulator.served_router().layer(from_fn_with_state(state, keep))
}

async fn keep(
    State(kept): State<Arc<(Simulator, PathBuf, AtomicU64)>>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let (simulator, folder, saved) = &*kept;
    if simulator.read(|state| state.revision) != saved.load(Ordering::SeqCst) {
        match simulator.save(folder) {
            Ok(revision) => saved.store(revision, Ordering::SeqCst),
            Err(error) => tracing::error!(%error, "the simulator could not be saved"),
        }
    }
    response
}

fn serve(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> JoinHandle<std::io::Result<()>> {
    let stopped = async move {
        // A sender that is gone is an end too.
        let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
    };
    tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await })
}

async fn interrupted() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The providers' webhooks, over loopback.
struct Webhooks(Arc<dyn Http>);

impl Webhooks {
    async fn call(&self, request: Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, String> {
        self.0
            .call(request, Reach::Configured, WEBHOOK_TIMEOUT, ANSWER_BYTES_MAX)
            .await
            .map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Post for Webhooks {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        let mut request = Request::post(&post.url);
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        let request = request.body(post.body).map_err(|error| error.to_string())?;
        Ok(self.call(request).await?.status().as_u16())
    }

    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        let request = Request::get(url).body(Vec::new()).map_err(|error| error.to_string())?;
        let response = self.call(request).await?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Ok((response.status().as_u16(), text))
    }
}
