//! The least that a function can be: it answers every call with nothing. What the bundle's functions cost is measured
//! against it; it is never deployed.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: Request| Ok::<_, Error>(Response::new(Body::Empty)))).await
}
