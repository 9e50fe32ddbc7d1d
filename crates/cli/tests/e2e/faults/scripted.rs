//! Cases whose registry fails by script.

use std::sync::Arc;

use http::StatusCode;
use registry_server::ServerOptions;
use testkit::faults::{Fault, Rule, Script};

use super::setup::{Ended, Ends, closed};

/// A registry that meets requests with faults, and what the run must end in.
pub(super) struct Case {
    pub(super) name: &'static str,
    script: Arc<Script>,
    ends: Ends,
}

pub(super) fn case(name: &'static str, rules: Vec<Rule>, ends: Ends) -> Case {
    Case { name, script: Arc::new(Script::new(rules)), ends }
}

pub(super) fn status(code: u16) -> Fault {
    Fault::Status(StatusCode::from_u16(code).unwrap())
}

impl Case {
    /// How its registry is served.
    pub(super) fn options(&self) -> ServerOptions {
        ServerOptions { interceptor: Some(self.script.clone()), ..closed() }
    }

    /// Fails unless the run ended as it must, and met every fault.
    pub(super) fn check(&self, ended: &Ended) {
        self.ends.check(self.name, &ended.run);
        assert!(self.script.is_spent(), "{}: not every fault was met", self.name);
    }
}
