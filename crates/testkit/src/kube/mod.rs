//! A real Kubernetes API for tests: `etcd` and `kube-apiserver` on free ports of this machine, with the
//! platform's resource definitions.
//!
//! No controllers run: nothing collects garbage, Deployments make no pods, a deleted namespace stays. What a
//! cluster would do, a test does.

pub mod assets;
mod audit;
mod crds;
mod exec;
mod faulty_proxy;
mod kubeconfig;
mod kubelet;
mod objects;
mod pool;
mod rights;
mod runtime;
mod server;
mod stand_in;
mod supervisor;
mod webhook;
mod wipe;

pub use audit::Asked;
pub use crds::NewerModules;
pub use faulty_proxy::{FaultyProxy, RequestFault};
pub use kubeconfig::Kubeconfig;
pub use kubelet::{Answer, Kubelet};
pub use objects::Objects;
pub use pool::Borrowed;
pub(crate) use runtime::runtime;
pub use runtime::wait;
pub use server::{ApiServer, USERS};
pub use webhook::{Request, Webhook};
