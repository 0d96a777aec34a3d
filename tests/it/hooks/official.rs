//! What we send, verified by the libraries of another language: `standardwebhooks` and `PyJWT` of `PyPI`, in an
//! environment that the test makes itself below `target/`.

use std::io::Write;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::hook::Format;
use tests::python::Environment;

use super::rig::{Rig, ended, terms};

const LIBRARIES: &str = "standardwebhooks==1.1.0\nPyJWT==2.15.1\n";

/// Reads one case as JSON from its input and prints what the libraries found. Their clock is that of the case.
const VERIFIER: &str = r#"
import base64, datetime, json, sys
import jwt
import standardwebhooks.webhooks as library

case = json.load(sys.stdin)
now = datetime.datetime.fromtimestamp(case["now"], datetime.timezone.utc)

class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return now

library.datetime = Clock
body = base64.b64decode(case["body"])
hook = library.Webhook(case["secret"])

def verifies(body):
    try:
        hook.verify(body, case["headers"], json_parse=False)
        return True
    except library.WebhookVerificationError:
        return False

found = {"verifies": verifies(body), "verifies_changed": verifies(body + b" ")}
if case["jwt"]:
    def claims(secret):
        options = {"verify_exp": False, "verify_iat": False}
        return jwt.decode(body.decode(), secret, algorithms=["HS256"], issuer="whatsapp-gateway",
            options=options)
    found["claims"] = claims(case["secret"])
    try:
        claims(case["secret"] + "x")
        found["refuses_other_secret"] = False
    except jwt.InvalidSignatureError:
        found["refuses_other_secret"] = True
print(json.dumps(found))
"#;

fn found(case: &Value) -> Value {
    let mut child = Environment::of("python-hooks", LIBRARIES)
        .python()
        .args(["-c", VERIFIER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the environment was just made");
    child.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the verifier failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// T74, X13 (hook test 12): the official library and `PyJWT` accept what we send, and nothing that was changed.
#[tokio::test]
async fn the_official_libraries_of_python_accept_our_hooks() {
    let rig = Rig::new().await;
    for (host, format) in [("standard.example", Format::Standard), ("jwt.example", Format::Jwt)] {
        let (_, key) = rig.rule_with(shared::domain::hook::Terms { format, ..terms(host) }).await;
        let event = ended(host, "succeeded");
        rig.happens(&event).await;
        rig.work().await;
        let got = &rig.got(host)[0];
        let header = |name: &str| got.header(name);
        let found = found(&json!({
            "now": got.time.seconds(),
            "secret": key.reveal(),
            "body": STANDARD.encode(got.request.body()),
            "jwt": format == Format::Jwt,
            "headers": {
                "webhook-id": header("webhook-id"),
                "webhook-timestamp": header("webhook-timestamp"),
                "webhook-signature": header("webhook-signature"),
            },
        }));
        assert_eq!(found["verifies"], true, "{host}");
        assert_eq!(found["verifies_changed"], false, "{host}");
        if format == Format::Jwt {
            assert_eq!(found["refuses_other_secret"], true);
            let claims = &found["claims"];
            assert_eq!(claims["jti"], json!(event.id));
            assert_eq!(claims["iat"], got.time.seconds());
            assert_eq!(claims["events"][0]["event_type"], "identity_process");
            assert_eq!(claims["events"][0]["event_action"], "succeeded");
            assert_eq!(claims["events"][0]["object"]["answers"][0]["value"], "Lucía");
        }
    }
}
