//! The steps of a setup, in the order in which Harbor accepts them: endpoint, project, quota, robots.

use serde_json::{Value, json};

use super::{
    observed::Observed,
    robots,
    wanted::{Upstream, Wanted},
};
use crate::{
    api::segment,
    finding::Refusal,
    secrets::SecretName,
    step::{Body, Difference, MASK, Object, Step},
    values::differences,
};

/// The only kind of endpoint that a setup creates.
const ENDPOINT_KIND: &str = "docker-registry";

/// The steps that are left.
///
/// # Errors
/// Why this setup is not possible.
pub fn plan(wanted: &Wanted, observed: &Observed) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    if let Some(upstream) = &wanted.upstream {
        steps.extend(endpoint(upstream, observed)?);
    }
    steps.extend(project(wanted, observed)?);
    steps.extend(quota(wanted, observed));
    for robot in wanted.robots() {
        steps.extend(robots::robot(&wanted.project, &robot, observed)?);
    }
    Ok(steps)
}

fn endpoint(wanted: &Upstream, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let object = Object::Endpoint(wanted.endpoint.clone());
    let Some(endpoint) = &observed.endpoint else {
        let mut body = json!({
            "name": wanted.endpoint,
            "type": ENDPOINT_KIND,
            "url": wanted.url,
            "insecure": false,
            "description": "dhctl",
        });
        if let Some(login) = &wanted.login {
            body["credential"] = json!({"type": "basic", "access_key": login, "access_secret": MASK});
        }
        let body = Body::new(body).secret("/credential/access_secret", SecretName::Upstream);
        return Ok(Some(Step::create(object, "/registries", body)));
    };
    if endpoint["type"] != ENDPOINT_KIND {
        let found = endpoint["type"].as_str().unwrap_or_default().into();
        return Err(Refusal::OtherKind { object, found, wanted: ENDPOINT_KIND.to_owned() });
    }
    let mut fields = vec![("url", json!(wanted.url))];
    if let Some(login) = &wanted.login {
        fields.push(("credential.access_key", json!(login)));
    }
    let found = differences(endpoint, &fields, |a, b| a.trim_end_matches('/') == b.trim_end_matches('/'));
    if found.is_empty() {
        return Ok(None);
    }
    // A change has other names for the login than a creation. What is not sent is kept.
    let mut body = json!({"url": wanted.url});
    if let Some(login) = &wanted.login {
        body["credential_type"] = json!("basic");
        body["access_key"] = json!(login);
        body["access_secret"] = json!(MASK);
    }
    let body = Body::new(body).secret("/access_secret", SecretName::Upstream);
    Ok(Some(Step::set(object, found, format!("/registries/{}", endpoint["id"]), body)))
}

fn project(wanted: &Wanted, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let object = Object::Project(wanted.project.clone());
    let public = |is_public: bool| json!(if is_public { "true" } else { "false" });
    let Some(project) = &observed.project else {
        let mut body = json!({
            "project_name": wanted.project,
            "metadata": {"public": public(wanted.public)},
            "storage_limit": wanted.quota.map_or_else(|| json!(-1), |limit| json!(limit)),
        });
        if let Some(upstream) = &wanted.upstream {
            // Harbor numbers endpoints when it creates them.
            let id = observed.endpoint.as_ref().map(|endpoint| endpoint["id"].clone());
            body["registry_id"] =
                id.unwrap_or_else(|| json!(format!("(number of the endpoint {})", upstream.endpoint)));
        }
        return Ok(Some(Step::create(object, "/projects", Body::new(body))));
    };
    let cache_of = project["registry_id"].as_u64().filter(|id| *id != 0);
    let endpoint = observed.endpoint.as_ref().and_then(|endpoint| endpoint["id"].as_u64());
    let kind = |is_cache: bool| if is_cache { "proxy cache" } else { "ordinary project" };
    let other = |found: &str, wanted: &str| {
        Err(Refusal::OtherKind { object: object.clone(), found: found.into(), wanted: wanted.to_owned() })
    };
    match (cache_of, &wanted.upstream) {
        (Some(_), None) => return other(kind(true), kind(false)),
        (None, Some(_)) => return other(kind(false), kind(true)),
        (Some(id), Some(upstream)) if endpoint != Some(id) => {
            let wanted = format!("proxy cache of the endpoint {}", upstream.endpoint);
            return other("proxy cache of another endpoint", &wanted);
        }
        _ => {}
    }
    let current = &project["metadata"]["public"];
    if !wanted.public || *current == public(true) {
        return Ok(None);
    }
    let difference = Difference { field: "metadata.public".into(), from: current.clone(), to: public(true) };
    let body = Body::new(json!({"metadata": {"public": public(true)}}));
    // By its number: a name of digits would be taken for one.
    let path = format!("/projects/{}", project["project_id"]);
    Ok(Some(Step::set(object, vec![difference], path, body)))
}

fn quota(wanted: &Wanted, observed: &Observed) -> Option<Step> {
    let (wanted_limit, (id, limit)) = (wanted.quota?, observed.quota?);
    if limit == Some(wanted_limit) {
        return None;
    }
    let from = limit.map_or_else(|| json!(-1), |limit| json!(limit));
    let difference = Difference { field: "hard.storage".into(), from, to: json!(wanted_limit) };
    let body = Body::new(json!({"hard": {"storage": wanted_limit}}));
    let object = Object::Quota(wanted.project.clone());
    Some(Step::set(object, vec![difference], format!("/quotas/{}", segment(&id.to_string())), body))
}

/// The value of a public project.
pub(super) fn is_public(project: &Value) -> bool {
    project["metadata"]["public"] == "true"
}
