//! `openapi.json`: what the API says of itself. Made from the routes; here it is compared with the file, with the
//! router and with itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::Bundle;

/// Set to anything, the file is written instead of compared.
const UPDATE: &str = "UPDATE_OPENAPI";

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

pub(crate) fn document() -> Value {
    serde_json::to_value(shared::http::document::document()).expect("a document can be written")
}

/// Each operation: method, path, and its object.
pub(crate) fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let each = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("a path's item").clone();
        let path = path.clone();
        item.into_iter().map(move |(method, operation)| (method, path.clone(), operation))
    };
    paths.iter().flat_map(each).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// T79: the repository has an OpenAPI file that is what the routes say.
#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test asks for the file")]
fn the_file_is_what_the_routes_say() {
    let path = root().join("openapi.json");
    let mut json = serde_json::to_string_pretty(&document()).expect("a document can be written");
    json.push('\n');
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, json).expect("openapi.json can be written");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == json,
        "openapi.json is not what the routes say. Make it anew with\n    {UPDATE}=1 cargo test --workspace --test it \
         openapi\nand commit it."
    );
}

/// T79: every operation of the document is answered, every other method of its path is refused, and it is served.
#[tokio::test]
async fn the_router_has_exactly_these_operations() {
    let bundle = Bundle::start().await;
    let customer = bundle.customer().await;
    let document = document();
    let known: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let paths: BTreeSet<&String> = known.iter().map(|(_, path)| path).collect();
    for path in paths {
        let uri: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "nothing" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in METHODS {
            let request = customer.request(&method.to_uppercase(), &uri);
            let reply = customer.call(request, Vec::new()).await;
            let is_known = known.contains(&(method.to_owned(), path.clone()));
            let is_missing = reply.json["message"] == "there is no such path";
            assert!(!is_missing, "{method} {path}: {}", reply.json);
            assert_eq!(reply.status == 405, !is_known, "{method} {path}: {}", reply.json);
        }
    }
    let served = bundle.call(http::Request::get("/v1/openapi.json").body(Vec::new()).unwrap());
    assert_eq!(served.await.expect(200), document);
}

/// T79: there is no way to add a route that the document does not know.
#[test]
fn routes_are_only_made_with_their_description() {
    let folder = root().join("shared/src/http");
    let mut described = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of the routers") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a source");
        described += text.matches("#[utoipa::path(").count();
        let is_webhook = path.ends_with("webhooks.rs");
        assert!(is_webhook || !text.contains(".route("), "{}: use routes!", path.display());
    }
    assert_eq!(described, operations(&document()).len(), "a described function is no route");
}

/// Every schema that is spoken of is there, and every operation says what a problem looks like.
#[test]
fn the_document_is_whole() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "OpenAPI 3.1");
    let mut spoken = BTreeSet::new();
    references(&document, &mut spoken);
    for reference in spoken {
        let pointer = reference.strip_prefix('#').expect("inside the document");
        assert!(document.pointer(pointer).is_some(), "{reference} is nowhere");
    }
    for (method, path, operation) in operations(&document) {
        let problem = &operation["responses"]["default"]["$ref"];
        assert_eq!(problem, "#/components/responses/Problem", "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        let ids: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        let in_path = ids.iter().filter(|p| p["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{method} {path}: parameters");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
