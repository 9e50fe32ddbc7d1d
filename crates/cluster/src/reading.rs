//! What is known of one source of facts in a cluster.
//!
//! A cluster never answers everything: a module is off, a right is missing, the API restarts. Each of these
//! means something else for a verdict, so none of them may look like an empty list.

use std::fmt;

use problems::Advice;
use serde::Serialize;

use crate::missing_permissions;

/// One source of facts, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "reading", content = "value")]
pub enum Reading<T> {
    /// Read, and up to date.
    Known(T),
    /// This cluster does not have it: the module that brings it is off, or the version is too old. Left out
    /// of every verdict, and said.
    Absent(String),
    /// It exists and cannot be read. Keeps "done" away.
    Unreadable(Obstacle),
    /// It cannot be read just now, and that passes: the API restarts, a webhook is away. Waited out. `last` is what
    /// was read before, if anything was.
    NotNow {
        /// What was read last.
        last: Option<T>,
        /// Why it cannot be read now, in plain words.
        why: String,
    },
}

/// Why something that exists cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "why")]
pub enum Obstacle {
    /// The account lacks the right; which verb on which resource.
    Forbidden(String),
    /// What was read cannot be understood.
    Malformed(String),
    /// The API server does not accept the login.
    #[serde(rename = "other")]
    Unauthorized(String),
    /// Anything else that does not pass by itself.
    Other(String),
}

impl Obstacle {
    /// Whether the API server does not know who asks: more permissions do not help, another login does.
    pub(crate) fn is_login(&self) -> bool {
        match self {
            Self::Forbidden(why) => missing_permissions::is_anonymous(why),
            Self::Unauthorized(_) => true,
            Self::Malformed(_) | Self::Other(_) => false,
        }
    }

    /// What helps the account to read it, if that is known.
    pub(crate) fn advice(&self, queues: bool) -> Option<Advice> {
        match self {
            _ if self.is_login() => Some(Advice::CorrectLogin),
            Self::Forbidden(why) => {
                Some(Advice::Grant { queues, user: missing_permissions::refused_user(why) })
            }
            Self::Unauthorized(_) | Self::Malformed(_) | Self::Other(_) => None,
        }
    }
}

/// Something that a decision needs is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be read: {why}")]
pub struct Unknown {
    /// What, as a plural: `releases`.
    pub what: &'static str,
    /// Why not, in plain words.
    pub why: String,
    /// Whether a right is missing.
    pub forbidden: bool,
}

/// Why a source is not known that nobody has read yet.
const NOT_READ: &str = "not read yet";

impl<T> Reading<T> {
    /// Whether it was read, whatever came of it.
    pub fn was_tried(&self) -> bool {
        !matches!(self, Self::NotNow { last: None, why } if why == NOT_READ)
    }

    /// The value, if it is known and up to date; for decisions that cannot be made without.
    pub fn required(&self, what: &'static str) -> Result<&T, Unknown> {
        self.known().ok_or_else(|| Unknown {
            what,
            why: self.why_unknown().unwrap_or_default(),
            forbidden: matches!(self, Self::Unreadable(Obstacle::Forbidden(_))),
        })
    }

    /// The value, if it is known and up to date.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The value as it was when it was last read: for showing, not for deciding.
    pub fn last(&self) -> Option<&T> {
        match self {
            Self::Known(value) | Self::NotNow { last: Some(value), .. } => Some(value),
            _ => None,
        }
    }

    /// Why it is not known, in plain words; `None` if it is.
    pub fn why_unknown(&self) -> Option<String> {
        match self {
            Self::Known(_) => None,
            Self::Absent(why) | Self::NotNow { why, .. } => Some(why.clone()),
            Self::Unreadable(obstacle) => Some(obstacle.to_string()),
        }
    }

    /// Why it cannot be read just now, if that passes by itself.
    pub fn passing(&self) -> Option<&str> {
        match self {
            Self::NotNow { why, .. } => Some(why),
            _ => None,
        }
    }

    /// The same reading of something made of the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Known(value) => Reading::Known(make(value)),
            Self::Absent(why) => Reading::Absent(why),
            Self::Unreadable(obstacle) => Reading::Unreadable(obstacle),
            Self::NotNow { last, why } => Reading::NotNow { last: last.map(make), why },
        }
    }
}

/// Not asked yet.
impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self::NotNow { last: None, why: NOT_READ.to_owned() }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(why) => write!(f, "no permission: {why}"),
            Self::Malformed(why) => write!(f, "not understood: {why}"),
            Self::Unauthorized(why) | Self::Other(why) => f.write_str(why),
        }
    }
}
