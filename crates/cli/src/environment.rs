//! The only place that reads the environment beyond what the flags declare.

use std::{collections::BTreeSet, ffi::OsString, io::IsTerminal, path::PathBuf};

use cluster::access::{InCluster, KubeconfigFiles};

use crate::d8_variables::D8Variables;

/// What the process was started with, as values.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `SSL_CERT_FILE`, `SSL_CERT_DIR`, with Go's meaning.
    pub(crate) ssl_cert_file: Option<PathBuf>,
    pub(crate) ssl_cert_dir: Option<OsString>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`; the lower-case form where the other is unset or empty.
    pub(crate) http_proxy: Option<String>,
    pub(crate) https_proxy: Option<String>,
    pub(crate) no_proxy: Option<String>,
    /// Where other tools keep credentials: containers' `auth.json` (`REGISTRY_AUTH_FILE`, or below
    /// `XDG_RUNTIME_DIR` and `XDG_CONFIG_HOME`), then Docker's `config.json` (`DOCKER_CONFIG`).
    pub(crate) credential_files: Vec<PathBuf>,
    /// Where this program keeps what should outlive a run: `dhctl` in `XDG_STATE_HOME`, else in
    /// `HOME/.local/state` (XDG Base Directory Specification).
    pub(crate) state_directory: Option<PathBuf>,
    /// Names of the variables that are set and stand for flags.
    pub(crate) flag_variables: BTreeSet<String>,
    /// The variables of `d8 mirror`.
    pub(crate) d8: D8Variables,
    /// Whether the log goes to a terminal that can redraw a line.
    pub(crate) stderr_is_terminal: bool,
    /// Whether somebody can be asked: standard input and the log are a terminal.
    pub(crate) can_ask: bool,
    /// `KUBECONFIG` (several files), else `~/.kube/config`.
    pub(crate) kubeconfig: KubeconfigFiles,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, which every pod has.
    pub(crate) in_cluster: Option<InCluster>,
    /// The running binary.
    pub(crate) executable: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let either = |upper: &str, lower: &str| {
            filled(upper).or_else(|| filled(lower)).map(|value| value.to_string_lossy().into_owned())
        };
        let dumb = filled("TERM").is_some_and(|term| term == "dumb");
        Self {
            ssl_cert_file: filled("SSL_CERT_FILE").map(PathBuf::from),
            ssl_cert_dir: filled("SSL_CERT_DIR"),
            http_proxy: either("HTTP_PROXY", "http_proxy"),
            https_proxy: either("HTTPS_PROXY", "https_proxy"),
            no_proxy: either("NO_PROXY", "no_proxy"),
            credential_files: credential_files(&|name| filled(name).map(PathBuf::from)),
            state_directory: state_directory(&|name| filled(name).map(PathBuf::from)),
            flag_variables: std::env::vars_os()
                .filter_map(|(name, _)| name.into_string().ok())
                .filter(|name| name.starts_with("DHCTL_CLI_"))
                .collect(),
            d8: D8Variables::new(&filled),
            stderr_is_terminal: std::io::stderr().is_terminal() && !dumb,
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            kubeconfig: kubeconfig(filled("KUBECONFIG").as_ref(), filled("HOME").as_ref()),
            in_cluster: in_cluster(&filled),
            executable: std::env::current_exe().ok(),
        }
    }
}

fn kubeconfig(listed: Option<&OsString>, home: Option<&OsString>) -> KubeconfigFiles {
    let listed = listed.into_iter().flat_map(std::env::split_paths);
    let listed: Vec<PathBuf> = listed.filter(|path| !path.as_os_str().is_empty()).collect();
    if listed.is_empty() {
        KubeconfigFiles::Default(home.map(|home| PathBuf::from(home).join(".kube/config")))
    } else {
        KubeconfigFiles::Listed(listed)
    }
}

/// Client libraries want both variables.
fn in_cluster(filled: &dyn Fn(&str) -> Option<OsString>) -> Option<InCluster> {
    let host = filled("KUBERNETES_SERVICE_HOST")?.into_string().ok()?;
    let port = filled("KUBERNETES_SERVICE_PORT")?.into_string().ok()?.parse().ok()?;
    Some(InCluster { host, port, account: PathBuf::from(InCluster::ACCOUNT) })
}

fn credential_files(path: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    if let Some(file) = path("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let home = path("HOME");
    let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let containers = |base: Option<PathBuf>| base.map(|base| base.join("containers/auth.json"));
    let docker = path("DOCKER_CONFIG").or_else(|| below_home(".docker"));
    [
        containers(path("XDG_RUNTIME_DIR")),
        containers(path("XDG_CONFIG_HOME").or_else(|| below_home(".config"))),
        docker.map(|docker| docker.join("config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn state_directory(path: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // The specification: paths must be absolute; a relative one is to be ignored.
    let absolute = |name: &str| path(name).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("dhctl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_in_the_xdg_directory() {
        let directory = |state: Option<&str>, home: Option<&str>| {
            let find = |name: &str| match name {
                "XDG_STATE_HOME" => state.map(PathBuf::from),
                "HOME" => home.map(PathBuf::from),
                _ => None,
            };
            state_directory(&find)
        };
        for (state, home, expected) in [
            (Some("/s"), Some("/h"), Some("/s/dhctl")),
            (None, Some("/h"), Some("/h/.local/state/dhctl")),
            (Some("relative"), Some("/h"), Some("/h/.local/state/dhctl")),
            (Some("relative"), Some("relative"), None),
            (None, None, None),
        ] {
            assert_eq!(directory(state, home), expected.map(PathBuf::from), "{state:?} {home:?}");
        }
    }

    #[test]
    fn kubeconfig_is_found_where_kubectl_reads_it() {
        let home = Some(&OsString::from("/h"));
        let listed = |paths: &[&str]| KubeconfigFiles::Listed(paths.iter().map(PathBuf::from).collect());
        assert_eq!(kubeconfig(Some(&"/a:/b".into()), home), listed(&["/a", "/b"]));
        assert_eq!(kubeconfig(Some(&":/b:".into()), home), listed(&["/b"]));
        let default = KubeconfigFiles::Default(Some(PathBuf::from("/h/.kube/config")));
        assert_eq!(kubeconfig(None, home), default);
        assert_eq!(kubeconfig(Some(&":".into()), home), default);
        assert_eq!(kubeconfig(None, None), KubeconfigFiles::Default(None));
    }

    #[test]
    fn a_pod_is_known_by_both_of_its_variables() {
        let found = |host: Option<&str>, port: Option<&str>| {
            in_cluster(&|name| match name {
                "KUBERNETES_SERVICE_HOST" => host.map(OsString::from),
                "KUBERNETES_SERVICE_PORT" => port.map(OsString::from),
                _ => None,
            })
        };
        let pod = found(Some("10.222.0.1"), Some("443")).unwrap();
        assert_eq!((pod.host.as_str(), pod.port), ("10.222.0.1", 443));
        assert_eq!(pod.account, PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount"));
        for (host, port) in [(None, Some("443")), (Some("h"), None), (Some("h"), Some("https"))] {
            assert_eq!(found(host, port), None);
        }
    }

    #[test]
    fn credentials_are_read_where_other_tools_store_them() {
        let files = |variables: &[(&str, &str)]| {
            let variables: Vec<(String, PathBuf)> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), PathBuf::from(value))).collect();
            let find =
                |name: &str| variables.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
            credential_files(&find)
        };
        let paths = |texts: &[&str]| texts.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(files(&[]), paths(&[]));
        assert_eq!(
            files(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/run/1")]),
            paths(&[
                "/run/1/containers/auth.json",
                "/h/.config/containers/auth.json",
                "/h/.docker/config.json"
            ])
        );
        assert_eq!(
            files(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/c"), ("DOCKER_CONFIG", "/d")]),
            paths(&["/c/containers/auth.json", "/d/config.json"])
        );
        assert_eq!(files(&[("HOME", "/h"), ("REGISTRY_AUTH_FILE", "/a.json")]), paths(&["/a.json"]));
    }
}
