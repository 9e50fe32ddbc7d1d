//! Nexus Repository 3, through its REST API (`/service/rest/v1`).

mod accounts;
pub(crate) mod findings;
mod observed;
mod plan;
mod repository;
mod server;
#[cfg(test)]
mod tests;
mod wanted;

use egress::Settings;

use crate::{
    api::{AdminUrl, Api, Login},
    error::Error,
    finding::{Finding, Refusal},
    product::{AccountState, Product},
    secrets::{Account, Secrets},
    step::{Change, Object, Step},
};

pub use observed::Observed;
pub use plan::plan;
pub use wanted::{Connectors, OutgoingProxy, ProxyServer, Upstream, Wanted};

/// A Nexus, and what is wanted of it.
#[derive(Debug)]
pub struct Nexus {
    api: Api,
    wanted: Wanted,
}

impl Nexus {
    /// The Nexus at this address, with the login of an administrator.
    ///
    /// # Errors
    /// What is wrong with trust files and proxy variables.
    pub fn new(
        settings: &Settings,
        url: &AdminUrl,
        plain_http: bool,
        login: Login,
        wanted: Wanted,
    ) -> Result<Self, Error> {
        Ok(Self { api: Api::new(settings, url, "/service/rest", plain_http, login)?, wanted })
    }
}

impl Product for Nexus {
    type Observed = Observed;

    fn api(&self) -> &Api {
        &self.api
    }

    async fn observe(&self, secrets: &Secrets) -> Result<Observed, Error> {
        observed::observe(&self.api, &self.wanted, secrets).await
    }

    fn plan(&self, observed: &Observed) -> Result<Vec<Step>, Refusal> {
        plan(&self.wanted, observed)
    }

    fn findings(&self, observed: &Observed) -> Vec<Finding> {
        findings::findings(&self.wanted, observed)
    }

    fn accounts(&self, observed: &Observed) -> Vec<AccountState> {
        let state = |wanted: &wanted::WantedAccount| AccountState {
            account: wanted.account,
            login: wanted.name.clone(),
            exists: observed.users.contains_key(&wanted.account),
        };
        self.wanted.accounts().iter().map(state).collect()
    }

    fn creates(&self, step: &Step) -> Option<Account> {
        let (Object::User(name), Change::Create) = (&step.object, &step.change) else { return None };
        self.wanted.accounts().iter().find(|it| it.name == *name).map(|it| it.account)
    }
}
