//! Kubeconfig files for one server or several.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::ApiServer;

/// A kubeconfig that is being put together. The first context is the current one.
#[derive(Debug, Clone, Default)]
pub struct Kubeconfig {
    clusters: Vec<Value>,
    users: Vec<Value>,
    contexts: Vec<Value>,
}

impl Kubeconfig {
    /// One without contexts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a context `name`: this server as this user.
    #[must_use]
    pub fn context(self, name: &str, server: &ApiServer, user: &str) -> Self {
        self.context_at(name, server.url(), server.ca_pem(), &ApiServer::token(user))
    }

    /// Adds a context with any address and token, such as those of a server that is not there.
    #[must_use]
    pub fn context_at(mut self, name: &str, url: &str, ca_pem: &str, token: &str) -> Self {
        let ca = BASE64_STANDARD.encode(ca_pem);
        let cluster = json!({ "server": url, "certificate-authority-data": ca });
        self.clusters.push(json!({ "name": name, "cluster": cluster }));
        self.users.push(json!({ "name": name, "user": { "token": token } }));
        self.contexts.push(json!({ "name": name, "context": { "cluster": name, "user": name } }));
        self
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let current = self.contexts.first().map(|context| &context["name"]);
        // JSON is YAML too.
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": current,
            "clusters": self.clusters,
            "users": self.users,
            "contexts": self.contexts,
        })
        .to_string()
    }

    /// Writes the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        fs::write(path, self.text())
    }
}
