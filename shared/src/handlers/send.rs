//! Sends an approved outbound to a user (contracts 3.3, T48-T54): checks, stores the evidence of consent together with
//! the message, queues it. The provider is called by `deliver`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit::{Admit, Call};
use super::effects::{TRIES, message_job};
use super::hook;
use super::manage::content::check_place;
use super::manage::found;
use super::manage::outbound_body::check_file;
use super::manage::outbounds::SendStatus;
use crate::domain::channel::Channel;
use crate::domain::conversation::{Conversation, LastSend, SENDS_MAX};
use crate::domain::hook::{EventKind, HookEvent};
use crate::domain::ids::{EventId, FlowId, MessageId, OutboundId, OutboundSendId};
use crate::domain::message::{Location, Origin, OutsideWindow, Sending, ToUser};
use crate::domain::outbound::{Filling, Outbound, OutboundSend, Reply, ReviewStatus, payload};
use crate::domain::phone::{self, Number};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::user::{Address, WaId};
use crate::error::{Error, Result};
use crate::ports::{Job, Ports, Queue, QueueName, Random};
use crate::store::Store;

/// A sending of an outbound.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewSend {
    /// An approved one.
    pub outbound_id: OutboundId,
    /// Without the country code.
    #[schema(min_length = 4, max_length = 40, format = "phone")]
    pub phone_number: String,
    /// `57`, `+57` or `CO`; may be left out if the number starts with a plus.
    #[schema(min_length = 1, max_length = 6, format = "country")]
    pub country_code: Option<String>,
    /// That the user agreed to get this: must be true, and is kept as evidence.
    pub user_authorized: bool,
    /// What starts when the user agrees; required unless the outbound is a notification.
    pub flow_id: Option<FlowId>,
    /// A value for each variable.
    #[serde(default)]
    pub var: BTreeMap<String, String>,
    /// Echoed in hooks.
    #[schema(min_length = 1, max_length = 128)]
    pub account_id: Option<String>,
    /// The file above the text, in place of the one of the creation: an https address.
    #[schema(min_length = 1, max_length = 2048, format = "uri")]
    pub media_url: Option<String>,
    /// Of a document above the text.
    #[schema(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
    /// The place above the text; required where the type is LOCATION.
    pub header_location: Option<Location>,
    /// A coupon's code, in place of the example of the creation.
    #[schema(min_length = 1, max_length = 15)]
    pub copy_code: Option<String>,
    /// When the limited-time offer ends; required where it does.
    pub offer_expiration: Option<Time>,
}

/// A sending that was accepted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SendAccepted {
    pub outbound_message_id: OutboundSendId,
    pub outbound_id: OutboundId,
    /// With the country code.
    pub phone_number: String,
    pub status: SendStatus,
    pub creation_date: Time,
}

impl NewSend {
    /// What it fills the outbound with.
    fn filling(&self, now: Time) -> Result<Filling> {
        if let Some(address) = &self.media_url {
            check_file(address, "media_url")?;
        }
        if let Some(place) = &self.header_location {
            check_place(place, "header_location")?;
        }
        if self.offer_expiration.is_some_and(|end| end <= now) {
            return Err(Error::invalid("offer_expiration", "must be in the future"));
        }
        Ok(Filling {
            values: self.var.clone(),
            media_url: self.media_url.clone(),
            filename: self.filename.clone(),
            location: self.header_location.clone(),
            copy_code: self.copy_code.clone(),
            offer_expires: self.offer_expiration,
        })
    }
}

/// All that the checks found.
struct Checked {
    outbound: Outbound,
    channel: Channel,
    number: Number,
    filling: Filling,
    flow: Option<FlowId>,
    account_id: Option<String>,
}

/// The handler of `POST /v1/whatsapp/outbounds/send`.
pub struct SendOutbound {
    store: Store,
    random: Arc<dyn Random>,
    queue: Arc<dyn Queue>,
    admit: Arc<Admit>,
}

impl SendOutbound {
    pub fn new(store: Store, ports: &Ports) -> Self {
        let admit = Arc::new(Admit::new(store.clone(), ports));
        let (random, queue) = (Arc::clone(&ports.random), Arc::clone(&ports.queue));
        Self { store, random, queue, admit }
    }

    /// Lets calls in.
    pub fn admit(&self) -> Arc<Admit> {
        Arc::clone(&self.admit)
    }

    pub async fn send(&self, call: &Call, new: NewSend) -> Result<SendAccepted> {
        call.require(Role::Integrator)?;
        let checked = self.check(call, new).await?;
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let id = OutboundSendId::from_bytes(id);
        let accepted = SendAccepted {
            outbound_message_id: id,
            outbound_id: checked.outbound.id,
            phone_number: checked.number.digits().to_owned(),
            status: SendStatus::Queued,
            creation_date: call.now,
        };
        for _ in 0..TRIES {
            match self.store_and_queue(call, id, &checked, &accepted).await {
                Err(Error::Changed(_)) => {}
                done => return done.map(|()| accepted),
            }
        }
        Err(Error::Changed("the conversation"))
    }

    /// In the order of contracts 3.3.
    async fn check(&self, call: &Call, new: NewSend) -> Result<Checked> {
        let tenant = call.caller.tenant;
        let number = phone::dial(new.country_code.as_deref().unwrap_or(""), &new.phone_number)
            .map_err(|wrong| Error::invalid(wrong.field(), wrong.to_string()))?;
        let outbound = found(self.store.outbound(tenant, new.outbound_id).await?, "outbound_id")?;
        if outbound.status != ReviewStatus::Approved {
            let rule = format!("outbound_id is {}, not APPROVED", outbound.status.as_str());
            return Err(Error::Refused { field: Some("outbound_id".to_owned()), rule });
        }
        if !new.user_authorized {
            return Err(Error::invalid("user_authorized", "must be true"));
        }
        let filling = outbound.fit(new.filling(call.now)?)?;
        let flow = if outbound.is_notification { None } else { new.flow_id };
        if !outbound.is_notification && flow.is_none() {
            let rule = "is required unless the outbound is a notification";
            return Err(Error::invalid("flow_id", rule));
        }
        if let Some(id) = flow {
            let flow = self.store.flow(tenant, id).await?;
            found(flow.filter(|flow| flow.published.is_some()), "flow_id")?;
        }
        let channel = self.store.channel(outbound.channel).await?;
        let channel = channel.filter(|channel| channel.active);
        let inactive = || Error::Conflict("the channel of the outbound is not active".to_owned());
        let channel = channel.ok_or_else(inactive)?;
        let account_id = new.account_id;
        Ok(Checked { outbound, channel, number, filling, flow, account_id })
    }

    async fn store_and_queue(
        &self,
        call: &Call,
        id: OutboundSendId,
        checked: &Checked,
        accepted: &SendAccepted,
    ) -> Result<()> {
        let mut conversation = self.conversation(call, id, checked).await?;
        // The caller vouches for it (T52), whatever the user said before.
        let new_consent = conversation.opted_in.replace(true) != Some(true);
        let to = conversation.address.clone();
        let sending = sending(call.now, id, checked, &conversation, new_consent);
        let send = OutboundSend {
            id,
            outbound: checked.outbound.id,
            tenant: call.caller.tenant,
            channel: checked.channel.id,
            to,
            message: sending.id,
            flow: checked.flow,
            variables: checked.filling.values.clone(),
            account_id: checked.account_id.clone(),
            authorized_by: call.caller.id,
            reply: None,
            created: call.now,
        };
        let jobs = self.jobs(checked, &send, &sending).await?;
        let receipt = self.admit.receipt(call, 202, accepted, jobs.clone())?;
        self.store.queue_send(&send, &sending, &conversation, receipt).await?;
        for (queue, job) in jobs {
            self.queue.put(queue, vec![job]).await?;
        }
        Ok(())
    }

    /// The user's conversation, with this sending as its newest.
    async fn conversation(
        &self,
        call: &Call,
        id: OutboundSendId,
        checked: &Checked,
    ) -> Result<Conversation> {
        let (tenant, channel) = (call.caller.tenant, checked.channel.id);
        let number = WaId::parse(checked.number.digits())
            .map_err(|wrong| Error::invalid("phone_number", wrong.to_string()))?;
        let address = Address::Phone(number);
        let stored = self.store.conversation(address.conversation(channel), true).await?;
        let is_new = stored.is_none();
        let mut conversation =
            stored.unwrap_or_else(|| Conversation::new(tenant, channel, address.clone(), call.now));
        // Who has written is answered under the id that came; who has not is reached under the one that was given, unless
        // that one is known to have been the user's before.
        let is_own = conversation.id == address.conversation(channel);
        if !is_new && is_own && conversation.last_user_message.is_none() {
            conversation.address = address;
        }
        conversation.active = call.now;
        let text = |reply| checked.outbound.button_text(reply).map(str::to_owned);
        conversation.sends.push(LastSend {
            outbound: checked.outbound.id,
            send: id,
            flow: checked.flow,
            account_id: checked.account_id.clone(),
            continue_text: text(Reply::Continue),
            cancel_text: text(Reply::Cancel),
            reply: None,
            time: call.now,
        });
        let surplus = conversation.sends.len().saturating_sub(SENDS_MAX);
        conversation.sends.drain(..surplus);
        Ok(conversation)
    }

    async fn jobs(
        &self,
        checked: &Checked,
        send: &OutboundSend,
        sending: &Sending,
    ) -> Result<Vec<(QueueName, Job)>> {
        let event = started(checked, send);
        let hooks = hook::jobs(&self.store, send.created, &[event]).await?;
        let mut jobs = vec![(QueueName::Message, message_job(sending, "")?)];
        jobs.extend(hooks.into_iter().map(|job| (QueueName::Hook, job)));
        Ok(jobs)
    }
}

fn sending(
    now: Time,
    id: OutboundSendId,
    checked: &Checked,
    conversation: &Conversation,
    new_consent: bool,
) -> Sending {
    let outbound = &checked.outbound;
    let template = outbound.message(&checked.filling, |reply| payload(outbound.id, reply));
    Sending {
        id: MessageId::of(conversation.id, now, &[id.bytes()]),
        channel: checked.channel.id,
        to: conversation.address.clone(),
        time: now,
        received: None,
        content: ToUser::Template(template),
        origin: Origin::Outbound { outbound: outbound.id, send: id, new_consent },
        reply_to: None,
        window_closes: conversation.window_closes(),
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}

/// `whatsapp_outbound` / `started` (contracts 9.2).
fn started(checked: &Checked, send: &OutboundSend) -> HookEvent {
    HookEvent {
        id: EventId::derive(&[send.id.bytes(), b"started"]),
        tenant: send.tenant,
        channel: send.channel,
        flow: send.flow,
        kind: EventKind::WhatsappOutbound,
        action: "started".to_owned(),
        time: send.created,
        sequence: None,
        object: serde_json::json!({
            "outbound_id": send.outbound, "outbound_message_id": send.id,
            "account_id": send.account_id, "conversation_id": send.message.conversation(),
            "phone_number": send.to.phone(), "waba_phone_number": checked.channel.phone_number,
            "flow_id": send.flow, "platform": "whatsapp", "reply": null,
        }),
    }
}
