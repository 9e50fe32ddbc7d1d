//! What users have asked of an API server, from its audit log: which rights a program uses, and which it lacks.

use std::fs;

use serde_json::Value;

use super::ApiServer;

/// The log, in the server's directory.
pub(super) const LOG: &str = "audit.log";
/// The policy's file.
pub(super) const POLICY: &str = "audit-policy";
/// Users without rights of their own, and no more than what they ask for.
pub(super) const RULES: &str = r"
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, users: [alice, bob, carol]}
- {level: None}
";

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// As `list`; `get` for a path.
    pub verb: String,
    /// The API's group; empty for pods and the like.
    pub group: String,
    /// As `pods` or `pods/exec`; empty for a path.
    pub resource: String,
    /// The namespace, if it is of one.
    pub namespace: String,
    /// Name of the object, if it is about one.
    pub name: String,
    /// The path of the URL.
    pub path: String,
    /// Whether the user's rights allowed it.
    pub allowed: bool,
}

impl ApiServer {
    /// What this user has asked for since the server was first started, as far as it has been answered, or has begun to be.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn asked_by(&self, user: &str) -> anyhow::Result<Vec<Asked>> {
        let log = fs::read_to_string(self.directory().join(LOG))?;
        // A line that is being written is no JSON yet.
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(events.filter(|event| event["user"]["username"] == user).map(|event| asked(&event)).collect())
    }
}

fn asked(event: &Value) -> Asked {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let uri = text(&event["requestURI"]);
    Asked {
        verb: text(&event["verb"]),
        group: text(&object["apiGroup"]),
        resource: match object["subresource"].as_str() {
            Some(part) => format!("{}/{part}", text(&object["resource"])),
            None => text(&object["resource"]),
        },
        namespace: text(&object["namespace"]),
        name: text(&object["name"]),
        path: uri.split('?').next().unwrap_or_default().to_owned(),
        allowed: event["annotations"]["authorization.k8s.io/decision"] == "allow",
    }
}
