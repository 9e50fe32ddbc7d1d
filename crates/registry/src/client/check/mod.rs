//! What is right and wrong with a registry, for a push and for a cluster. Returns data; the caller words it.
//!
//! Nothing stays in the registry: an upload session that is opened is cancelled, and a blob is mounted only into the
//! repository that has it. Only a write test writes.

mod api;
mod finding;
mod harbor;
mod network;
mod product;
mod run;
mod storage;
mod uploads;
mod write_test;

pub use finding::{
    BodyLimit, Check, Fact, FailureKind, Finding, Leftover, NotChecked, Outcome, Purpose, Report,
    TestManifest,
};
pub use product::Product;
pub use run::{CheckOptions, check};
pub use uploads::probe_upload;
