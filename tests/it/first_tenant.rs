//! The script that makes a deployment's first API key writes what the gateway reads.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use tests::Bundle;

/// Puts an item into the engine's table over its HTTP interface, as any client of the service would.
fn put(address: std::net::SocketAddr, item: &str) {
    let item: serde_json::Value = serde_json::from_str(item).expect("an item as JSON");
    let table = shared::local::engine::TABLE;
    let body = serde_json::json!({ "TableName": table, "Item": item }).to_string();
    let mut stream = TcpStream::connect(address).expect("the engine listens");
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.PutItem\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=local/20240311/local/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=0\r\nx-amz-date: 20240311T150000Z\r\n\r\n{body}",
        body.len()
    )
    .expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// T10: the key that the script makes opens the API, with every role.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_opens_the_api() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/first_tenant.py");
    let made = Command::new("python3").args([script, "--name", "Acme", "--print"]).output();
    let made = made.expect("Python 3 is needed for this test: put python3 on the PATH");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).expect("text");
    let [key, tenant, api_key] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };

    let bundle = Bundle::start().await;
    let served = bundle.engine.serve().await.unwrap();
    put(served.address, tenant);
    put(served.address, api_key);
    let get = |path: &str| {
        let request = http::Request::get(path).header("authorization", format!("Bearer {key}"));
        bundle.call(request.body(Vec::new()).expect("a request"))
    };
    assert_eq!(get("/v1/tenant").await.expect(200)["name"], "Acme");
    let keys = get("/v1/api-keys").await.expect(200);
    assert_eq!(keys["items"][0]["roles"], serde_json::json!(["global_admin"]));
}
