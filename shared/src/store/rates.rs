//! How fast a number sends (whatsapp-rules 4, aws-facts 7). Every environment has a few tokens of its own that come
//! back slowly; whoever needs more leases a slice of those that all environments share in this second. Seldom sent is
//! therefore sent for nothing, and much for a twentieth of a write unit per message.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Store;
use super::keys;
use super::table::{Changes, When, Write, Written, attr};
use crate::domain::channel::Channel;
use crate::domain::ids::{ChannelId, ConversationId};
use crate::domain::rate::Bucket;
use crate::domain::time::Time;
use crate::error::Result;

/// Tokens of one lease, and of an environment's own at most.
const SLICE: u32 = 20;

/// So many environments of `message-deliver` work side by side (`ScalingConfig` in the template); together they have
/// a quarter of the number's rate as their own.
const ENVIRONMENTS: u32 = 20;
const OWN_PART: u32 = 4;

/// How long a number is slower after its provider said that it was too fast (aws-facts 7).
const SLOW: Duration = Duration::from_mins(1);

/// One message in 6 s to one user over time; so many may go at once (whatsapp-rules 4). Where that was too much after
/// all, the provider says so and the waits grow.
const PAIR_PER_SECOND: u64 = 167;
const PAIR_BURST: u32 = 45;

/// Users and numbers remembered at most; when more come, all are forgotten.
const KNOWN_MAX: usize = 1000;

/// A slice is of no use after its second; readers never ask for an older one.
const SLICE_KEPT_S: i64 = 60;

/// On a slice: how many tokens are leased.
const USED: &str = "u";

/// What this environment knows of its numbers and users.
#[derive(Default)]
pub(crate) struct Rates {
    numbers: Mutex<HashMap<ChannelId, Own>>,
    pairs: Mutex<HashMap<ConversationId, Bucket>>,
}

/// A number's tokens in this environment.
#[derive(Clone, Copy)]
struct Own {
    bucket: Bucket,
    slow_until: Time,
    /// The second of which nothing is left to lease: asking again would be paid for.
    dry: i64,
}

/// Where a message's token comes from.
enum Turn {
    Own,
    /// From a lease of those that all environments share: so many in this second.
    Lease {
        of: u32,
    },
    /// From the next second.
    Dry,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In thousandths per second.
fn own_refill(per_second: u32) -> u64 {
    u64::from(per_second) * 1000 / u64::from(OWN_PART * ENVIRONMENTS)
}

impl Rates {
    /// How long this user has to be left alone.
    fn pair(&self, conversation: ConversationId, now: Time) -> Option<Duration> {
        let mut pairs = lock(&self.pairs);
        if pairs.len() >= KNOWN_MAX {
            pairs.clear();
        }
        let bucket = pairs.entry(conversation).or_insert_with(|| Bucket::with(PAIR_BURST, now));
        bucket.refill(PAIR_BURST, PAIR_PER_SECOND, now);
        (!bucket.take()).then(|| bucket.next(PAIR_PER_SECOND))
    }

    /// A token of the environment's own, or where to get others.
    fn own(&self, channel: ChannelId, per_second: u32, now: Time) -> Turn {
        let mut numbers = lock(&self.numbers);
        if numbers.len() >= KNOWN_MAX {
            numbers.clear();
        }
        let fresh =
            || Own { bucket: Bucket::with(SLICE, now), slow_until: Time::default(), dry: 0 };
        let own = numbers.entry(channel).or_insert_with(fresh);
        let is_slow = now < own.slow_until;
        if !is_slow {
            own.bucket.refill(SLICE, own_refill(per_second), now);
        }
        let shared = per_second - per_second / OWN_PART;
        let shared = if is_slow { shared / 2 } else { shared };
        if own.bucket.take() {
            return Turn::Own;
        }
        if own.dry == now.seconds() { Turn::Dry } else { Turn::Lease { of: shared.max(1) } }
    }

    /// What became of a lease: so many tokens more, or none in this second.
    fn leased(&self, channel: ChannelId, tokens: Option<u32>, now: Time) {
        if let Some(own) = lock(&self.numbers).get_mut(&channel) {
            match tokens {
                Some(tokens) => own.bucket.add(tokens),
                None => own.dry = now.seconds(),
            }
        }
    }
}

impl Store {
    /// Whether a message may go now, as far as its number's and its user's rate go: `None`, or how long it has to
    /// wait.
    pub async fn take_turn(
        &self,
        channel: &Channel,
        conversation: ConversationId,
        now: Time,
    ) -> Result<Option<Duration>> {
        let rates = &self.caches.rates;
        match rates.own(channel.id, channel.limits.per_second(), now) {
            Turn::Own => return Ok(rates.pair(conversation, now)),
            Turn::Dry => {}
            Turn::Lease { of } => {
                let tokens = SLICE.min(of);
                if self.lease(channel.id, tokens, of, now).await? {
                    // One of them is for this message.
                    rates.leased(channel.id, Some(tokens - 1), now);
                    return Ok(rates.pair(conversation, now));
                }
                rates.leased(channel.id, None, now);
            }
        }
        let millis = u64::try_from(now.millis().rem_euclid(1000)).unwrap_or(0);
        Ok(Some(Duration::from_millis(1000 - millis)))
    }

    /// The provider said that the number is too fast: for a minute there is half as much to share, and nothing of this
    /// environment's own.
    pub fn slow_down(&self, channel: ChannelId, now: Time) {
        let own = Own { bucket: Bucket::with(0, now), slow_until: now + SLOW, dry: 0 };
        lock(&self.caches.rates.numbers).insert(channel, own);
    }

    /// Takes so many of this second's tokens, if there are.
    async fn lease(&self, channel: ChannelId, tokens: u32, of: u32, now: Time) -> Result<bool> {
        let second = now.seconds();
        let changes = Changes {
            set: vec![(attr::TTL.to_owned(), (second + SLICE_KEPT_S).into())],
            add: vec![(USED.to_owned(), i64::from(tokens))],
            ..Changes::default()
        };
        let when = When::AtMost(USED, i64::from(of - tokens));
        let write = Write::Update { key: keys::rate(channel, second), changes, when };
        Ok(matches!(self.table.write(vec![write]).await?, Written::Done(_)))
    }
}
