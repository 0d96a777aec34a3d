//! `/v1/messages`, `/v1/incoming-requests`, `/v1/conversations`.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Id, Reply};
use crate::domain::ids::{ConversationId, MessageId};
use crate::handlers::admit::Call;
use crate::handlers::manage::conversations::{ConversationBody, ConversationsQuery};
use crate::handlers::manage::incoming::IncomingRequest;
use crate::handlers::manage::messages::{MessageBody, NewMessage, QueuedMessage};
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(send_message))
        .routes(routes!(message))
        .routes(routes!(incoming_request))
        .routes(routes!(conversations))
        .routes(routes!(conversation))
        .routes(routes!(conversation_messages))
}

/// Send a message
///
/// Free-form messages need an open service window: 24 hours after the user's last message.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", request_body = NewMessage,
    responses((status = 202, body = QueuedMessage)))]
async fn send_message(
    State(manage): State<Arc<Manage>>,
    call: Call,
    headers: HeaderMap,
    Body(new): Body<NewMessage>,
) -> Answer<QueuedMessage> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    Ok(Reply::accepted(manage.send_message(&call, new, host).await?))
}

/// Read a message with its statuses
#[utoipa::path(get, path = "/v1/messages/{message_id}", tag = "messages",
    params(("message_id" = MessageId, Path)), responses((status = 200, body = MessageBody)))]
async fn message(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<MessageId>,
) -> Answer<MessageBody> {
    Ok(Reply::ok(manage.message(&call, id).await?))
}

/// Write to an existing chat
#[utoipa::path(post, path = "/v1/incoming-requests", tag = "messages", request_body = IncomingRequest,
    responses((status = 202, body = QueuedMessage)))]
async fn incoming_request(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<IncomingRequest>,
) -> Answer<QueuedMessage> {
    Ok(Reply::accepted(manage.incoming_request(&call, new).await?))
}

/// List conversations
///
/// Channel by channel, the newest day first.
#[utoipa::path(get, path = "/v1/conversations", tag = "messages", params(ConversationsQuery),
    responses((status = 200, body = ListOf<ConversationBody>)))]
async fn conversations(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ConversationsQuery>,
) -> Answer<ListOf<ConversationBody>> {
    Ok(Reply::ok(manage.conversations(&call, query).await?))
}

/// Read a conversation
#[utoipa::path(get, path = "/v1/conversations/{conversation_id}", tag = "messages",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ConversationBody)))]
async fn conversation(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ConversationId>,
) -> Answer<ConversationBody> {
    Ok(Reply::ok(manage.conversation(&call, id).await?))
}

/// List a conversation's messages, newest first
#[utoipa::path(get, path = "/v1/conversations/{conversation_id}/messages", tag = "messages",
    params(("conversation_id" = ConversationId, Path), ListQuery),
    responses((status = 200, body = ListOf<MessageBody>)))]
async fn conversation_messages(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ConversationId>,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<MessageBody>> {
    Ok(Reply::ok(manage.conversation_messages(&call, id, query).await?))
}
