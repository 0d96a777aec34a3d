//! What a channel does with a message that nothing else wants: it starts a flow, or a bot hears it (A7). Both are told
//! by their ids alone, whose letters say which it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::{BotId, FlowId};

/// A channel's default use case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseCase {
    Flow(FlowId),
    Bot(BotId),
}

/// A text that is neither the id of a flow nor that of a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the id of a flow (IPF…) or of a bot (BOT…)")]
pub struct NotAUseCase;

impl UseCase {
    /// The flow, if it is one.
    pub fn flow(self) -> Option<FlowId> {
        match self {
            Self::Flow(id) => Some(id),
            Self::Bot(_) => None,
        }
    }

    /// The bot, if it is one.
    pub fn bot(self) -> Option<BotId> {
        match self {
            Self::Bot(id) => Some(id),
            Self::Flow(_) => None,
        }
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(id) => id.fmt(f),
            Self::Bot(id) => id.fmt(f),
        }
    }
}

impl FromStr for UseCase {
    type Err = NotAUseCase;
    fn from_str(text: &str) -> Result<Self, NotAUseCase> {
        let flow = text.parse().map(Self::Flow);
        flow.or_else(|_| text.parse().map(Self::Bot)).map_err(|_| NotAUseCase)
    }
}

impl Serialize for UseCase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UseCase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for UseCase {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let length = Some(FlowId::PREFIX.len() + 32);
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("The id of a flow (`IPF…`) or of a bot (`BOT…`)."))
            .min_length(length)
            .max_length(length)
            .into()
    }
}

impl utoipa::ToSchema for UseCase {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A7: one field for both; the id says which it is.
    #[test]
    fn an_id_tells_a_flow_from_a_bot() {
        let (flow, bot) = (FlowId::from_bytes([1; 16]), BotId::from_bytes([2; 16]));
        for use_case in [UseCase::Flow(flow), UseCase::Bot(bot)] {
            assert_eq!(use_case.to_string().parse(), Ok(use_case));
        }
        assert_eq!(flow.to_string().parse::<UseCase>().map(UseCase::flow), Ok(Some(flow)));
        assert_eq!(bot.to_string().parse::<UseCase>().map(UseCase::bot), Ok(Some(bot)));
        for wrong in ["", "BOT", "CHN01010101010101010101010101010101", "IPF0101"] {
            assert_eq!(wrong.parse::<UseCase>(), Err(NotAUseCase), "{wrong}");
        }
    }
}
