//! Every key of the table, spelled here and nowhere else.
//!
//! | item | pk | sk | index |
//! |---|---|---|---|
//! | tenant | `TENANT#<id>` | `TENANT` | |
//! | API key | `KEY#<sha-256>` | `KEY` | `TENANT#<id>` / `KEY#<id>` |
//! | app | `TENANT#<id>` | `APP#<id>` | |
//! | channel | `CHANNEL#<id>` | `CHANNEL` | `TENANT#<id>` / `CHANNEL#<id>` |
//! | a tenant's number | `TENANT#<id>` | `NUMBER#<digits>` | |
//! | inbound, outbound, flow, hook rule | `TENANT#<id>` | `INBOUND#<id>`, `OUTBOUND#<id>`, `FLOW#<id>`, `HOOK#<id>` | |
//! | outbound by template | | | `TEMPLATE#<channel>` / `<template name>` |
//! | bot | `TENANT#<id>` | `BOT#<id>` | |
//! | the text of an inbound | `TEXT#<channel>#<sha-256 of its normal form>` | `TEXT` | |
//! | published version of a flow | `FLOW#<id>` | `VERSION#<number>` | |
//! | outbound being reviewed | `REVIEW` | `<next poll>#<id>` | |
//! | sending of an outbound | `SEND#<id>` | `SEND` | |
//! | conversation | `CONV#<id>` | `CONVERSATION` | `CHANNEL#<id>` / `CONV#<day of last activity>#<id>` |
//! | where a conversation went | `CONV#<id>` | `CONVERSATION` | |
//! | message | `CONV#<id>` | `MESSAGE#<time><hash>` | |
//! | a provider's id of a message | `SENT#<channel>#<provider's id>` | `SENT` | |
//! | a provider's id that statuses wait under | `CONV#<id>` | `PARKED` | |
//! | tokens of a number in a second | `RATE#<channel>` | `<epoch second>` | |
//! | process | `PROCESS#<id>` | `PROCESS` | |
//! | a tenant's keys for signing calls | `TENANT#<id>` | `SIGNING` | |
//! | delivery of a hook | `RULE#<rule>` | `DELIVERY#<event>` | `RULE#<rule>` / `DELIVERY#<time>#<event>` |
//! | attempt of a delivery | `RULE#<rule>` | `ATTEMPT#<event>#<number>` | |
//! | idempotent request | `IDEMPOTENCY#<tenant>#<key>` | `IDEMPOTENCY` | |
//! | file | `MEDIA#<id>` | `MEDIA` | |
//! | upload of a file to a provider | `MEDIA#<id>` | `UPLOAD#<channel>` | |
//! | count of the audit (local side only) | `AUDIT#<channel>` | `<outcome>#<reason>` | |

use crate::domain::ids::{
    AppId, BotId, ChannelId, ConversationId, EventId, FlowId, HookRuleId, InboundId, KeyId,
    MediaId, MessageId, OutboundId, OutboundSendId, ProcessId, TenantId,
};

/// Where an item lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

/// The partition of a tenant's own items.
pub fn tenant_partition(tenant: TenantId) -> String {
    format!("TENANT#{tenant}")
}

/// The partition of a conversation and its messages.
pub fn conversation_partition(conversation: ConversationId) -> String {
    format!("CONV#{conversation}")
}

/// The index partition of a channel's conversations.
pub fn channel_partition(channel: ChannelId) -> String {
    format!("CHANNEL#{channel}")
}

pub fn tenant(tenant: TenantId) -> Key {
    key(tenant_partition(tenant), "TENANT")
}

/// `hash` is the hex SHA-256 of the key.
pub fn api_key(hash: &str) -> Key {
    key(format!("KEY#{hash}"), "KEY")
}

pub fn api_key_index(tenant: TenantId, id: KeyId) -> Key {
    key(tenant_partition(tenant), format!("KEY#{id}"))
}

pub fn app(tenant: TenantId, id: AppId) -> Key {
    key(tenant_partition(tenant), format!("APP#{id}"))
}

pub fn channel(id: ChannelId) -> Key {
    key(channel_partition(id), "CHANNEL")
}

pub fn channel_index(tenant: TenantId, id: ChannelId) -> Key {
    key(tenant_partition(tenant), format!("CHANNEL#{id}"))
}

/// Holds the id of the tenant's channel with this number.
pub fn number(tenant: TenantId, digits: &str) -> Key {
    key(tenant_partition(tenant), format!("NUMBER#{digits}"))
}

pub fn inbound(tenant: TenantId, id: InboundId) -> Key {
    key(tenant_partition(tenant), format!("INBOUND#{id}"))
}

/// Holds the inbound that a text starts. `text` is in normal form.
pub fn inbound_text(channel: ChannelId, text: &str) -> Key {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    key(format!("TEXT#{channel}#{}", hex::encode(hash)), "TEXT")
}

pub fn outbound(tenant: TenantId, id: OutboundId) -> Key {
    key(tenant_partition(tenant), format!("OUTBOUND#{id}"))
}

/// Finds an outbound by what its provider calls it.
pub fn outbound_index(channel: ChannelId, template_name: &str) -> Key {
    key(format!("TEMPLATE#{channel}"), template_name)
}

/// An entry of the list of outbounds whose review is asked for; `at` in epoch milliseconds.
pub fn review(at: i64, id: OutboundId) -> Key {
    key("REVIEW", format!("{at:015}#{id}"))
}

pub fn outbound_send(id: OutboundSendId) -> Key {
    key(format!("SEND#{id}"), "SEND")
}

pub fn flow(tenant: TenantId, id: FlowId) -> Key {
    key(tenant_partition(tenant), format!("FLOW#{id}"))
}

pub fn flow_version(id: FlowId, version: u32) -> Key {
    key(format!("FLOW#{id}"), format!("VERSION#{version:010}"))
}

/// How the sort keys of a tenant's bots begin.
pub const BOTS: &str = "BOT#";

pub fn bot(tenant: TenantId, id: BotId) -> Key {
    key(tenant_partition(tenant), format!("{BOTS}{id}"))
}

/// How the sort keys of a tenant's hook rules begin.
pub const HOOK_RULES: &str = "HOOK#";

pub fn hook_rule(tenant: TenantId, id: HookRuleId) -> Key {
    key(tenant_partition(tenant), format!("{HOOK_RULES}{id}"))
}

pub fn signing(tenant: TenantId) -> Key {
    key(tenant_partition(tenant), "SIGNING")
}

/// The partition of a rule's deliveries and their attempts.
pub fn rule_partition(rule: HookRuleId) -> String {
    format!("RULE#{rule}")
}

/// How the sort keys of a rule's deliveries begin, also in the index.
pub const DELIVERIES: &str = "DELIVERY#";

pub fn delivery(rule: HookRuleId, event: EventId) -> Key {
    key(rule_partition(rule), format!("{DELIVERIES}{event}"))
}

/// `created` in epoch milliseconds.
pub fn delivery_index(rule: HookRuleId, created: i64, event: EventId) -> Key {
    key(rule_partition(rule), format!("{DELIVERIES}{created:015}#{event}"))
}

/// How the sort keys of a delivery's attempts begin.
pub fn attempts(event: EventId) -> String {
    format!("ATTEMPT#{event}#")
}

pub fn attempt(rule: HookRuleId, event: EventId, number: u32) -> Key {
    key(rule_partition(rule), format!("{}{number:06}", attempts(event)))
}

pub fn conversation(id: ConversationId) -> Key {
    key(conversation_partition(id), "CONVERSATION")
}

/// `day` is the UTC day of the last activity: it changes once a day at most, because a changed index key is paid for.
pub fn conversation_index(channel: ChannelId, day: &str, id: ConversationId) -> Key {
    key(channel_partition(channel), format!("CONV#{day}#{id}"))
}

pub fn message(id: MessageId) -> Key {
    key(conversation_partition(id.conversation()), format!("MESSAGE#{}", id.sort()))
}

/// Under which of its provider's ids statuses wait for a message to this conversation.
pub fn parked(conversation: ConversationId) -> Key {
    key(conversation_partition(conversation), "PARKED")
}

pub fn sent(channel: ChannelId, provider_id: &str) -> Key {
    key(format!("SENT#{channel}#{provider_id}"), "SENT")
}

/// The tokens that a number's environments share in this second.
pub fn rate(channel: ChannelId, second: i64) -> Key {
    key(format!("RATE#{channel}"), format!("{second:012}"))
}

pub fn process(id: ProcessId) -> Key {
    key(format!("PROCESS#{id}"), "PROCESS")
}

pub fn idempotency(tenant: TenantId, idempotency_key: &str) -> Key {
    key(format!("IDEMPOTENCY#{tenant}#{idempotency_key}"), "IDEMPOTENCY")
}

pub fn media(id: MediaId) -> Key {
    key(format!("MEDIA#{id}"), "MEDIA")
}

/// Holds what a channel's provider called its copy of a file.
pub fn uploaded(id: MediaId, channel: ChannelId) -> Key {
    key(format!("MEDIA#{id}"), format!("UPLOAD#{channel}"))
}

pub fn audit(channel: ChannelId, outcome: &str, reason: &str) -> Key {
    key(format!("AUDIT#{channel}"), format!("{outcome}#{reason}"))
}
