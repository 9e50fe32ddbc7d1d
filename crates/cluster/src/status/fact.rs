//! A part of a report that may be unknown.

use serde::Serialize;

use crate::Reading;

/// What is known, or why it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact<T> {
    /// It is known.
    Known(T),
    /// It is not.
    Unknown {
        /// Why, in plain words.
        unknown: String,
    },
}

impl<T> Fact<T> {
    /// What `make` says about a reading.
    pub fn of<U>(reading: &Reading<U>, make: impl FnOnce(&U) -> T) -> Self {
        match reading.known() {
            Some(value) => Self::Known(make(value)),
            None => Self::Unknown { unknown: reading.why_unknown().unwrap_or_default() },
        }
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown { .. } => None,
        }
    }
}
