//! What a Harbor has of what a setup needs.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;

use super::wanted::Wanted;
use crate::{
    api::{Answer, Api, As, segment},
    error::Error,
    secrets::{Account, SecretName, Secrets},
};

/// The largest page that Harbor gives.
const PAGE: usize = 100;

/// A project whose name consists of digits would be taken for a number.
const BY_NAME: (&str, &str) = ("x-is-resource-name", "true");

/// What a Harbor has of what a setup needs.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Its version, such as `v2.15.2-080b0220`.
    pub version: String,
    /// The endpoint, as the API gives it.
    pub endpoint: Option<Value>,
    /// The project, as the API gives it.
    pub project: Option<Value>,
    /// The quota of the project: its number, and the limit in bytes (none if unlimited).
    pub quota: Option<(u64, Option<u64>)>,
    /// The robots, as the API gives them.
    pub robots: BTreeMap<Account, Value>,
    /// Whether a known secret is right, for robots that exist and can log in.
    pub passwords: BTreeMap<Account, bool>,
    /// Rules for immutable tags of the project.
    pub immutable_rules: Vec<Value>,
    /// The retention policy of the project.
    pub retention: Option<Value>,
    /// Which secrets are known.
    pub known: BTreeSet<SecretName>,
}

/// Reads everything that is needed. Nothing is changed.
pub(super) async fn observe(api: &Api, wanted: &Wanted, secrets: &Secrets) -> Result<Observed, Error> {
    let info = api.read("/systeminfo").await?;
    if info["auth_mode"].is_null() && info["harbor_version"].is_null() {
        return Err(api.not_the_product(&Method::GET, "/systeminfo", "this is not the API of a Harbor"));
    }
    // Harbor ignores the quota of somebody else silently. A robot has no such flag.
    if wanted.quota.is_some() || wanted.upstream.is_some() {
        match api.read("/users/current").await {
            Ok(user) if user["sysadmin_flag"] == false => {
                let reason = "quotas and proxy caches need a system administrator".into();
                let (login, call) = (api.login().to_owned(), format!("PUT {}", api.url("/quotas")));
                return Err(Error::Forbidden { login, call, reason });
            }
            Err(Error::Refused { .. }) | Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    let mut observed = Observed {
        version: info["harbor_version"].as_str().unwrap_or_default().to_owned(),
        known: secrets.names(),
        ..Observed::default()
    };
    if let Some(upstream) = &wanted.upstream {
        observed.endpoint = endpoint(api, &upstream.endpoint).await?;
    }
    let project = segment(&wanted.project);
    // Unlike 403 for a project that does not exist, this is the same for every login.
    if api.head(&format!("/projects?project_name={project}")).await?.is_missing() {
        return Ok(observed);
    }
    let found = api.get_as(As::Admin, &format!("/projects/{project}"), &[BY_NAME]).await?;
    let Some(found) = document(&found) else { return Ok(observed) };
    let id = found["project_id"].as_u64().unwrap_or_default();
    if wanted.quota.is_some() {
        observed.quota = quota(api, id).await?;
    }
    observed.immutable_rules = list(api, &format!("/projects/{id}/immutabletagrules?")).await?;
    let retention = &found["metadata"]["retention_id"];
    if let Some(retention) = retention.as_str().filter(|it| it.bytes().all(|byte| byte.is_ascii_digit())) {
        observed.retention = api.find(&format!("/retentions/{retention}")).await?;
    }
    observed.project = Some(found);
    let robots = list(api, &format!("/robots?q=Level%3Dproject,ProjectID%3D{id}&")).await?;
    for robot in wanted.robots() {
        // The prefix of robots is a setting.
        let end = format!("{}+{}", wanted.project, robot.name);
        let is_it = |it: &&Value| {
            let prefix = it["name"].as_str().and_then(|name| name.strip_suffix(&end));
            prefix.is_some_and(|prefix| !prefix.ends_with(|last: char| last.is_ascii_alphanumeric()))
        };
        let Some(found) = robots.iter().find(is_it) else { continue };
        let name = found["name"].as_str().unwrap_or_default();
        if is_usable(found)
            && let Some(secret) = secrets.get(SecretName::Account(robot.account))
        {
            let who = As::Other(name, secret);
            let probe = api.get_as(who, &format!("/projects/{project}"), &[BY_NAME]).await;
            observed.passwords.insert(robot.account, accepted(probe)?);
        }
        observed.robots.insert(robot.account, found.clone());
    }
    Ok(observed)
}

/// Whether a login was accepted. A robot that lacks a right is logged in.
fn accepted(probe: Result<Answer, Error>) -> Result<bool, Error> {
    match probe {
        Ok(_) | Err(Error::Forbidden { .. }) => Ok(true),
        Err(Error::Unauthorized { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The secret of a disabled robot is refused, whatever it is; that of a robot which has a limited life may be.
fn is_usable(robot: &Value) -> bool {
    robot["disable"] != true && robot["expires_at"].as_i64().is_none_or(|at| at == -1)
}

fn document(answer: &Answer) -> Option<Value> {
    answer.json().filter(|_| !answer.is_missing())
}

async fn endpoint(api: &Api, name: &str) -> Result<Option<Value>, Error> {
    // The value of a query is unescaped twice.
    let query = segment(&format!("name={}", segment(name)));
    let endpoints = list(api, &format!("/registries?q={query}&")).await?;
    // A key that a version does not know is ignored, and everything is given.
    Ok(endpoints.into_iter().find(|it| it["name"] == name))
}

async fn quota(api: &Api, project: u64) -> Result<Option<(u64, Option<u64>)>, Error> {
    let quotas = api.read(&format!("/quotas?reference=project&reference_id={project}")).await?;
    let quotas = quotas.as_array().into_iter().flatten();
    // As above: what was not filtered is filtered here.
    let quota = quotas.into_iter().find(|quota| quota["ref"]["id"] == project);
    Ok(quota.and_then(|quota| Some((quota["id"].as_u64()?, quota["hard"]["storage"].as_u64()))))
}

/// All pages of a list. `path` ends with `?` or `&`.
async fn list(api: &Api, path: &str) -> Result<Vec<Value>, Error> {
    /// Ten thousand robots in a project are not a project of ours.
    const PAGES: usize = 100;
    let mut items = Vec::new();
    for page in 1..=PAGES {
        let found = api.read(&format!("{path}page={page}&page_size={PAGE}")).await?;
        let Value::Array(found) = found else { break };
        let is_last = found.len() < PAGE;
        items.extend(found);
        if is_last {
            break;
        }
    }
    Ok(items)
}
