//! The admin APIs of Nexus and Harbor: what a registry for the platform needs there, as a plan of calls.
//!
//! A [`Product`] is observed, and what differs from what is wanted becomes a list of [`Step`]s. The plan is a pure
//! function. Each step is planned again from a fresh observation right before it is sent ([`Agreed`]), so nothing is
//! written that was not shown, and a write that the server accepts but does not keep is noticed.

#![forbid(unsafe_code)]

mod agreed;
mod api;
mod error;
mod finding;
pub mod harbor;
pub mod nexus;
mod pattern;
mod product;
mod reason;
mod secrets;
mod step;
mod values;

pub use agreed::{Agreed, Next};
pub use api::{AdminUrl, Answer, Api, Login};
pub use error::Error;
pub use finding::{Finding, Refusal};
pub use product::{AccountState, Product};
pub use secrets::{Account, SecretName, Secrets};
pub use step::{Body, Call, Change, Difference, Object, Step};
