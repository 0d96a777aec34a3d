//! `/v1/hook-rules`, their deliveries, and `/v1/signing-secret`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Ids, Reply};
use crate::domain::ids::{EventId, HookRuleId};
use crate::handlers::admit::Call;
use crate::handlers::manage::deliveries::{
    DeliveriesQuery, DeliveryDetail, DeliveryView, Replay, Replayed,
};
use crate::handlers::manage::hook_rules::{
    CreatedRule, NewSecret, Rotation, RuleView, SigningSecretView,
};
use crate::handlers::manage::rule_body::RuleTerms;
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(create_hook_rule, hook_rules))
        .routes(routes!(hook_rule, update_hook_rule, delete_hook_rule))
        .routes(routes!(rotate_hook_secret))
        .routes(routes!(deliveries))
        .routes(routes!(delivery))
        .routes(routes!(replay_delivery))
        .routes(routes!(replay_deliveries))
        .routes(routes!(signing_secret))
        .routes(routes!(rotate_signing_secret))
}

/// Create a hook rule
///
/// Every event that it listens to is posted to its address, signed as in Standard Webhooks. The secret is in this
/// answer only. A receiver verifies `webhook-signature` over `<webhook-id>.<webhook-timestamp>.<body>`; in the format
/// `jwt` the body is a JWT (HS256) under the secret's text. Any 2xx within 15 seconds is a success.
#[utoipa::path(post, path = "/v1/hook-rules", tag = "hooks", request_body = RuleTerms,
    responses((status = 201, body = CreatedRule)))]
async fn create_hook_rule(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<RuleTerms>,
) -> Answer<CreatedRule> {
    Ok(Reply::created(manage.create_hook_rule(&call, new).await?))
}

/// List hook rules
#[utoipa::path(get, path = "/v1/hook-rules", tag = "hooks", params(ListQuery),
    responses((status = 200, body = ListOf<RuleView>)))]
async fn hook_rules(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<RuleView>> {
    Ok(Reply::ok(manage.hook_rules(&call, query).await?))
}

/// Read a hook rule
#[utoipa::path(get, path = "/v1/hook-rules/{rule_id}", tag = "hooks",
    params(("rule_id" = HookRuleId, Path)), responses((status = 200, body = RuleView)))]
async fn hook_rule(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
) -> Answer<RuleView> {
    Ok(Reply::ok(manage.hook_rule(&call, id).await?))
}

/// Replace a hook rule
///
/// Its secret stays. `enabled: true` switches an endpoint on again that was switched off.
#[utoipa::path(put, path = "/v1/hook-rules/{rule_id}", tag = "hooks",
    params(("rule_id" = HookRuleId, Path)), request_body = RuleTerms,
    responses((status = 200, body = RuleView)))]
async fn update_hook_rule(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
    Body(new): Body<RuleTerms>,
) -> Answer<RuleView> {
    Ok(Reply::ok(manage.update_hook_rule(&call, id, new).await?))
}

/// Delete a hook rule
///
/// What still waits for it is dropped.
#[utoipa::path(delete, path = "/v1/hook-rules/{rule_id}", tag = "hooks",
    params(("rule_id" = HookRuleId, Path)), responses((status = 204)))]
async fn delete_hook_rule(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
) -> Emptied {
    manage.delete_hook_rule(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace a rule's secret
///
/// The new secret is in this answer only. During the overlap `webhook-signature` carries a signature by each of the
/// two; a JWT carries one and is signed by the older secret until the overlap ends.
#[utoipa::path(post, path = "/v1/hook-rules/{rule_id}/rotate-secret", tag = "hooks",
    params(("rule_id" = HookRuleId, Path)), request_body = Rotation,
    responses((status = 200, body = NewSecret)))]
async fn rotate_hook_secret(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
    Body(rotation): Body<Rotation>,
) -> Answer<NewSecret> {
    Ok(Reply::ok(manage.rotate_hook_secret(&call, id, rotation).await?))
}

/// List a rule's deliveries
///
/// Of the last 30 days, the newest first.
#[utoipa::path(get, path = "/v1/hook-rules/{rule_id}/deliveries", tag = "hooks",
    params(("rule_id" = HookRuleId, Path), DeliveriesQuery),
    responses((status = 200, body = ListOf<DeliveryView>)))]
async fn deliveries(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
    Query(query): Query<DeliveriesQuery>,
) -> Answer<ListOf<DeliveryView>> {
    Ok(Reply::ok(manage.deliveries(&call, id, query).await?))
}

/// Read a delivery with its attempts
#[utoipa::path(get, path = "/v1/hook-rules/{rule_id}/deliveries/{event_id}", tag = "hooks",
    params(("rule_id" = HookRuleId, Path), ("event_id" = EventId, Path)),
    responses((status = 200, body = DeliveryDetail)))]
async fn delivery(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Ids(rule, event): Ids<HookRuleId, EventId>,
) -> Answer<DeliveryDetail> {
    Ok(Reply::ok(manage.delivery(&call, rule, event).await?))
}

/// Send one event again
///
/// Whatever became of it, under the same `webhook-id`.
#[utoipa::path(post, path = "/v1/hook-rules/{rule_id}/deliveries/{event_id}/replay", tag = "hooks",
    params(("rule_id" = HookRuleId, Path), ("event_id" = EventId, Path)),
    responses((status = 202, body = DeliveryView)))]
async fn replay_delivery(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Ids(rule, event): Ids<HookRuleId, EventId>,
) -> Answer<DeliveryView> {
    Ok(Reply::accepted(manage.replay_delivery(&call, rule, event).await?))
}

/// Send the events of a time span again
///
/// All of them, or with `state` those that stand so; each under its own `webhook-id`. Page by page: call again with
/// `next_key` as `start_key` until it is null.
#[utoipa::path(post, path = "/v1/hook-rules/{rule_id}/replay", tag = "hooks",
    params(("rule_id" = HookRuleId, Path)), request_body = Replay,
    responses((status = 202, body = Replayed)))]
async fn replay_deliveries(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<HookRuleId>,
    Body(replay): Body<Replay>,
) -> Answer<Replayed> {
    Ok(Reply::accepted(manage.replay_deliveries(&call, id, replay).await?))
}

/// Since when there is a secret for the calls of `webhook` steps
#[utoipa::path(get, path = "/v1/signing-secret", tag = "hooks",
    responses((status = 200, body = SigningSecretView)))]
async fn signing_secret(
    State(manage): State<Arc<Manage>>,
    call: Call,
) -> Answer<SigningSecretView> {
    Ok(Reply::ok(manage.signing_secret(&call).await?))
}

/// Make or replace the secret that signs the calls of `webhook` steps
///
/// The secret is in this answer only. Calls that have no rule of their own are signed by it, as hooks are.
#[utoipa::path(post, path = "/v1/signing-secret/rotate", tag = "hooks", request_body = Rotation,
    responses((status = 200, body = NewSecret)))]
async fn rotate_signing_secret(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(rotation): Body<Rotation>,
) -> Answer<NewSecret> {
    Ok(Reply::ok(manage.rotate_signing_secret(&call, rotation).await?))
}
