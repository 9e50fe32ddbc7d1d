//! A step of a plan: what becomes of which object, and the call that does it.

use http::Method;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use serde_json::Value;

use crate::secrets::{SecretName, Secrets};

/// What a secret is shown as.
pub(crate) const MASK: &str = "***";

/// An object of a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Object {
    /// Nexus: the license agreement.
    Eula,
    /// Nexus: the list of active realms.
    Realms,
    /// Nexus: a repository.
    Repository(String),
    /// Nexus: a role.
    Role(String),
    /// Nexus: a user.
    User(String),
    /// Nexus: anonymous access, which applies to all repositories.
    AnonymousAccess,
    /// Nexus: the proxy that Nexus itself uses.
    OutgoingProxy,
    /// Harbor: an endpoint, which is the upstream of a proxy cache.
    Endpoint(String),
    /// Harbor: a project.
    Project(String),
    /// Harbor: the quota of a project.
    Quota(String),
    /// Harbor: a robot account, named without its prefix.
    Robot(String),
}

/// A field that has one value and is to get another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The field as the product's API names it, with the fields that it is in: `proxy.metadataMaxAge`.
    pub field: String,
    /// Its value; null if it has none.
    pub from: Value,
    /// The value that it gets.
    pub to: Value,
}

/// What becomes of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "action", content = "fields", rename_all = "snake_case")]
pub enum Change {
    /// It does not exist, and is created.
    Create,
    /// It exists, and these fields are set. All others keep their values.
    Set(Vec<Difference>),
}

/// The body of a call. The secrets in it are places and names, not values.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    json: Value,
    secrets: Vec<(&'static str, SecretName)>,
}

impl Body {
    /// A body without secrets.
    pub fn new(json: Value) -> Self {
        Self { json, secrets: Vec::new() }
    }

    /// With a secret at this place (a JSON pointer, RFC 6901), which must have a value already.
    #[must_use]
    pub fn secret(mut self, place: &'static str, name: SecretName) -> Self {
        if let Some(value) = self.json.pointer_mut(place) {
            *value = MASK.into();
            self.secrets.push((place, name));
        }
        self
    }

    /// What can be shown: each secret is `***`.
    pub fn masked(&self) -> &Value {
        &self.json
    }

    /// What is sent. `Err` names a secret that is not known.
    pub(crate) fn filled(&self, secrets: &Secrets) -> Result<Value, SecretName> {
        let mut json = self.json.clone();
        for (place, name) in &self.secrets {
            let secret = secrets.get(*name).ok_or(*name)?;
            if let Some(value) = json.pointer_mut(place) {
                *value = secret.expose().into();
            }
        }
        Ok(json)
    }
}

/// A request that changes something.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path below the API's root, percent-encoded.
    pub path: String,
    /// The body.
    pub body: Body,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is changed.
    pub object: Object,
    /// How.
    pub change: Change,
    /// By which call.
    pub call: Call,
}

impl Step {
    /// A step that creates an object.
    pub(crate) fn create(object: Object, path: impl Into<String>, body: Body) -> Self {
        let call = Call { method: Method::POST, path: path.into(), body };
        Self { object, change: Change::Create, call }
    }

    /// A step that sets fields of an object.
    pub(crate) fn set(
        object: Object,
        differences: Vec<Difference>,
        path: impl Into<String>,
        body: Body,
    ) -> Self {
        let call = Call { method: Method::PUT, path: path.into(), body };
        Self { object, change: Change::Set(differences), call }
    }

    /// Whether somebody must agree: it changes what exists. The license agreement and anonymous access each have a flag
    /// of their own, which is the agreement.
    pub fn needs_consent(&self) -> bool {
        matches!(self.change, Change::Set(_))
            && !matches!(self.object, Object::Eula | Object::AnonymousAccess)
    }

    /// Whether this is the step that was shown: the same fields of the same object get the same values. Fields that a
    /// call only sends back may differ.
    pub(crate) fn is(&self, shown: &Self) -> bool {
        self.object == shown.object && self.change == shown.change
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 5)?;
        step.serialize_field("object", &self.object)?;
        step.serialize_field("change", &self.change)?;
        step.serialize_field("method", self.call.method.as_str())?;
        step.serialize_field("path", &self.call.path)?;
        step.serialize_field("body", self.call.body.masked())?;
        step.end()
    }
}

#[cfg(test)]
mod tests {
    use egress::Secret;
    use serde_json::json;

    use super::*;
    use crate::secrets::Account;

    #[test]
    fn a_secret_is_only_in_what_is_sent() {
        let name = SecretName::Account(Account::Pull);
        let body = Body::new(json!({"userId": "a", "password": "***"})).secret("/password", name);
        let step = Step::create(Object::User("a".into()), "/security/users", body);
        let mut secrets = Secrets::default();
        assert_eq!(step.call.body.filled(&secrets), Err(name));
        secrets.insert(name, Secret::new("hunter2"));
        let sent = step.call.body.filled(&secrets).unwrap();
        assert_eq!(sent, json!({"userId": "a", "password": "hunter2"}));
        let shown = format!("{step:?} {} {secrets:?}", serde_json::to_string(&step).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}
