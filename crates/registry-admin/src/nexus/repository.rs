//! The step for the repository.

use serde_json::Value;

use super::{
    observed::{Observed, Repository},
    wanted::Wanted,
};
use crate::{
    api::segment,
    finding::Refusal,
    secrets::SecretName,
    step::{Body, MASK, Object, Step},
    values::{at, differences, put},
};

/// The first version with path-based routing.
const PATH_ROUTING: (u64, u64) = (3, 84);

/// Where the password for the upstream is.
const PASSWORD: &str = "/httpClient/authentication/password";

pub(super) fn repository(wanted: &Wanted, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let object = Object::Repository(wanted.repository.clone());
    if wanted.format == "docker"
        && wanted.connectors.by_path()
        && let Some((major, minor)) = observed.version.filter(|version| *version < PATH_ROUTING)
    {
        return Err(Refusal::NoPathRouting { version: format!("{major}.{minor}") });
    }
    match &observed.repository {
        Repository::Other { format, kind } => Err(Refusal::OtherKind {
            object,
            found: format!("{format} ({kind})").into(),
            wanted: format!("{} ({})", wanted.format, wanted.kind()),
        }),
        Repository::Missing => new(wanted, observed, object).map(Some),
        Repository::Found(current) => changed(wanted, observed, current, object),
    }
}

fn new(wanted: &Wanted, observed: &Observed, object: Object) -> Result<Step, Refusal> {
    if !observed.blob_stores.contains_key(&wanted.blob_store) {
        let known = observed.blob_stores.keys().map(|name| name.as_str().into()).collect();
        return Err(Refusal::NoBlobStore { name: wanted.blob_store.clone(), known });
    }
    let mut body = wanted.new_repository();
    for (field, value) in wanted.managed() {
        put(&mut body, field, value);
    }
    let body = Body::new(body).secret(PASSWORD, SecretName::Upstream);
    let path = format!("/v1/repositories/{}/{}", wanted.format, wanted.kind());
    Ok(Step::create(object, path, body))
}

/// A write replaces the repository, so everything that was read is sent back.
fn changed(
    wanted: &Wanted,
    observed: &Observed,
    current: &Value,
    object: Object,
) -> Result<Option<Step>, Refusal> {
    // Nexus gives `writePolicy` in the case in which it was sent.
    let found = differences(current, &wanted.managed(), str::eq_ignore_ascii_case);
    let Some(first) = found.first() else { return Ok(None) };
    let mut body = current.clone();
    for difference in &found {
        put(&mut body, &difference.field, difference.to.clone());
    }
    if let Some(fields) = body.as_object_mut() {
        for derived in ["format", "type", "url"] {
            fields.remove(derived);
        }
        // Requests and answers have different names for it.
        if let Some(rule) = fields.get("routingRuleName").filter(|rule| !rule.is_null()).cloned() {
            fields.insert("routingRule".to_owned(), rule);
        }
    }
    let mut body_has_password = false;
    if at(&body, "httpClient.authentication").is_object() {
        if !observed.known.contains(&SecretName::Upstream) {
            return Err(Refusal::PasswordNeeded { object, field: first.field.clone() });
        }
        put(&mut body, "httpClient.authentication.password", MASK.into());
        body_has_password = true;
    }
    let body = Body::new(body);
    let body = if body_has_password { body.secret(PASSWORD, SecretName::Upstream) } else { body };
    let path =
        format!("/v1/repositories/{}/{}/{}", wanted.format, wanted.kind(), segment(&wanted.repository));
    Ok(Some(Step::set(object, found, path, body)))
}
