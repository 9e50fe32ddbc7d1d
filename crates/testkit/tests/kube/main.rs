//! The test kit's Kubernetes: a real API server, its pool, and the stand-ins beside it.

mod kubelet;
mod server;
mod webhook;
