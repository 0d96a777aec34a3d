//! Bad input: each field of each operation wrong once, made from the API's document. Every one of them is answered
//! with a 4xx that names the field, and leaves the table as it was.

mod mutants;
mod world;

use std::collections::BTreeSet;

use serde_json::Value;
use tests::Bundle;
use tests::Reply;

use crate::openapi::{document, operations};
use mutants::{Kind, Mutant, Schemas};
use world::World;

/// An operation of the document with what makes it succeed.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    description: &'a Value,
    sample: Option<Value>,
}

impl Operation<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The path with ids in it.
    fn uri(&self, id: impl Fn(&str) -> String) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) => id(name),
            None => part.to_owned(),
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.description["parameters"].as_array().into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }
}

/// Counts what was tried, and collects what was answered wrongly, so that one run tells all.
struct Trial<'a> {
    world: &'a World<'a>,
    before: Vec<String>,
    tried: usize,
    wrong: Vec<String>,
}

impl Trial<'_> {
    fn expect_refused(&mut self, what: &str, field: Option<&str>, reply: &Reply) {
        self.tried += 1;
        let is_refused = matches!(reply.status, 400 | 404 | 409 | 413 | 415 | 422);
        let named: Vec<&str> = reply.json["details"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|detail| detail["field"].as_str())
            .collect();
        // An id in a list may be named by its list.
        let is_it = |name: &&str| {
            field.is_some_and(|field| {
                field.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest == "[0]")
            })
        };
        let is_named = field.is_none() || named.iter().any(is_it);
        if !is_refused || !is_named {
            self.wrong.push(format!("{what}: {} {}", reply.status, reply.json));
        }
        let after = self.world.items();
        if after != self.before {
            self.wrong.push(format!("{what}: changed the table ({})", reply.status));
            self.before = after;
        }
    }
}

/// Every field of every operation: missing, of another type, too long, of another form, unknown, somebody
/// else's.
#[tokio::test]
async fn every_field_of_every_operation_is_checked() {
    let bundle = Bundle::start().await;
    let world = World::new(&bundle).await;
    let document = document();
    let schemas = Schemas::of(&document);
    let operations = operations(&document);
    let all: Vec<Operation> = operations
        .iter()
        .map(|(method, path, description)| {
            let sample = world.sample(&format!("{} {path}", method.to_uppercase()));
            Operation { method, path, description, sample }
        })
        .collect();
    let mut trial = Trial { world: &world, before: world.items(), tried: 0, wrong: Vec::new() };
    for operation in &all {
        try_path(&mut trial, operation).await;
        try_query(&mut trial, &schemas, operation).await;
        try_body(&mut trial, &schemas, operation).await;
        try_headers(&mut trial, operation).await;
    }
    assert_eq!(trial.wrong, Vec::<String>::new(), "of {}", trial.tried);
    assert!(trial.tried > 500, "only {} were tried", trial.tried);
    // The samples are good but for what was made wrong in them.
    for operation in all.iter().filter(|operation| operation.sample.is_some()) {
        let uri = operation.uri(|name| world.own(name));
        let reply = world.call(operation.method, &uri, operation.sample.as_ref(), &[]).await;
        assert!((200..300).contains(&reply.status), "{}: {}", operation.name(), reply.json);
    }
}

/// Ids in the path: nobody's, somebody else's, none at all.
async fn try_path(trial: &mut Trial<'_>, operation: &Operation<'_>) {
    for parameter in operation.parameters("path") {
        let wrong = parameter["name"].as_str().expect("a name");
        let world = trial.world;
        for (what, id) in [
            ("unknown", world.unknown(wrong)),
            ("other's", world.others(wrong)),
            ("no", "x".into()),
        ] {
            let uri =
                operation.uri(|name| if name == wrong { id.clone() } else { world.own(name) });
            let reply = world.call(operation.method, &uri, operation.sample.as_ref(), &[]).await;
            let what = format!("{}: {what} {wrong}", operation.name());
            let field = (wrong != "token").then_some(wrong);
            trial.expect_refused(&what, field, &reply);
        }
    }
}

async fn try_query(trial: &mut Trial<'_>, schemas: &Schemas<'_>, operation: &Operation<'_>) {
    for parameter in operation.parameters("query") {
        let name = parameter["name"].as_str().expect("a name");
        let uri = operation.uri(|name| trial.world.own(name));
        for text in schemas.wrong_texts(&parameter["schema"], name) {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair(name, &text).finish();
            let reply =
                trial.world.call(operation.method, &format!("{uri}?{query}"), None, &[]).await;
            let what = format!("{}: {name}={text:.40}", operation.name());
            trial.expect_refused(&what, Some(name), &reply);
        }
    }
}

async fn try_body(trial: &mut Trial<'_>, schemas: &Schemas<'_>, operation: &Operation<'_>) {
    let content = &operation.description["requestBody"]["content"]["application/json"];
    if content.is_null() {
        return;
    }
    let Some(sample) = &operation.sample else {
        trial.wrong.push(format!("{}: there is no sample", operation.name()));
        return;
    };
    let uri = operation.uri(|name| trial.world.own(name));
    for Mutant { kind, path, field, body } in schemas.mutants(&content["schema"], sample) {
        let body = match kind {
            Kind::Value => body,
            Kind::UnknownId(prefix) => mutants::put(&body, &path, trial.world.unknown_of(&prefix)),
            Kind::OthersId(prefix) => mutants::put(&body, &path, trial.world.others_of(&prefix)),
        };
        let reply = trial.world.call(operation.method, &uri, Some(&body), &[]).await;
        let shown = body.to_string();
        let shown: String = shown.chars().take(300).collect();
        let what = format!("{}: {field} in {shown}", operation.name());
        trial.expect_refused(&what, Some(&field), &reply);
    }
    // Not an object, not JSON, not UTF-8, too much, another type.
    let json = [("content-type", "application/json")];
    for (body, kind, field) in [
        (b"[]".to_vec(), json, Some("body")),
        (b"{".to_vec(), json, Some("body")),
        (b"{\"a\":\"\xff\"}".to_vec(), json, Some("body")),
        (vec![b' '; 256 * 1024 + 1], json, None),
        (b"a=b".to_vec(), [("content-type", "text/plain")], Some("Content-Type")),
        (b"a=%ff".to_vec(), [("content-type", "application/x-www-form-urlencoded")], Some("body")),
    ] {
        let what = format!("{}: {:?}", operation.name(), &body[..body.len().min(10)]);
        let reply = trial.world.send(operation.method, &uri, body, &kind).await;
        trial.expect_refused(&what, field, &reply);
    }
}

/// The idempotency key, of what has one.
async fn try_headers(trial: &mut Trial<'_>, operation: &Operation<'_>) {
    let names: BTreeSet<&str> =
        operation.parameters("header").iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(
        names.contains("Idempotency-Key"),
        operation.method == "post",
        "{}",
        operation.name()
    );
    for name in names {
        let uri = operation.uri(|name| trial.world.own(name));
        for key in [String::new(), "x".repeat(256), "a b".to_owned()] {
            let headers = [(name, key.as_str())];
            let body = operation.sample.as_ref();
            let reply = trial.world.call(operation.method, &uri, body, &headers).await;
            let what = format!("{}: {name}: {key:.20}", operation.name());
            trial.expect_refused(&what, Some(name), &reply);
        }
    }
}
