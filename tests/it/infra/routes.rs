//! The way in: which path leads to which function.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::template::{arn, reference, resources};

use super::faults::Faults;

/// The routes and where they lead.
const ROUTES: [(&str, &str); 4] = [
    ("$default", "Api"),
    ("ANY /v1/webhooks/cloud_api/{channel}", "WebhookMeta"),
    ("ANY /v1/webhooks/gupshup/{channel}", "WebhookGupshup"),
    ("ANY /v1/whatsapp/outbounds/send", "OutboundSend"),
];

/// Every route leads to a function that may be called.
pub(super) fn check_routes(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let integrations = resources(template, "AWS::ApiGatewayV2::Integration");
    let permissions: BTreeSet<String> = resources(template, "AWS::Lambda::Permission")
        .values()
        .filter_map(|permission| Some(reference(&permission["FunctionName"])?.to_owned()))
        .collect();
    let mut led = BTreeMap::new();
    for (route, properties) in resources(template, "AWS::ApiGatewayV2::Route") {
        let target = properties["Target"]["Fn::Sub"].as_str().unwrap_or_default();
        let name = target.trim_start_matches("integrations/${").trim_end_matches('}');
        let Some(integration) = integrations.get(name) else {
            faults.expect(false, format!("{route} leads nowhere"));
            continue;
        };
        let version = &integration["PayloadFormatVersion"];
        faults.same(&format!("payload of {name}"), version, &json!("2.0"));
        let function = arn(&integration["IntegrationUri"]).unwrap_or_default().to_owned();
        let may_be_called = permissions.contains(&function);
        faults.expect(
            may_be_called,
            format!("{route} leads to {function:?}, which may not be called"),
        );
        led.insert(properties["RouteKey"].as_str().unwrap_or_default().to_owned(), function);
    }
    let expected = ROUTES.map(|(key, function)| (key.to_owned(), function.to_owned()));
    faults.same("the routes", led, expected.into());
    faults.found()
}
