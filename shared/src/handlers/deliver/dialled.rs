//! The provider calls the number that was dialled by another one. What that means for the user's talks is looked into
//! where they are decided on.

use std::time::Duration;

use super::Deliver;
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Occurrence, What};
use crate::domain::message::Sending;
use crate::domain::user::{Address, WaId};
use crate::error::{Error, Result};
use crate::ports::{Job, QueueName};

impl Deliver {
    /// Tells of it, where the answer names somebody else than the sending.
    pub(super) async fn dialled(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        wa_id: Option<WaId>,
    ) -> Result<()> {
        let (Address::Phone(number), Some(wa_id)) = (&sending.to, wa_id) else { return Ok(()) };
        if *number == wa_id {
            return Ok(());
        }
        let what = What::Dialled { conversation: sending.conversation(), wa_id };
        let received = self.clock.now();
        let occurrence = Occurrence { channel: channel.id, delivery: None, received, what };
        let body =
            serde_json::to_string(&occurrence).map_err(|e| Error::internal(e.to_string()))?;
        let (group, id) = (sending.conversation().to_string(), format!("{}-dialled", sending.id));
        let job = Job { group, id, body, delay: Duration::ZERO };
        self.queue.put(QueueName::Event, vec![job]).await
    }
}
