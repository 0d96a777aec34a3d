//! Export and import of flows and bots (K33): what they do, never where they are reached. Channels, outbounds and
//! credentials stay behind, and an import touches drafts only.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bots::BotBody;
use super::flow_body::FlowBody;
use super::{Manage, found};
use crate::domain::bot::Bot;
use crate::domain::flow::{Action, Flow};
use crate::domain::ids::{BotId, FlowId};
use crate::domain::tenant::Role;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::store::list::Paging;
use crate::store::transfer::{Change, Import};

/// Flows, and bots, of one bundle: all of an import is one write.
const ENTRIES_MAX: u32 = 45;

/// What to export; everything where nothing is said.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ExportQuery {
    /// This flow.
    pub flow_id: Option<FlowId>,
    /// This bot.
    pub bot_id: Option<BotId>,
}

/// Flows and bots on their way from one tenant to another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Bundle {
    #[serde(default)]
    #[schema(max_items = 45)]
    pub flows: Vec<BundledFlow>,
    #[serde(default)]
    #[schema(max_items = 45)]
    pub bots: Vec<BundledBot>,
}

/// A flow in a bundle.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BundledFlow {
    /// Its id where it was exported. The same id imported again is the same flow.
    #[schema(min_length = 1, max_length = 64)]
    pub id: String,
    /// Without `channels` and `follow_up_outbound_id`.
    pub definition: FlowBody,
}

/// A bot in a bundle.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BundledBot {
    /// Its id where it was exported. The same id imported again is the same bot.
    #[schema(min_length = 1, max_length = 64)]
    pub id: String,
    /// Without `channels`.
    pub definition: BotBody,
}

/// What came of an import, in its order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Imported {
    pub flows: Vec<ImportedFlow>,
    pub bots: Vec<ImportedBot>,
}

/// A flow that was imported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportedFlow {
    /// As the bundle names it.
    pub id: String,
    pub flow_id: FlowId,
    pub result: ImportResult,
}

/// A bot that was imported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportedBot {
    /// As the bundle names it.
    pub id: String,
    pub bot_id: BotId,
    pub result: ImportResult,
}

/// What an import changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportResult {
    Created,
    /// Its draft is another one now.
    Updated,
    Unchanged,
}

impl<T> From<&Change<T>> for ImportResult {
    fn from(change: &Change<T>) -> Self {
        match change {
            Change::Create(_) => Self::Created,
            Change::Replace { .. } => Self::Updated,
            Change::Keep(_) => Self::Unchanged,
        }
    }
}

impl Manage {
    pub async fn export(&self, call: &Call, query: ExportQuery) -> Result<Bundle> {
        call.require(Role::Integrator)?;
        let tenant = call.caller.tenant;
        let is_all = query.flow_id.is_none() && query.bot_id.is_none();
        let paging = Paging { size: ENTRIES_MAX, start: None };
        let (mut flows, mut bots) = (Vec::new(), Vec::new());
        if is_all {
            let (all_flows, all_bots) =
                (self.store.flows(tenant, &paging).await?, self.store.bots(tenant, &paging).await?);
            if all_flows.next.is_some() || all_bots.next.is_some() {
                let rule = format!("there are over {ENTRIES_MAX} flows or bots: name one of them");
                return Err(Error::refused(rule));
            }
            (flows, bots) = (all_flows.items, all_bots.items);
        }
        if let Some(id) = query.flow_id {
            flows.push(found(self.store.flow(tenant, id).await?, "flow_id")?);
        }
        if let Some(id) = query.bot_id {
            bots.push(found(self.store.bot(tenant, id).await?, "bot_id")?);
        }
        Ok(Bundle {
            flows: flows.into_iter().map(bundled_flow).collect(),
            bots: bots.into_iter().map(bundled_bot).collect(),
        })
    }

    /// Everything is checked before anything is written, and written at once.
    pub async fn import(&self, call: &Call, bundle: Bundle) -> Result<Imported> {
        call.require(Role::Integrator)?;
        check_ids("flows", bundle.flows.iter().map(|flow| flow.id.as_str()))?;
        check_ids("bots", bundle.bots.iter().map(|bot| bot.id.as_str()))?;
        let mut import = Import::default();
        let mut imported = Imported { flows: Vec::new(), bots: Vec::new() };
        for (place, flow) in bundle.flows.into_iter().enumerate() {
            let id = flow.id.clone();
            let change = self.flow_change(call, &format!("flows[{place}]"), flow).await?;
            let (flow_id, result) = (change.item().id, (&change).into());
            imported.flows.push(ImportedFlow { id, flow_id, result });
            import.flows.push(change);
        }
        for (place, bot) in bundle.bots.into_iter().enumerate() {
            let id = bot.id.clone();
            let change = self.bot_change(call, &format!("bots[{place}]"), bot).await?;
            let (bot_id, result) = (change.item().id, (&change).into());
            imported.bots.push(ImportedBot { id, bot_id, result });
            import.bots.push(change);
        }
        let receipt = self.admit.receipt(call, 200, &imported, Vec::new())?;
        self.store.import(&import, receipt).await?;
        Ok(imported)
    }

    async fn flow_change(&self, call: &Call, at: &str, new: BundledFlow) -> Result<Change<Flow>> {
        left_out(new.definition.channels.is_empty(), at, "channels")?;
        let has_outbound = new.definition.config.follow_up_outbound_id.is_some();
        left_out(!has_outbound, at, "config.follow_up_outbound_id")?;
        let mut draft = new.definition.read().map_err(|error| inside(at, error))?;
        for (place, step) in draft.steps.iter().enumerate() {
            if let Action::Webhook { url, .. } = &step.action {
                self.check_target(url, &format!("{at}.definition.steps[{place}].url"))?;
            }
        }
        let (tenant, now) = (call.caller.tenant, call.now);
        let own = new.id.parse().ok();
        let own = match own {
            Some(id) => self.store.flow(tenant, id).await?,
            None => None,
        };
        let id = FlowId::derive(&[tenant.bytes(), new.id.as_bytes(), b"import"]);
        let before = match own {
            Some(own) => Some(own),
            None => self.store.flow(tenant, id).await?,
        };
        Ok(match before {
            None => Change::Create(Flow {
                id,
                tenant,
                draft,
                published: None,
                created: now,
                updated: now,
                version: 1,
            }),
            Some(before) => {
                // Where it may start and what follows it up is this tenant's matter.
                draft.channels.clone_from(&before.draft.channels);
                draft.config.follow_up_outbound_id = before.draft.config.follow_up_outbound_id;
                if draft == before.draft {
                    return Ok(Change::Keep(before));
                }
                let version = before.version + 1;
                Change::Replace {
                    version: before.version,
                    item: Flow { draft, updated: now, version, ..before },
                }
            }
        })
    }

    async fn bot_change(&self, call: &Call, at: &str, new: BundledBot) -> Result<Change<Bot>> {
        left_out(new.definition.channels.is_empty(), at, "channels")?;
        self.check_target(&new.definition.url, &format!("{at}.definition.url"))?;
        let (tenant, now) = (call.caller.tenant, call.now);
        let own = match new.id.parse().ok() {
            Some(id) => self.store.bot(tenant, id).await?,
            None => None,
        };
        let id = BotId::derive(&[tenant.bytes(), new.id.as_bytes(), b"import"]);
        let before = match own {
            Some(own) => Some(own),
            None => self.store.bot(tenant, id).await?,
        };
        let mut draft = crate::domain::bot::Terms::from(new.definition);
        Ok(match before {
            None => Change::Create(Bot {
                id,
                tenant,
                draft,
                published: None,
                created: now,
                updated: now,
                version: 1,
            }),
            Some(before) => {
                draft.channels.clone_from(&before.draft.channels);
                if draft == before.draft {
                    return Ok(Change::Keep(before));
                }
                let version = before.version + 1;
                Change::Replace {
                    version: before.version,
                    item: Bot { draft, updated: now, version, ..before },
                }
            }
        })
    }
}

fn bundled_flow(flow: Flow) -> BundledFlow {
    let mut definition = FlowBody::from(flow.draft);
    definition.channels = Vec::new();
    definition.config.follow_up_outbound_id = None;
    BundledFlow { id: flow.id.to_string(), definition }
}

fn bundled_bot(bot: Bot) -> BundledBot {
    let mut definition = BotBody::from(bot.draft);
    definition.channels = Vec::new();
    BundledBot { id: bot.id.to_string(), definition }
}

fn check_ids<'i>(list: &str, ids: impl Iterator<Item = &'i str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (place, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(Error::invalid(format!("{list}[{place}].id"), "is the id of another one"));
        }
    }
    Ok(())
}

/// What belongs to one tenant's channels does not come by an import.
fn left_out(is_left_out: bool, at: &str, field: &str) -> Result<()> {
    if is_left_out {
        return Ok(());
    }
    let rule = "must be left out: it belongs to the channels of where it came from";
    Err(Error::invalid(format!("{at}.definition.{field}"), rule))
}

/// The error of a definition, with its place in the bundle.
fn inside(at: &str, error: Error) -> Error {
    match error {
        Error::Invalid { field, rule } => Error::invalid(format!("{at}.definition.{field}"), rule),
        other => other,
    }
}
