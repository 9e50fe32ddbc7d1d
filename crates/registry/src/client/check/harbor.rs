//! What Harbor's own API shows of the project that a path is in (`/api/v2.0`, Harbor 2.15).

use http::{Method, StatusCode};
use oci::RepositoryName;
use serde_json::Value;

use super::{
    Fact, FailureKind, NotChecked, Outcome,
    api::{document_with_login, with_login},
};
use crate::client::{connection::Connection, reply::Reply};

/// With less room a push may fail, in bytes: a full delivery is 25 to 50 GB.
const NEEDED: u64 = 50_000_000_000;

/// Whether a path is in a proxy cache.
pub(super) enum CacheState {
    /// A proxy cache, and the address of its upstream if that is shown.
    Cache(Option<String>),
    /// An ordinary project.
    NoCache,
    /// Not known.
    Unknown,
}

/// What is known of a project.
pub(super) struct Project {
    name: String,
    exists: Option<bool>,
    /// The project as an object: `GET /projects/{name}`, or out of the list of projects. Every robot account may read the
    /// list, and sees its own projects there; the project itself it may read only with the permission `project:read`.
    details: Option<Value>,
    /// `GET /projects/{name}/summary`.
    summary: Option<Value>,
    /// The number of rules that make tags immutable.
    immutable_rules: Option<usize>,
}

impl Project {
    /// Reads it, with the login of the client.
    pub(super) async fn read(connection: &Connection, path: &RepositoryName) -> Self {
        let name = path.as_str().split('/').next().unwrap_or_default().to_owned();
        let at = |rest: &str| format!("/api/v2.0/projects/{name}{rest}");
        let (head, list_at, rules_at, details_at, summary_at) = (
            format!("/api/v2.0/projects?project_name={name}"),
            format!("/api/v2.0/projects?q=name%3D{name}"),
            at("/immutabletagrules"),
            at(""),
            at("/summary"),
        );
        let (exists, listed, details, summary, rules) = futures_util::join!(
            with_login(connection, Method::HEAD, &head),
            with_login(connection, Method::GET, &list_at),
            document_with_login(connection, &details_at),
            document_with_login(connection, &summary_at),
            with_login(connection, Method::GET, &rules_at),
        );
        let listed = listed.and_then(list).into_iter().flatten().find(|it| it["name"] == name.as_str());
        let exists = match exists.map(|reply| reply.status) {
            Some(StatusCode::OK) => Some(true),
            Some(StatusCode::NOT_FOUND) => Some(false),
            _ => None,
        };
        let immutable_rules = rules.and_then(list).map(|rules| rules.len());
        Self { name, exists, details: details.or(listed), summary, immutable_rules }
    }

    /// Whether it exists.
    pub(super) fn existence(&self) -> Outcome {
        match self.exists {
            Some(true) => Outcome::Ok(Fact::Project(self.name.clone())),
            Some(false) => Outcome::Failure(FailureKind::Registry, Fact::NoProject(self.name.clone())),
            None => Outcome::NotChecked(NotChecked::NotShown),
        }
    }

    /// Whether it is a proxy cache.
    pub(super) fn proxy_cache(&self) -> CacheState {
        let Some(details) = &self.details else { return CacheState::Unknown };
        if details.get("registry_id").and_then(Value::as_u64).unwrap_or(0) == 0 {
            return CacheState::NoCache;
        }
        let upstream = self.summary.as_ref().and_then(|it| it.get("registry")?.get("url")?.as_str());
        CacheState::Cache(upstream.map(|url| foreign_text::ForeignText::from(url).into()))
    }

    /// Its quota.
    pub(super) fn quota(&self) -> Outcome {
        let quota = self.summary.as_ref().and_then(|summary| summary.get("quota"));
        let storage = |part: &str| quota?.get(part)?.get("storage")?.as_i64();
        let (Some(limit), Some(used)) = (storage("hard"), storage("used")) else {
            return Outcome::NotChecked(NotChecked::NotShown);
        };
        let (limit, used) = (u64::try_from(limit).ok(), u64::try_from(used).unwrap_or(0));
        let fact = Fact::Quota { limit, used };
        match limit {
            Some(limit) if limit.saturating_sub(used) < NEEDED => Outcome::Warning(fact),
            _ => Outcome::Ok(fact),
        }
    }

    /// Its rules that make tags immutable: release channels are tags that move.
    pub(super) fn immutable_tags(&self) -> Outcome {
        match self.immutable_rules {
            None => Outcome::NotChecked(NotChecked::NotShown),
            Some(0) => Outcome::Ok(Fact::ImmutableRules(0)),
            Some(rules) => Outcome::Warning(Fact::ImmutableRules(rules)),
        }
    }
}

/// The JSON list in a reply; `None` if it is another reply.
#[expect(clippy::needless_pass_by_value, reason = "used as the last step of a chain")]
fn list(reply: Reply) -> Option<Vec<Value>> {
    (reply.status == StatusCode::OK).then(|| serde_json::from_slice(&reply.body).ok()).flatten()
}
