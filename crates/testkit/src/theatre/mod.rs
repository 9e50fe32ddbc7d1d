//! A stand-in for the platform inside a cluster: it plays scenarios, which are data, in a real Kubernetes API.
//!
//! A scenario is a file in `crates/testkit/theatre/`. Its initial state is put into an API server; its acts then change what
//! a cluster's controllers would change, at a time of the story or when somebody has done something; what is
//! expected of the tool that watches is in the file too. How the platform behaves is from the project's facts
//! (`cluster.md`, `cluster-source.md`).

mod cluster;
mod controller;
mod default_cluster;
mod duration;
mod expect;
mod initial_state;
mod log;
mod queue;
mod rights;
mod scenario;
mod stage;
mod step;
mod trigger;
mod update;

pub use expect::{Expect, LeftAs};
pub use initial_state::{InitialState, Rights};
pub use log::Entry;
pub use scenario::{Act, Scenario};
pub use stage::Stage;
