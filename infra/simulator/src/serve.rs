//! Everything over HTTP: the providers' APIs under their names, the hook receivers, the control API and the phone.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Path, Request, State as Extract};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http_body::Frame;

use crate::fault::Hold;
use crate::simulator::Simulator;
use crate::{api, bot, hooks};

/// The largest body: WhatsApp's largest document is 100 MB, which nobody needs here.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

const PAGE: &str = include_str!("phone/phone.html");
const STYLE: &str = include_str!("phone/phone.css");
/// The scripts of the page, by name.
const SCRIPTS: [(&str, &str); 5] = [
    ("phone.js", include_str!("phone/phone.js")),
    ("chat.js", include_str!("phone/chat.js")),
    ("panel.js", include_str!("phone/panel.js")),
    ("world.js", include_str!("phone/world.js")),
    ("dom.js", include_str!("phone/dom.js")),
];

/// Nothing comes from elsewhere, and nothing that a user wrote becomes a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

impl Simulator {
    /// Every route. Faults on answers stay extensions of the response ([`Hold`]): a caller within the process plays
    /// them in its own way.
    pub fn router(&self) -> Router {
        let mut router = Router::new()
            .route("/", get(page))
            .route("/phone/{name}", get(part))
            .route("/simulator/files/{id}", get(file))
            .route("/simulator/hooks/{receiver}", any(hooks::receive))
            .route(bot::PATH, post(bot::echo))
            .nest("/simulator/api", api::routes())
            .with_state(self.clone());
        for carrier in self.carriers() {
            let path = format!("/{}", carrier.name());
            router = router.nest(&path, carrier.routes(self.clone()));
        }
        let when = from_fn_with_state(self.clone(), say_when);
        router.layer(when).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
    }

    /// Every route, for a socket: answers that are to be lost or late are.
    pub fn served_router(&self) -> Router {
        self.router().layer(from_fn_with_state(self.clone(), play_hold)).layer(from_fn(own_pages))
    }
}

/// A refusal that says when to come back, whatever form its carrier gives it.
async fn say_when(
    Extract(simulator): Extract<Simulator>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if simulator.read(|state| state.retry_after.is_some())
        && let Some(when) = simulator.change(|state| state.retry_after.take())
        && let Ok(when) = HeaderValue::from_str(&when)
    {
        response.headers_mut().insert(header::RETRY_AFTER, when);
    }
    response
}

async fn play_hold(
    Extract(simulator): Extract<Simulator>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    match response.extensions().get::<Hold>().copied() {
        None => response,
        Some(Hold::Lost) => Response::new(Body::new(Cut)),
        Some(Hold::Slow { millis }) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            response
        }
        Some(Hold::PostsFirst) => {
            simulator.step().await;
            response
        }
    }
}

/// A body that fails before its first byte, upon which the connection is cut. Its length is told nowhere: an empty body
/// would be an answer.
struct Cut;

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

/// A page of another site must not drive the simulator of whoever looks at it: a browser says where a call comes
/// from, and no provider does.
async fn own_pages(request: Request, next: Next) -> Response {
    if is_own(request.method(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "only the simulator's own page may call it").into_response()
}

fn is_own(method: &Method, headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_link = method == Method::GET && said("sec-fetch-mode") == Some("navigate");
    is_link || matches!(said("sec-fetch-site"), None | Some("same-origin" | "none"))
}

async fn page() -> Response {
    asset("text/html; charset=utf-8", PAGE)
}

async fn part(Path(name): Path<String>) -> Response {
    if name == "phone.css" {
        return asset("text/css; charset=utf-8", STYLE);
    }
    match SCRIPTS.iter().find(|(known, _)| *known == name) {
        Some((_, script)) => asset("text/javascript; charset=utf-8", script),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn asset(mime: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// A file of a user or of the business. Only pictures and sounds are shown in place; the rest is saved.
async fn file(Extract(simulator): Extract<Simulator>, Path(id): Path<String>) -> Response {
    let Some(file) = simulator.file(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_shown = ["image/png", "image/jpeg", "image/webp", "image/gif", "audio/", "video/"]
        .iter()
        .any(|start| file.mime.starts_with(start));
    let disposition = if is_shown { "inline" } else { "attachment" };
    let mime = HeaderValue::from_str(&file.mime)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, file.bytes.to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// An answer that is lost is none: the connection ends before the body does, and no length says that it was empty.
    #[tokio::test]
    async fn a_lost_answer_does_not_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { Response::new(Body::new(Cut)) }));
        let server = tokio::spawn(axum::serve(listener, router).into_future());
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // It may be reset, too.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(!answer.contains("content-length"), "{answer}");
        assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
        server.abort();
    }
}
