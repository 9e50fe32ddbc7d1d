//! What is said of settings in a delivery file that are not valid: the file and its keys are named, not the flags.

use std::{error::Error as _, path::Path};

use clap::{
    Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};
use deckhouse::delivery::{KEYS, Key, Kind, Takes};

use super::with_flag;
use crate::{failure::Failure, wrong_request};

/// How much of a value is shown, in characters.
const LONGEST: usize = 200;

/// A value of the file that is not valid.
pub(super) fn value(file: &Path, key: &Key, value: &str, reason: &str) -> Failure {
    // As in the errors of `oci`: if a user pastes `user:password@host`, the password must not get into a log.
    let value = match value.rfind('@').filter(|_| key.takes == Takes::One(Kind::Registry)) {
        Some(at) => format!("***{}", &value[at..]),
        None => value.to_owned(),
    };
    let value: String = value.chars().take(LONGEST).collect();
    Failure::usage(format!("{}: invalid value '{value}' for {}: {reason}", file.display(), key.path))
}

/// The error of clap in terms of the file. The arguments that were typed are valid, so the wrong ones are those of the file.
pub(super) fn describe(error: Error, file: &Path, command: &Command) -> Failure {
    let keys = |kind: ContextKind| -> Vec<&'static Key> {
        texts(&error, kind).into_iter().filter_map(|arg| key_of(arg, command)).collect()
    };
    let (wrong, prior) = (keys(ContextKind::InvalidArg), keys(ContextKind::PriorArg));
    let found = texts(&error, ContextKind::InvalidValue).concat();
    match (error.kind(), wrong.as_slice()) {
        (ErrorKind::ValueValidation, [key]) => {
            let reason = error.source().map_or_else(String::new, ToString::to_string);
            value(file, key, &found, &reason)
        }
        (ErrorKind::InvalidValue, [key]) => {
            let possible = texts(&error, ContextKind::ValidValue).join(" or ");
            value(file, key, &found, &format!("expected {possible}"))
        }
        (ErrorKind::ArgumentConflict, [key]) if !prior.is_empty() => {
            let prior: Vec<&str> = prior.iter().map(|key| key.path).collect();
            let message =
                format!("{}: {} cannot be used with {}", file.display(), key.path, prior.join(", "));
            Failure::usage(message).hint("remove one of them from the file")
        }
        _ => wrong_request::describe(error, &[].into()).failure(),
    }
}

/// The key of an argument that an error names, as `--release <VERSION>`.
fn key_of(arg: &str, command: &Command) -> Option<&'static Key> {
    KEYS.iter().find(|key| with_flag(command, key.flag).is_some_and(|it| it.to_string() == arg))
}

fn texts(error: &Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
