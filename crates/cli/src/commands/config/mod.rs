//! `dhctl config …`

mod access;
pub(crate) mod docker_cfg;
pub(crate) mod init_configuration;
pub(crate) mod module_source;
pub(crate) mod package_repository;
pub(crate) mod proxy;
pub(crate) mod registry;
