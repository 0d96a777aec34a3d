//! Apps, whose tokens guard webhooks (contracts 11.3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ListOf, ListQuery, Manage, found};
use crate::domain::channel::AppAlgorithm;
use crate::domain::ids::AppId;
use crate::domain::tenant::{App, Role};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// A new app.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewApp {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The one algorithm of its tokens; HS256 where nothing is said.
    pub algorithm: Option<AppAlgorithm>,
}

/// An app as it is shown: never its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppView {
    pub app_id: AppId,
    pub name: String,
    pub algorithm: AppAlgorithm,
    pub client_id: String,
    pub creation_date: Time,
}

/// A new app, with its secret: it is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedApp {
    #[serde(flatten)]
    pub view: AppView,
    pub client_secret: String,
}

impl From<App> for AppView {
    fn from(app: App) -> Self {
        let (name, algorithm, client_id) = (app.name, app.algorithm, app.client_id);
        Self { app_id: app.id, name, algorithm, client_id, creation_date: app.created }
    }
}

impl Manage {
    pub async fn create_app(&self, call: &Call, new: NewApp) -> Result<CreatedApp> {
        call.require(Role::ChannelsAdmin)?;
        let id = AppId::from_bytes(self.draw());
        let mut secret = [0; 64];
        self.ports.random.fill(&mut secret);
        let client_secret = hex::encode(secret);
        let app = App {
            id,
            tenant: call.caller.tenant,
            name: new.name,
            algorithm: new.algorithm.unwrap_or_default(),
            client_id: client_id(self.draw()),
            client_secret: self
                .ports
                .secrets
                .seal(&id.to_string(), client_secret.as_bytes())
                .await?,
            created: call.now,
        };
        let created = CreatedApp { view: app.clone().into(), client_secret };
        let receipt = self.admit.secret_receipt(call, 201, &created).await?;
        self.store.create_app(&app, receipt).await?;
        Ok(created)
    }

    pub async fn app(&self, call: &Call, id: AppId) -> Result<AppView> {
        call.require(Role::ChannelsAdmin)?;
        Ok(found(self.store.app(call.caller.tenant, id).await?, "app_id")?.into())
    }

    pub async fn apps(&self, call: &Call, query: ListQuery) -> Result<ListOf<AppView>> {
        call.require(Role::ChannelsAdmin)?;
        let apps = self.store.apps(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(apps, AppView::from))
    }

    /// [`Error::Conflict`] while a channel is associated with it: its webhook would be open or dead.
    pub async fn delete_app(&self, call: &Call, id: AppId) -> Result<()> {
        call.require(Role::ChannelsAdmin)?;
        let tenant = call.caller.tenant;
        found(self.store.app(tenant, id).await?, "app_id")?;
        if self.store.any_channel(tenant, |channel| channel.associated_app == Some(id)).await? {
            return Err(Error::Conflict("a channel is associated with the app".to_owned()));
        }
        self.store.delete_app(tenant, id).await
    }
}

/// `cs-` and a UUID of version 4.
fn client_id(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    format!("cs-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
