//! Settings of `dhctl config`.

use std::path::PathBuf;

use egress::Secret;
use oci::{Host, RepositoryUrl};

use crate::{
    args::{
        AccessArgs, DockerCfgArgs, FileOutArgs, ModuleSourceArgs, PackageRepositoryArgs, ProxyArgs,
        RegistryModeArgs, RegistryModeName,
    },
    failure::Failure,
    logins::Login,
};

/// Where a result goes: standard output, or a file that only its owner may read.
#[derive(Debug, Clone)]
pub(crate) struct ResultFile {
    /// The file; none for standard output.
    pub(crate) path: Option<PathBuf>,
    /// Whether an existing file is replaced.
    pub(crate) replace: bool,
}

/// How a cluster reaches its registry, and where the manifest goes.
#[derive(Debug, Clone)]
pub(crate) struct ClusterRegistry {
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// The login of the cluster there.
    pub(crate) login: Login,
    /// Whether HTTP is used instead of HTTPS.
    pub(crate) plain_http: bool,
    /// Files with certificates that the cluster trusts.
    pub(crate) ca_files: Vec<PathBuf>,
    /// Where the manifest goes.
    pub(crate) file: ResultFile,
}

/// Settings of `dhctl config module-source`.
#[derive(Debug, Clone)]
pub(crate) struct ModuleSourceSettings {
    /// Name of the `ModuleSource`.
    pub(crate) name: String,
    /// The registry.
    pub(crate) access: ClusterRegistry,
}

/// Settings of `dhctl config package-repository`.
#[derive(Debug, Clone)]
pub(crate) struct PackageRepositorySettings {
    /// Name of the `PackageRepository`.
    pub(crate) name: String,
    /// The registry.
    pub(crate) access: ClusterRegistry,
}

/// Settings of `dhctl config registry`.
#[derive(Debug, Clone)]
pub(crate) struct RegistryModeSettings {
    /// The mode.
    pub(crate) mode: RegistryModeName,
    /// The registry outside the cluster.
    pub(crate) registry: Option<RepositoryUrl>,
    /// The login of the cluster there.
    pub(crate) login: Login,
    /// Whether HTTP is used instead of HTTPS.
    pub(crate) plain_http: bool,
    /// Files with certificates that the cluster trusts.
    pub(crate) ca_files: Vec<PathBuf>,
    /// The bundle that the storage in the cluster is expected to have; empty: the registry is the source of images.
    pub(crate) bundle: Vec<PathBuf>,
    /// Whether images are cached in the cluster.
    pub(crate) cache: bool,
    /// Size of the storage in the cluster.
    pub(crate) storage_size: Option<String>,
    /// Whether a patch is printed instead of an object.
    pub(crate) patch: bool,
    /// Where the settings go.
    pub(crate) file: ResultFile,
}

/// Settings of `dhctl config docker-cfg`.
#[derive(Debug, Clone)]
pub(crate) struct DockerCfgSettings {
    /// The registry.
    pub(crate) registry: Host,
    /// The login of the cluster there.
    pub(crate) login: Login,
    /// Where the line goes.
    pub(crate) file: ResultFile,
}

/// Settings of `dhctl config proxy`.
#[derive(Debug, Clone)]
pub(crate) struct ProxySettings {
    /// Proxy for plain HTTP.
    pub(crate) http: Option<Secret>,
    /// Proxy for HTTPS.
    pub(crate) https: Option<Secret>,
    /// The login at the proxies.
    pub(crate) login: Login,
    /// Destinations that are reached without a proxy.
    pub(crate) no_proxy: Vec<String>,
    /// The private registry.
    pub(crate) registry: Option<Host>,
    /// The only hosts, besides the registry, that the squid.conf allows; empty: all.
    pub(crate) allowed_hosts: Vec<Host>,
    /// Where the squid.conf goes.
    pub(crate) squid_conf: Option<PathBuf>,
    /// Where the section goes.
    pub(crate) file: ResultFile,
}

impl From<FileOutArgs> for ResultFile {
    fn from(args: FileOutArgs) -> Self {
        let FileOutArgs { out, force } = args;
        Self { path: out, replace: force }
    }
}

impl From<AccessArgs> for ClusterRegistry {
    fn from(args: AccessArgs) -> Self {
        let AccessArgs { registry, login, insecure, ca_file, file } = args;
        Self { registry, login: login.into(), plain_http: insecure, ca_files: ca_file, file: file.into() }
    }
}

impl From<ModuleSourceArgs> for ModuleSourceSettings {
    fn from(args: ModuleSourceArgs) -> Self {
        let ModuleSourceArgs { name, access } = args;
        Self { name, access: access.into() }
    }
}

impl From<PackageRepositoryArgs> for PackageRepositorySettings {
    fn from(args: PackageRepositoryArgs) -> Self {
        let PackageRepositoryArgs { name, access } = args;
        Self { name, access: access.into() }
    }
}

impl RegistryModeSettings {
    /// Whether images come from a registry outside the cluster.
    pub(crate) fn has_upstream(&self) -> bool {
        self.mode != RegistryModeName::Local && self.bundle.is_empty()
    }
}

impl TryFrom<RegistryModeArgs> for RegistryModeSettings {
    type Error = Failure;

    fn try_from(args: RegistryModeArgs) -> Result<Self, Failure> {
        let RegistryModeArgs {
            mode,
            registry,
            login,
            insecure,
            ca_file,
            bundle,
            cache,
            storage_size,
            patch,
            file,
        } = args;
        let is_managed = mode == RegistryModeName::Managed;
        for (is_given, flag) in
            [(!bundle.is_empty(), "--bundle"), (cache, "--cache"), (storage_size.is_some(), "--storage-size")]
        {
            if is_given && !is_managed {
                return Err(Failure::usage(format!("{flag} requires --mode Managed")));
            }
        }
        if patch && is_managed {
            let message = "--patch is not for mode Managed, whose ModuleConfig has no other settings";
            return Err(Failure::usage(message).hint("apply the whole object: kubectl apply -f FILE"));
        }
        Ok(Self {
            mode,
            registry,
            login: login.into(),
            plain_http: insecure,
            ca_files: ca_file,
            bundle,
            cache,
            storage_size,
            patch,
            file: file.into(),
        })
    }
}

impl From<DockerCfgArgs> for DockerCfgSettings {
    fn from(args: DockerCfgArgs) -> Self {
        let DockerCfgArgs { registry, login, file } = args;
        Self { registry, login: login.into(), file: file.into() }
    }
}

impl From<ProxyArgs> for ProxySettings {
    fn from(args: ProxyArgs) -> Self {
        let login = Login {
            name: args.proxy_login,
            password: args.proxy_password,
            password_file: args.proxy_password_file,
            license: None,
            license_file: None,
            license_variable: None,
            flag: "--proxy-login",
            password_flag: "--proxy-password",
            d8: None,
            password_variable: None,
        };
        Self {
            http: args.http_proxy,
            https: args.https_proxy,
            login,
            no_proxy: args.no_proxy,
            registry: args.registry,
            allowed_hosts: args.allow_host,
            squid_conf: args.squid_conf,
            file: args.file.into(),
        }
    }
}
