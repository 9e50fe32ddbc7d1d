//! A simulation of the platform in a cluster: it runs scenarios, which are data, in a real Kubernetes API.
//!
//! A scenario is a file in `crates/testkit/theatre/`. Its initial state is written to an API server. Its actions then change
//! what the controllers of a cluster would change, at a given time or after an event. The file also contains what is
//! expected of the tool that watches. How the platform behaves is from the project's facts
//! (`cluster.md`, `cluster-source.md`).

pub mod calculator;
mod cluster;
mod controller;
mod default_cluster;
mod duration;
mod expect;
mod initial_state;
mod log;
mod module_controller;
mod queue;
mod rights;
mod scenario;
mod scenario_run;
mod step;
mod trigger;
mod update;

pub use expect::{Expect, LeftAs};
pub use initial_state::{InitialState, Rights};
pub use log::Entry;
pub use scenario::{Action, Scenario};
pub use scenario_run::ScenarioRun;
