//! What tests and benchmarks need: a synthetic distribution, real and faulty servers, a real
//! Kubernetes API, a stand-in for the platform in it, slow links, certificates.

#![forbid(unsafe_code)]

pub mod admin;
pub mod bundle_content;
mod cache;
pub mod certificates;
pub mod distribution;
pub mod distribution_3;
pub mod docker_registry;
pub mod docker_storage;
pub mod faults;
pub mod kube;
pub mod link;
mod memory;
pub mod nginx;
mod reserved_port;
mod server_process;
pub mod shell;
pub mod small_disk;
pub mod squid;
pub mod theatre;
pub mod tokens;

pub use cache::directory as cache_directory;
pub use distribution::Distribution;
pub use docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions};
pub use docker_storage::{DockerStorage, write_docker_registry_storage};
pub use faults::{Fault, Rule, Script};
pub use link::{Link, LinkOptions};
pub use memory::peak_memory;
pub use reserved_port::ReservedPort;
pub use tokens::{TokenOptions, TokenServer};
