//! A part of a report that may be unknown.

use serde::Serialize;

use crate::Reading;

/// A part of a report, or why it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part<T> {
    /// It is known.
    Known(T),
    /// It is not.
    Unknown {
        /// Why.
        unknown: String,
    },
}

impl<T> Part<T> {
    /// What `make` makes of a reading.
    pub fn of<U>(reading: &Reading<U>, make: impl FnOnce(&U) -> T) -> Self {
        match reading.known() {
            Some(value) => Self::Known(make(value)),
            None => Self::Unknown { unknown: reading.why_unknown().unwrap_or_default() },
        }
    }

    /// A reading as it is; `None` for what the cluster does not have.
    pub fn unless_absent(reading: &Reading<T>) -> Option<Self>
    where
        T: Clone,
    {
        match reading {
            Reading::Absent(_) => None,
            other => Some(Self::of(other, Clone::clone)),
        }
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The same with what `make` makes of the value.
    pub fn map<U>(&self, make: impl FnOnce(&T) -> U) -> Part<U> {
        match self {
            Self::Known(value) => Part::Known(make(value)),
            Self::Unknown { unknown } => Part::Unknown { unknown: unknown.clone() },
        }
    }
}
