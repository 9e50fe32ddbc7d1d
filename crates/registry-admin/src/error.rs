//! Why a call of an admin API failed.

use egress::{EgressError, NetworkFault};
use foreign_text::ForeignText;
use http::StatusCode;

use crate::secrets::SecretName;

/// A failure of a call. `call` is the method and the URL without login and query string values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A trust file or a proxy variable is not usable.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// No answer: the fault says why.
    #[error("cannot reach {host}: {fault}")]
    Network {
        /// The host.
        host: String,
        /// Why.
        fault: NetworkFault,
    },
    /// The login is wrong, disabled or missing (401).
    #[error("{host} does not accept the login {login}{}", shown(reason))]
    Unauthorized {
        /// The host.
        host: String,
        /// The login.
        login: String,
        /// What the server says.
        reason: ForeignText,
    },
    /// The login may not do this (403).
    #[error("the login {login} may not do this: {call}{}", shown(reason))]
    Forbidden {
        /// The login.
        login: String,
        /// The call.
        call: String,
        /// What the server says.
        reason: ForeignText,
    },
    /// The server does not process requests at the moment, or is read-only (429, 502, 503, 504).
    #[error("{call}: the server is not available at the moment ({status}{})", after_colon(reason))]
    Unavailable {
        /// The call.
        call: String,
        /// The status.
        status: StatusCode,
        /// What the server says.
        reason: ForeignText,
    },
    /// The answer is not one of this product's API.
    #[error("{call}: {answer}")]
    NotTheProduct {
        /// The call.
        call: String,
        /// What was answered instead.
        answer: String,
        /// Where a redirect leads to.
        redirect: Option<String>,
    },
    /// The server refuses the call.
    #[error("the server refuses {call} ({status}{})", after_colon(reason))]
    Refused {
        /// The call.
        call: String,
        /// The status.
        status: StatusCode,
        /// What the server says.
        reason: ForeignText,
    },
    /// A secret that the plan names is not known, which is a fault of this program.
    #[error("a secret of the plan is not known: {0:?}")]
    NoSecret(SecretName),
}

fn shown(reason: &ForeignText) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

fn after_colon(reason: &ForeignText) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}
