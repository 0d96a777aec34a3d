//! The public API that manages: one file per resource, with the types of its requests and answers beside what is done
//! with them. What a request must look like is checked before (`http`); here are the rules that need the table.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::addresses::Addresses;
use super::admit::Admit;
use crate::error::{Error, Result};
use crate::ports::{CallError, Ports};
use crate::store::Store;
use crate::store::list::{Listed, Paging};

mod activate;
pub mod addresses;
pub mod apps;
pub mod audit;
pub mod bots;
pub mod channel_body;
pub mod channels;
pub mod content;
pub mod conversations;
pub mod deliveries;
pub mod files;
pub mod flow_body;
pub mod flows;
pub mod hook_rules;
pub mod inbounds;
pub mod incoming;
pub mod messages;
pub mod outbound_body;
pub mod outbound_view;
pub mod outbounds;
pub mod processes;
pub mod rule_body;
pub mod template_content;
pub mod tenants;
pub mod transfer;

/// Everything behind the public API but the sending of outbounds.
pub struct Manage {
    pub(crate) store: Store,
    pub(crate) ports: Ports,
    pub(crate) admit: Arc<Admit>,
    addresses: Addresses,
}

impl Manage {
    pub fn new(store: Store, ports: &Ports, addresses: Addresses) -> Self {
        let admit = Arc::new(Admit::new(store.clone(), ports));
        Self { store, ports: ports.clone(), admit, addresses }
    }

    /// Lets calls in.
    pub fn admit(&self) -> Arc<Admit> {
        Arc::clone(&self.admit)
    }

    /// That a customer's address may be called: https, public, without credentials in it. Where it resolves to is
    /// looked at again with each call.
    pub(crate) fn check_target(&self, address: &str, field: &str) -> Result<()> {
        let url = url::Url::parse(address).map_err(|_| {
            Error::invalid(field, "must be an address such as https://example.com/")
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid(field, "must not hold a user name or a password"));
        }
        match self.ports.http.check_public(&url) {
            Ok(()) => Ok(()),
            Err(CallError::Forbidden { rule, .. }) => Err(Error::invalid(field, rule)),
            Err(error) => Err(Error::unavailable("http", error)),
        }
    }

    /// 16 bytes for a new id.
    pub(crate) fn draw(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.ports.random.fill(&mut bytes);
        bytes
    }
}

/// Which page of a list (contracts 1.4).
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ListQuery {
    /// Entries at most; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u32>,
    /// `next_key` of the page before.
    #[param(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

impl ListQuery {
    pub fn paging(self) -> Paging {
        let paging = Paging::default();
        Paging { size: self.page_size.unwrap_or(paging.size), start: self.start_key }
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListOf<T: ToSchema> {
    pub items: Vec<T>,
    /// Opaque; null at the end.
    pub next_key: Option<String>,
}

impl<T: ToSchema> ListOf<T> {
    /// A page of views of what is stored.
    pub fn of<U>(listed: Listed<U>, view: impl FnMut(U) -> T) -> Self {
        let listed = listed.map(view);
        Self { items: listed.items, next_key: listed.next }
    }
}

/// What was stored, or a 404 that names it.
pub(crate) fn found<T>(stored: Option<T>, what: &'static str) -> Result<T> {
    stored.ok_or(crate::error::Error::NotFound { what })
}
