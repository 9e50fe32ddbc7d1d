//! What is wanted of a Nexus.

use serde_json::{Value, json};

use crate::{secrets::Account, step::MASK};

/// What is wanted of a Nexus: a repository, its roles and users, and settings of the server that they need.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The repository.
    pub repository: String,
    /// Its format: `docker`. A Nexus without that format has others, with which the rest can be tried.
    pub format: String,
    /// The realm that has to be active: `DockerToken`.
    pub realm: Option<String>,
    /// The blob store of a new repository.
    pub blob_store: String,
    /// The upstream, if the repository is a proxy cache.
    pub upstream: Option<Upstream>,
    /// How clients reach the repository.
    pub connectors: Connectors,
    /// Login of the account that pulls; also the name of its role.
    pub pull_account: String,
    /// Login of the account that pushes; also the name of its role. A proxy cache has none.
    pub push_account: String,
    /// Whether anonymous access is switched on, which applies to all repositories.
    pub allow_anonymous: bool,
    /// Whether the license agreement is accepted.
    pub accept_eula: bool,
    /// The proxy that Nexus itself uses.
    pub outgoing_proxy: Option<OutgoingProxy>,
}

/// The upstream of a proxy cache.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its URL: `https://HOST[:PORT]`.
    pub url: String,
    /// The login there; its password is a secret.
    pub login: Option<String>,
    /// How long Nexus remembers that the upstream does not have something, in minutes; 0 for not at all.
    pub not_found_cache: u32,
}

/// How clients reach a repository. Without ports: below a path of the address of Nexus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connectors {
    /// A port with plain HTTP.
    pub http: Option<u16>,
    /// A port with HTTPS.
    pub https: Option<u16>,
}

impl Connectors {
    /// Whether requests are routed by their path.
    pub fn by_path(self) -> bool {
        self.http.is_none() && self.https.is_none()
    }
}

/// The proxy that Nexus itself uses.
#[derive(Debug, Clone, Default)]
pub struct OutgoingProxy {
    /// For HTTP.
    pub http: Option<ProxyServer>,
    /// For HTTPS.
    pub https: Option<ProxyServer>,
    /// The login at both; its password is a secret.
    pub login: Option<String>,
    /// Hosts that are reached without it.
    pub no_proxy: Vec<String>,
}

/// The address of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// An account, with what its role allows.
pub(super) struct WantedAccount {
    pub(super) account: Account,
    pub(super) name: String,
    /// Names of privileges.
    pub(super) privileges: Vec<String>,
}

impl Wanted {
    /// `hosted` or `proxy`.
    pub(super) fn kind(&self) -> &'static str {
        if self.upstream.is_some() { "proxy" } else { "hosted" }
    }

    /// Whether the repository has the settings of the format docker.
    fn is_docker(&self) -> bool {
        self.format == "docker"
    }

    /// The accounts: for pulling, and for a hosted repository also for pushing.
    pub(super) fn accounts(&self) -> Vec<WantedAccount> {
        let account = |account, name: &str, actions: &[&str]| WantedAccount {
            account,
            name: name.to_owned(),
            privileges: actions.iter().map(|action| self.privilege(action)).collect(),
        };
        let mut accounts = vec![account(Account::Pull, &self.pull_account, &["browse", "read"])];
        if self.upstream.is_none() {
            let actions = ["browse", "read", "add", "edit"];
            accounts.push(account(Account::Push, &self.push_account, &actions));
        }
        accounts
    }

    /// The privilege that Nexus creates with a repository.
    fn privilege(&self, action: &str) -> String {
        format!("nx-repository-view-{}-{}-{action}", self.format, self.repository)
    }

    /// The fields of the repository that have to have these values. All others are left as they are.
    pub(super) fn managed(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![("online", json!(true))];
        match &self.upstream {
            // Tags of release channels move.
            None => fields.push(("storage.writePolicy", json!("ALLOW"))),
            Some(upstream) => {
                fields.push(("proxy.remoteUrl", json!(upstream.url)));
                // Without this, a release channel that has moved is seen a day later.
                fields.push(("proxy.metadataMaxAge", json!(0)));
                fields.push(("negativeCache.enabled", json!(upstream.not_found_cache > 0)));
                if upstream.not_found_cache > 0 {
                    fields.push(("negativeCache.timeToLive", json!(upstream.not_found_cache)));
                }
                fields.push(("httpClient.blocked", json!(false)));
                if let Some(login) = &upstream.login {
                    fields.push(("httpClient.authentication.type", json!("username")));
                    fields.push(("httpClient.authentication.username", json!(login)));
                }
                if self.is_docker() {
                    fields.push(("dockerProxy.indexType", json!("REGISTRY")));
                }
            }
        }
        if self.is_docker() {
            // "Allow anonymous docker pull": it enables bearer tokens, which the platform needs.
            fields.push(("docker.forceBasicAuth", json!(false)));
            for (field, port) in
                [("docker.httpPort", self.connectors.http), ("docker.httpsPort", self.connectors.https)]
            {
                fields.extend(port.map(|port| (field, json!(port))));
            }
            if self.connectors.by_path() {
                fields.push(("docker.pathEnabled", json!(true)));
            }
        }
        fields
    }

    /// The body of a new repository, without the managed fields.
    pub(super) fn new_repository(&self) -> Value {
        let storage = json!({"blobStoreName": self.blob_store, "strictContentTypeValidation": true});
        let mut body = json!({"name": self.repository, "storage": storage});
        if self.is_docker() {
            body["docker"] = json!({"v1Enabled": false});
        }
        if let Some(upstream) = &self.upstream {
            // Blobs never change: the default of a day is right for them.
            body["proxy"] = json!({"contentMaxAge": 1440});
            body["negativeCache"] = json!({"timeToLive": 1440});
            body["httpClient"] = json!({"autoBlock": true});
            if upstream.login.is_some() {
                body["httpClient"]["authentication"] = json!({"password": MASK});
            }
            if self.is_docker() {
                body["dockerProxy"] = json!({"cacheForeignLayers": false, "foreignLayerUrlWhitelist": []});
            }
        }
        body
    }
}
