//! The stories' own stage: it must not lie.

use tests::Bundle;
use tests::clock::minutes;

/// T10, T26: the router of the stories is the gateway's, and nobody gets in without a key.
#[tokio::test]
async fn the_bundle_answers_as_the_gateway_does() {
    let bundle = Bundle::start().await;
    let reply = bundle.call(http::Request::get("/v1/api-keys").body(Vec::new()).unwrap()).await;
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    reply.expect_error(401, "");
    let shop = bundle.customer().await;
    let keys = shop.get("/v1/api-keys").await.expect(200);
    assert_eq!(keys["items"].as_array().map(Vec::len), Some(1), "{keys}");
    shop.get("/v1/nothing").await.expect_error(404, "");
}

#[tokio::test]
async fn time_passes_by_hand_only() {
    let bundle = Bundle::start().await;
    assert_eq!(bundle.now().to_string(), tests::bundle::START);
    bundle.turn(minutes(90)).await;
    assert_eq!(bundle.now().to_string(), "2024-03-11T16:30:00.000Z");
    assert_eq!(bundle.waiting(), []);
    bundle.assert_no_dead_letters();
}
