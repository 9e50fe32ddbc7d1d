//! Proxies by Go's rules, and what can go wrong with them.

mod no_proxy;
mod offers;
mod probe;
mod rules;
mod witness;

pub(crate) use offers::{schemes, unsupported};
pub(crate) use rules::ProxyRules;
pub(crate) use witness::{ProxyFault, ProxyProblem, WitnessLayer};
