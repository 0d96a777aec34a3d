//! The OpenAPI 3.1 document of the public API: paths and schemas come from the routes, what all of them share is
//! added here.

use utoipa::PartialSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, License, ObjectBuilder, OpenApi, Ref, RefOr,
    Required, Response, ResponseBuilder, SecurityRequirement, Type,
};

use super::error::{Detail, ProblemBody};
use super::{api, outbound_send};

/// The document.
pub fn document() -> OpenApi {
    let mut document = api::paths();
    document.merge(outbound_send::paths());
    document.info = InfoBuilder::new()
        .title("Wharf")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "WhatsApp gateway: many providers, one API. Bodies are JSON or forms; in a form, and \
             at the top of a JSON body, a dotted key stands for a nested field. Times are RFC 3339 \
             in UTC. Lists come in pages.",
        ))
        .license(Some(License::new("Apache-2.0")))
        .build();
    add_components(&mut document);
    for item in document.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, .. } = item;
        if let Some(operation) = post.as_mut() {
            add_idempotency(operation);
        }
        [get, put, post, delete].into_iter().flatten().for_each(add_problem);
    }
    document.security = Some(vec![
        SecurityRequirement::new::<_, [&str; 0], &str>("bearer", []),
        SecurityRequirement::new::<_, [&str; 0], &str>("truora", []),
    ]);
    document
}

fn add_components(document: &mut OpenApi) {
    let own = document.components.take().unwrap_or_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let truora = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("Truora-API-Key")));
    let problem = ResponseBuilder::new()
        .description("What is wrong: RFC 9457, with the field and the rule that it breaks")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build(),
        )
        .header(
            "Retry-After",
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
                .description(Some("Seconds, where asking again helps"))
                .build(),
        )
        .build();
    let mut components = ComponentsBuilder::new()
        .security_scheme("bearer", bearer)
        .security_scheme("truora", truora)
        .schema("Detail", Detail::schema())
        .schema("ProblemBody", ProblemBody::schema())
        .response("Problem", problem)
        .build();
    components.schemas.extend(own.schemas);
    document.components = Some(components);
}

/// README 6: on every POST.
fn add_idempotency(operation: &mut Operation) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Kept for 24 h: the same request is answered the same again, with \
             `Idempotent-Replayed: true`; another one with the same key is refused",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(255))
                .pattern(Some("^[!-~]+$")),
        ))
        .build();
    operation.parameters.get_or_insert_default().push(key.into());
}

fn add_problem(operation: &mut Operation) {
    let problem: RefOr<Response> = Ref::from_response_name("Problem").into();
    operation.responses.responses.insert("default".to_owned(), problem);
}
