//! What an error of the API server means for the caller.
//!
//! "Not now" must never be taken for a refusal, an absence or an end: while the platform's pod is replaced its
//! webhooks are away, and an API server that restarts lacks storage and discovery for seconds.

use egress::NetworkFault;
use kube::{client::AuthError, core::Status};

use crate::{
    access::{PluginError, login_failure},
    safe_text::foreign,
};

/// The longest message of an API server that is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a request to a cluster failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer: the fault says why.
    #[error("{0}")]
    Network(NetworkFault),
    /// The API server does not know who asks.
    #[error("the API server does not accept the login (401)")]
    Unauthorized,
    /// There is nothing to log in with: the credential plugin gives no login.
    #[error("{0}")]
    Plugin(PluginError),
    /// The account lacks a right.
    #[error("no permission: {0}")]
    Forbidden(String),
    /// It passes by itself: the API or a webhook is away, storage initialises.
    #[error("currently not possible: {0}")]
    NotNow(String),
    /// A webhook or a validation of the cluster says no.
    #[error("the cluster refuses: {0}")]
    Refused(String),
    /// There is no such object or no such kind.
    #[error("not found: {0}")]
    NotFound(String),
    /// It was changed by someone else in the meantime, or exists already.
    #[error("changed in the meantime: {0}")]
    Conflict(String),
    /// An answer that cannot be understood, or anything else.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Why it failed, for a text that says itself that it is currently not possible.
    pub fn why(&self) -> String {
        match self {
            Self::NotNow(why) => why.clone(),
            other => other.to_string(),
        }
    }

    /// Whether the same request may succeed later without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NotNow(_) => true,
            // While an API server restarts its port is closed, and name and route may be away with it.
            Self::Network(fault) => fault.kind() != egress::FaultKind::Tls,
            _ => false,
        }
    }

    fn login(error: &AuthError) -> Self {
        Self::Other(format!("the login cannot be prepared: {}", foreign(&login_failure(error))))
    }

    /// Whether a dry run failed only because a webhook takes no part in dry runs (its `sideEffects` are not `None`).
    pub(crate) fn is_dry_run_unsupported(&self) -> bool {
        matches!(self, Self::Refused(message) if message.contains("does not support dry run"))
    }
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => of_status(&status),
            kube::Error::Auth(error) => Self::login(&error),
            other => {
                if let Some(fault) = within::<NetworkFault>(&other) {
                    Self::Network(fault.clone())
                } else if let Some(error) = within::<PluginError>(&other) {
                    Self::Plugin(error.clone())
                } else if let Some(error) = within::<AuthError>(&other) {
                    Self::login(error)
                } else {
                    unspecific(&other)
                }
            }
        }
    }
}

/// The network fault that our transport gave, or the fault of a login that was to be renewed, wherever kube and tower have
/// put it.
fn within<'a, E: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn unspecific(error: &kube::Error) -> Error {
    match error {
        kube::Error::SerdeError(_) => {
            Error::Other(format!("the response cannot be parsed: {}", foreign(&error.to_string())))
        }
        // The answer broke off in its middle.
        kube::Error::ReadEvents(_) | kube::Error::HyperError(_) | kube::Error::Service(_) => Error::NotNow(
            format!("the connection to the API server was lost: {}", foreign(&error.to_string())),
        ),
        // A refusal of an exec comes as a status of the handshake.
        kube::Error::UpgradeConnection(kube::client::UpgradeConnectionError::ProtocolSwitch(code)) => {
            match code.as_u16() {
                401 => Error::Unauthorized,
                403 => Error::Forbidden("exec in the pod (get and create of pods/exec)".to_owned()),
                404 => Error::NotFound("the pod".to_owned()),
                _ => Error::NotNow(format!("exec in the pod: {code}")),
            }
        }
        _ => Error::Other(foreign(&error.to_string()).into()),
    }
}

/// What the API server or a webhook says, made harmless. The items of a list keep their lines: each is a requirement, and `- `
/// before it keeps it from looking like a line of ours.
fn message(text: &str) -> String {
    let mut message = String::new();
    for line in text.trim().lines().map(|line| foreign(line.trim_end())).filter(|line| !line.is_empty()) {
        let between = match &*line {
            _ if message.is_empty() => "",
            item if item.starts_with("- ") => "\n",
            _ => " ",
        };
        message += between;
        message += &line;
        if message.len() > LONGEST {
            message.truncate(message.floor_char_boundary(LONGEST));
            return message + "...";
        }
    }
    message
}

fn of_status(status: &Status) -> Error {
    let message = message(&status.message);
    // An admission webhook's own refusal, whatever code it chose (400 unless told otherwise).
    if message.contains("denied the request") {
        return Error::Refused(message);
    }
    match status.code {
        401 => Error::Unauthorized,
        403 => Error::Forbidden(message),
        404 => Error::NotFound(message),
        409 => Error::Conflict(message),
        400 | 405 | 415 | 422 => Error::Refused(message),
        // 429: storage is (re)initializing, or flow control; 500: failed calling webhook; 504: the same, timed out.
        408 | 429 | 500 | 502 | 503 | 504 => Error::NotNow(message),
        code => Error::Other(format!("{message} ({code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_failure_is_not_a_refusal() {
        let status = |code: u16, message: &str| {
            let status = Status { code, message: message.to_owned(), ..Status::default() };
            Error::from(kube::Error::Api(Box::new(status)))
        };
        for (code, message, passing) in [
            (429, "storage is (re)initializing", true),
            (500, "Internal error occurred: failed calling webhook \"x\": connection refused", true),
            (503, "apiserver is shutting down", true),
            (504, "Timeout: request did not complete", true),
            (403, "deckhousereleases.deckhouse.io is forbidden", false),
            (404, "the server could not find the requested resource", false),
            (409, "the object has been modified", false),
            (422, "spec.version: Required value", false),
        ] {
            assert_eq!(status(code, message).is_passing(), passing, "{code} {message}");
        }
        let refusal = "admission webhook \"d\" denied the request: requirements not met: \n- k8s";
        for code in [400, 403, 500] {
            assert!(matches!(status(code, refusal), Error::Refused(_)), "{code}");
        }
        assert!(matches!(status(401, "Unauthorized"), Error::Unauthorized));
        let dry = status(400, "admission webhook \"x.example\" does not support dry run");
        assert!(dry.is_dry_run_unsupported() && !dry.is_passing());
        assert!(!status(400, refusal).is_dry_run_unsupported());
    }
}
