//! Kubeconfig files and the account of a pod, by kubectl's rules.

use std::path::PathBuf;

use egress::EgressError;
use kube::config::Kubeconfig;
use serde_json::json;

use super::PluginError;

/// Why it cannot be told how to reach a cluster. Names files and contexts, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No kubeconfig, and not in a pod.
    #[error("no cluster is configured: there is no kubeconfig file, and dhctl does not run in a pod")]
    Nowhere,
    /// A kubeconfig file cannot be read.
    #[error("the kubeconfig {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A kubeconfig file is none.
    #[error("{} is not a kubeconfig: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The kubeconfig has no current context, and none was named.
    #[error("the kubeconfig sets no current context")]
    NoContext {
        /// The contexts that it has.
        known: Vec<String>,
    },
    /// There is no such context.
    #[error("there is no context named {context}")]
    NoSuchContext {
        /// What was asked for.
        context: String,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The context cannot be used: its cluster or user is incomplete or unreadable.
    #[error("context {context}: {reason}")]
    Unusable {
        /// The context.
        context: String,
        /// Why.
        reason: String,
    },
    /// The credential plugin of the context gives no login.
    #[error("context {context}: {error}")]
    Plugin {
        /// The context.
        context: String,
        /// Which plugin, and why.
        error: PluginError,
    },
    /// The network settings are wrong.
    #[error(transparent)]
    Egress(EgressError),
}

impl AccessError {
    pub(super) fn unusable(context: &str, error: &(impl std::fmt::Display + ?Sized)) -> Self {
        Self::Unusable { context: context.to_owned(), reason: error.to_string() }
    }
}

/// Where kubeconfig files are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KubeconfigFiles {
    /// Named by the user: must be there.
    Named(PathBuf),
    /// `KUBECONFIG`: several, of which those that are missing are skipped (kubectl's loading rules).
    Listed(Vec<PathBuf>),
    /// `~/.kube/config`: may be missing.
    Default(Option<PathBuf>),
}

/// Where a pod finds its API server (`KUBERNETES_SERVICE_HOST`, `KUBERNETES_SERVICE_PORT`), and who it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCluster {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The folder of the service account, with `token` and `ca.crt`; mounted at [`InCluster::ACCOUNT`].
    pub account: PathBuf,
}

impl KubeconfigFiles {
    /// Reads and merges the files; `None` if there are none.
    pub(super) fn read(&self) -> Result<Option<Kubeconfig>, AccessError> {
        let (paths, must_be_there): (Vec<&PathBuf>, bool) = match self {
            Self::Named(path) => (vec![path], true),
            Self::Listed(paths) => (paths.iter().collect(), false),
            Self::Default(path) => (path.iter().collect(), false),
        };
        let mut merged: Option<Kubeconfig> = None;
        for path in paths {
            // Read apart from parsing, so that a missing file is told from a broken one.
            match std::fs::metadata(path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_be_there => continue,
                Err(source) => return Err(AccessError::Read { path: path.clone(), source }),
                Ok(_) => {}
            }
            let read = Kubeconfig::read_from(path).map_err(|error| match error {
                kube::config::KubeconfigError::ReadConfig(source, path) => AccessError::Read { path, source },
                other => AccessError::Malformed { path: path.clone(), reason: without_snippet(&other) },
            })?;
            let malformed = |error: kube::config::KubeconfigError| AccessError::Malformed {
                path: path.clone(),
                reason: error.to_string(),
            };
            merged = Some(match merged {
                Some(before) => before.merge(read).map_err(malformed)?,
                None => read,
            });
        }
        Ok(merged)
    }
}

/// The first line alone: a YAML parser's message may go on with a piece of the file, where tokens are.
fn without_snippet(error: &kube::config::KubeconfigError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The context that is meant.
pub(super) fn context(kubeconfig: &Kubeconfig, named: Option<&str>) -> Result<String, AccessError> {
    let known = || kubeconfig.contexts.iter().map(|context| context.name.clone()).collect::<Vec<_>>();
    let Some(context) = named.or(kubeconfig.current_context.as_deref()).filter(|name| !name.is_empty())
    else {
        return Err(AccessError::NoContext { known: known() });
    };
    if kubeconfig.contexts.iter().any(|it| it.name == context) {
        Ok(context.to_owned())
    } else {
        Err(AccessError::NoSuchContext { context: context.to_owned(), known: known() })
    }
}

/// `proxy-url` of the context's cluster.
pub(super) fn proxy_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let context = kubeconfig.contexts.iter().find(|it| it.name == context)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|it| it.name == context.cluster)?.cluster.as_ref()?;
    cluster.proxy_url.clone().filter(|url| !url.is_empty())
}

impl InCluster {
    /// Where Kubernetes mounts the service account of a pod.
    pub const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// The same as a kubeconfig, with one context of this name. The token is read anew every minute, since it changes.
    pub(super) fn kubeconfig(&self, context: &str) -> Result<Kubeconfig, AccessError> {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let (token, ca) = (self.account.join("token"), self.account.join("ca.crt"));
        let kubeconfig = json!({
            "clusters": [{ "name": context, "cluster": {
                "server": format!("https://{host}:{}", self.port), "certificate-authority": ca,
            } }],
            "users": [{ "name": context, "user": { "tokenFile": token } }],
            "contexts": [{ "name": context, "context": { "cluster": context, "user": context } }],
        });
        serde_json::from_value(kubeconfig).map_err(|error| AccessError::unusable(context, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\
apiVersion: v1
kind: Config
current-context: a
clusters:
- {name: a, cluster: {server: 'https://a:6443', proxy-url: 'http://proxy:3128'}}
- {name: b, cluster: {server: 'https://b:6443'}}
users: [{name: u, user: {token: hunter2}}]
contexts:
- {name: a, context: {cluster: a, user: u}}
- {name: b, context: {cluster: b, user: u}}
";

    #[test]
    fn a_context_is_the_named_or_the_current_one() {
        let two = Kubeconfig::from_yaml(TWO).unwrap();
        assert_eq!(context(&two, None).unwrap(), "a");
        assert_eq!(context(&two, Some("b")).unwrap(), "b");
        let missing = context(&two, Some("c")).unwrap_err();
        assert!(
            matches!(&missing, AccessError::NoSuchContext { known, .. } if known == &["a", "b"]),
            "{missing:?}"
        );
        let none = Kubeconfig { current_context: Some(String::new()), ..two.clone() };
        assert!(matches!(context(&none, None), Err(AccessError::NoContext { .. })));
        assert_eq!(proxy_of(&two, "a").as_deref(), Some("http://proxy:3128"));
        assert_eq!(proxy_of(&two, "b"), None);
    }

    #[test]
    fn files_that_are_missing_count_only_where_they_are_named() {
        let home = tempfile::tempdir().unwrap();
        let (there, missing) = (home.path().join("there"), home.path().join("missing"));
        std::fs::write(&there, TWO).unwrap();
        let read = |files: KubeconfigFiles| files.read();
        assert!(read(KubeconfigFiles::Listed(vec![missing.clone(), there.clone()])).unwrap().is_some());
        assert!(read(KubeconfigFiles::Listed(vec![missing.clone()])).unwrap().is_none());
        assert!(read(KubeconfigFiles::Default(Some(missing.clone()))).unwrap().is_none());
        assert!(read(KubeconfigFiles::Default(None)).unwrap().is_none());
        let error = read(KubeconfigFiles::Named(missing)).unwrap_err();
        assert!(matches!(error, AccessError::Read { .. }), "{error}");
        std::fs::write(&there, "users: [{name: u, user: {token: hunter2, x").unwrap();
        let error = read(KubeconfigFiles::Named(there)).unwrap_err();
        assert!(matches!(error, AccessError::Malformed { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
