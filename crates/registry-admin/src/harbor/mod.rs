//! Harbor 2, through its API (`/api/v2.0`).

mod findings;
mod observed;
mod plan;
mod robots;
#[cfg(test)]
mod tests;
mod wanted;

use egress::{Secret, Settings};

use crate::{
    api::{AdminUrl, Answer, Api, Login},
    error::Error,
    finding::{Finding, Refusal},
    product::{AccountState, Product},
    secrets::{Account, Secrets},
    step::{Change, Object, Step},
};

pub use observed::Observed;
pub use plan::plan;
pub use wanted::{Upstream, Wanted};

/// A Harbor, and what is wanted of it.
#[derive(Debug)]
pub struct Harbor {
    api: Api,
    wanted: Wanted,
}

impl Harbor {
    /// The Harbor at this address, with the login of an administrator.
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
        Ok(Self { api: Api::new(settings, url, "/api/v2.0", plain_http, login)?, wanted })
    }
}

impl Product for Harbor {
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
        let state = |robot: &wanted::WantedRobot| {
            let found = observed.robots.get(&robot.account);
            let login = found
                .and_then(|it| it["name"].as_str())
                .map_or_else(|| format!("robot${}+{}", self.wanted.project, robot.name), str::to_owned);
            AccountState { account: robot.account, login, exists: found.is_some() }
        };
        self.wanted.robots().iter().map(state).collect()
    }

    fn creates(&self, step: &Step) -> Option<Account> {
        let (Object::Robot(name), Change::Create) = (&step.object, &step.change) else { return None };
        let name = name.strip_prefix(&self.wanted.project)?.strip_prefix('+')?;
        self.wanted.robots().iter().find(|it| it.name == name).map(|it| it.account)
    }

    /// Harbor shows it in the answer to the creation, and never again.
    fn generated_secret(&self, answer: &Answer) -> Option<Secret> {
        let document = answer.json()?;
        let secret = document["secret"].as_str().filter(|it| !it.is_empty())?;
        Some(Secret::new(secret))
    }
}
