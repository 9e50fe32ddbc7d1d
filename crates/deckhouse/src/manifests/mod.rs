//! Manifests for an air-gapped cluster: its registry and its proxy.
//!
//! Values in, text out. A value that the platform's own schemas would refuse is refused here, with what to
//! write instead: there the refusal comes in the middle of a bootstrap, or never.

mod cluster_proxy;
mod docker_cfg;
mod error;
mod init_configuration;
mod module_source;
mod no_proxy;
mod object;
mod package_repository;
mod proxy_url;
mod registry_access;
mod registry_object;
mod registry_settings;
mod squid_conf;

pub use cluster_proxy::write_cluster_proxy;
pub use docker_cfg::DockerCfg;
pub use error::ManifestError;
pub use init_configuration::write_init_configuration;
pub use module_source::{check_source_name, write_module_source};
pub use no_proxy::complete_no_proxy;
pub use object::write_object;
pub use package_repository::{check_package_repository_name, write_package_repository};
pub use proxy_url::{ProxyLogin, ProxyUrl};
pub use registry_access::{RegistryAccess, Scheme};
pub use registry_settings::{
    ExpectedImages, LICENSE_USER, Managed, RegistryMode, SettingsForm, Storage, Upstream, UpstreamLogin,
    write_registry_settings,
};
pub use squid_conf::{SQUID_PASSWORDS, write_squid_conf};
