//! The way in: which path leads to which function, and which addresses are told to callers and providers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::config::{Function, Variable};
use shared::domain::channel::ProviderKind;
use tests::template::{arn, deployed, functions, reference, resources};

use super::faults::Faults;

/// The routes and where they lead.
fn routes() -> BTreeMap<String, String> {
    let webhooks = ProviderKind::ALL.map(|provider| {
        (format!("ANY /v1/webhooks/{}/{{channel}}", provider.as_str()), webhook(provider))
    });
    let others = [("$default", "Api"), ("ANY /v1/whatsapp/outbounds/send", "OutboundSend")];
    let others = others.map(|(route, function)| (route.to_owned(), function.to_owned()));
    webhooks.into_iter().chain(others).collect()
}

/// The resource of a provider's webhook: its function's name, each part with a capital.
fn webhook(provider: ProviderKind) -> String {
    let parts = Function::Webhook(provider).name().split('-');
    parts.map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// Every route leads to a function that may be called, and is throttled.
pub(super) fn check_routes(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let template = &deployed(template, &[("Entry", "HttpApi")]);
    let integrations = resources(template, "AWS::ApiGatewayV2::Integration");
    let permissions: BTreeSet<String> = resources(template, "AWS::Lambda::Permission")
        .values()
        .filter(|permission| permission["Principal"] == "apigateway.amazonaws.com")
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
        faults.expect(may_be_called, format!("{route}: {function:?} may not be called"));
        led.insert(properties["RouteKey"].as_str().unwrap_or_default().to_owned(), function);
    }
    let routes = routes();
    faults.same("the routes", &led, &routes);
    for (name, stage) in resources(template, "AWS::ApiGatewayV2::Stage") {
        let own = stage["RouteSettings"].as_object().into_iter().flatten();
        let own: BTreeMap<&str, &Value> =
            own.map(|(route, settings)| (route.as_str(), settings)).collect();
        for route in routes.keys() {
            let settings =
                own.get(route.as_str()).copied().unwrap_or(&stage["DefaultRouteSettings"]);
            let limits = ["ThrottlingBurstLimit", "ThrottlingRateLimit"];
            let is_held = limits.iter().all(|limit| settings[limit].as_u64() > Some(0));
            faults.expect(is_held, format!("{name} lets {route} through without a limit"));
        }
        let is_known = own.keys().all(|key| routes.contains_key(*key));
        faults.expect(is_known, format!("{name} throttles a route that is not there"));
    }
    let urls = resources(template, "AWS::Lambda::Url").len();
    faults.same("Function URLs beside the HTTP API", urls, 0);
    faults.found()
}

/// Without the HTTP API each function that answers calls has an address, and anybody may call it.
pub(super) fn check_function_urls(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let template = &deployed(template, &[("Entry", "FunctionUrls")]);
    let mut urls: BTreeMap<String, String> = BTreeMap::new();
    for (name, url) in resources(template, "AWS::Lambda::Url") {
        faults.same(&format!("callers of {name}"), &url["AuthType"], &json!("NONE"));
        urls.insert(arn(&url["TargetFunctionArn"]).unwrap_or_default().to_owned(), name);
    }
    let expected: BTreeSet<String> = routes().into_values().collect();
    faults.same("functions with an address", urls.keys().cloned().collect(), expected);
    let permissions = resources(template, "AWS::Lambda::Permission");
    for function in urls.keys() {
        let of =
            |p: &&Value| reference(&p["FunctionName"]) == Some(function) && p["Principal"] == "*";
        let allowed: Vec<&Value> = permissions.values().filter(of).collect();
        let url = allowed.iter().any(|permission| {
            permission["Action"] == "lambda:InvokeFunctionUrl"
                && permission["FunctionUrlAuthType"] == "NONE"
        });
        let invoke = allowed.iter().any(|permission| {
            permission["Action"] == "lambda:InvokeFunction"
                && permission["InvokedViaFunctionUrl"] == true
        });
        faults.expect(url && invoke, format!("{function} may not be called by its address"));
    }
    let gone = template["Resources"].as_object().into_iter().flatten();
    let gone = gone.filter(|(_, resource)| {
        resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::ApiGatewayV2::"))
    });
    faults.same("parts of the HTTP API", gone.count(), 0);
    faults.found()
}

/// What the API is told of its own address is where it is served, however it is deployed; and where it is told
/// nothing, webhooks have addresses of their own.
pub(super) fn check_public_url(template: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    let own = json!({"Fn::Sub": "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"});
    let domain = json!({"Fn::Sub": "https://${DomainName}"});
    let given = json!({"Ref": "PublicUrl"});
    let function = |name: &str| json!({"Fn::GetAtt": format!("{name}.FunctionUrl")});
    let urls = ("Entry", "FunctionUrls");
    let (at, certified) = (("DomainName", "wharf.example"), ("CertificateArn", "arn:aws:acm:..."));
    let in_front = ("PublicUrl", "https://cdn.example");
    for (parameters, public, told, is_own) in [
        (&[][..], &own, &own, false),
        (&[at, certified][..], &domain, &domain, false),
        (&[in_front][..], &given, &given, false),
        (&[in_front, at, certified][..], &given, &given, false),
        (&[urls][..], &json!(""), &function("ApiUrl"), true),
        (&[urls, in_front][..], &given, &given, false),
    ] {
        let deployed = deployed(template, parameters);
        let functions = functions(&deployed);
        let Some((_, api)) = functions.get("api") else { return vec!["there is no API".into()] };
        let value = |variable: Variable| &api["Environment"]["Variables"][variable.name()];
        let what = |name: &str| format!("{name} with {parameters:?}");
        faults.same(&what("PUBLIC_URL"), value(Variable::PublicUrl), public);
        faults.same(&what("the output"), &deployed["Outputs"]["PublicUrl"]["Value"], told);
        for provider in ProviderKind::ALL {
            let own = function(&format!("{}Url", webhook(provider)));
            let told = if is_own { own } else { json!("") };
            let variable = Variable::WebhookUrl(provider);
            faults.same(&what(variable.name()), value(variable), &told);
        }
        let mapped = resources(&deployed, "AWS::ApiGatewayV2::ApiMapping").len();
        let is_mapped = parameters.contains(&at);
        faults.same(&what("mappings of the domain"), mapped, usize::from(is_mapped));
    }
    faults.found()
}
