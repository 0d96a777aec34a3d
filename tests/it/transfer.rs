//! Export and import of flows and bots (K33).

use serde_json::{Value, json};
use tests::stage::text;
use tests::{Bundle, Customer};

async fn export(customer: &Customer<'_>) -> Value {
    customer.get("/v1/export").await.expect(200)
}

/// K33: an export holds what flows and bots do and no channel, outbound or credential; imported, they are drafts with
/// ids of their own, and importing again changes nothing.
#[tokio::test]
async fn flows_and_bots_go_to_another_tenant_without_their_channels() {
    let bundle = Bundle::start().await;
    let (from, to) = (bundle.customer().await, bundle.customer().await);
    let number = from.meta("573177700000").await;
    let body = json!({
        "name": "KYC", "language": "es", "channels": [number.channel],
        "config": { "enable_follow_up": true, "follow_up_delay": 45 },
        "steps": [
            { "id": "plan", "type": "question", "answer": "choice", "text": "Elige",
              "options": [{ "id": "a", "title": "A" }] },
            { "id": "face", "type": "webhook", "url": "https://face.customer.example/x" } ] });
    let flow = text(&from.post("/v1/flows", &body).await.expect(201), "flow_id");
    let bot = from.bot("helper", json!({ "channels": [number.channel], "training": "v1" })).await;
    from.answers_with(&number, &bot).await;
    let exported = export(&from).await;
    let words = exported.to_string();
    for secret in [number.channel.as_str(), "CHN", "OTB", "token-of", "573177700000"] {
        assert!(!words.contains(secret), "{secret} in {words}");
    }
    let imported = to.post("/v1/import", &exported).await.expect(200);
    let (new_flow, new_bot) = (&imported["flows"][0], &imported["bots"][0]);
    assert_eq!((&new_flow["id"], &new_flow["result"]), (&json!(flow), &json!("created")));
    assert_eq!((&new_bot["id"], &new_bot["result"]), (&json!(bot), &json!("created")));
    assert_ne!(new_flow["flow_id"], flow.as_str(), "another tenant, another id");
    let path = format!("/v1/flows/{}", new_flow["flow_id"].as_str().unwrap());
    let read = to.get(&path).await.expect(200);
    assert_eq!((&read["status"], &read["channels"]), (&json!("draft"), &json!([])));
    assert_eq!((&read["name"], &read["config"]["follow_up_delay"]), (&json!("KYC"), &json!(45)));
    assert_eq!(read["steps"], from.get(&format!("/v1/flows/{flow}")).await.expect(200)["steps"]);
    let bots = to.get("/v1/bots").await.expect(200);
    assert_eq!(
        (&bots["items"][0]["status"], &bots["items"][0]["training"]),
        (&json!("draft"), &json!("v1"))
    );
    let again = to.post("/v1/import", &exported).await.expect(200);
    assert_eq!(again["flows"][0]["flow_id"], new_flow["flow_id"]);
    assert_eq!(
        (&again["flows"][0]["result"], &again["bots"][0]["result"]),
        (&json!("unchanged"), &json!("unchanged"))
    );
    assert_eq!(to.get("/v1/channels").await.expect(200)["items"], json!([]));
}

/// K33: imported into the tenant that it came from, a flow's draft is replaced; what runs and where it may start stay.
#[tokio::test]
async fn an_import_touches_drafts_only() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let steps = |text: &str| json!([{ "id": "a", "type": "message", "text": text }]);
    let body = json!({ "name": "F", "channels": [number.channel], "steps": steps("Antes") });
    let flow = text(&shop.post("/v1/flows", &body).await.expect(201), "flow_id");
    shop.post(&format!("/v1/flows/{flow}/publish"), &json!({})).await.expect(200);
    shop.answers_with(&number, &flow).await;
    let channel = shop.get(&format!("/v1/channels/{}", number.channel)).await.expect(200);
    let mut exported = shop.get(&format!("/v1/export?flow_id={flow}")).await.expect(200);
    assert_eq!(exported["bots"], json!([]));
    exported["flows"][0]["definition"]["steps"] = steps("Ahora");
    let imported = shop.post("/v1/import", &exported).await.expect(200);
    assert_eq!(imported["flows"][0], json!({ "id": flow, "flow_id": flow, "result": "updated" }));
    let read = shop.get(&format!("/v1/flows/{flow}")).await.expect(200);
    assert_eq!(
        (&read["channels"], &read["steps"][0]["text"]),
        (&json!([number.channel]), &json!("Ahora"))
    );
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    assert_eq!(ana.sees(), ["Antes"]);
    let after = shop.get(&format!("/v1/channels/{}", number.channel)).await.expect(200);
    assert_eq!(channel, after);
}

/// K33: an import is all or nothing, and says which entry is wrong.
#[tokio::test]
async fn a_wrong_import_changes_nothing() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let good = json!({ "id": "a", "definition": { "name": "F", "steps": [] } });
    let bot = |url: &str| json!({ "id": "b", "definition": { "name": "B", "url": url } });
    let flow = |id: &str, more: Value| {
        let mut definition = json!({ "name": "F", "steps": [] });
        for (name, value) in more.as_object().unwrap() {
            definition[name] = value.clone();
        }
        json!({ "id": id, "definition": definition })
    };
    let twice = json!([{ "id": "x", "type": "end" }, { "id": "x", "type": "end" }]);
    for (body, field) in [
        (json!({ "flows": [good, good] }), "flows[1].id"),
        (
            json!({ "flows": [good, flow("c", json!({ "steps": twice }))] }),
            "flows[1].definition.steps[1].id",
        ),
        (
            json!({ "flows": [good, flow("c", json!({ "channels": [number.channel] }))] }),
            "flows[1].definition.channels",
        ),
        (json!({ "flows": [good], "bots": [bot("http://x.example/")] }), "bots[0].definition.url"),
        (json!({ "flows": [good, { "id": "c" }] }), "flows[1].definition"),
    ] {
        let error = shop.post("/v1/import", &body).await.expect(400);
        assert_eq!(error["details"][0]["field"], field);
        assert_eq!(export(&shop).await, json!({ "flows": [], "bots": [] }));
    }
}
