//! How each library error becomes a kind, a wording and hints. The only such place.

use bundle::BundleError;
use deckhouse::SelectError;
use registry::client::ErrorKind;

use super::Failure;
use crate::exit_code::Exit;

impl From<mirror::Error> for Failure {
    fn from(error: mirror::Error) -> Self {
        let message = error.to_string();
        match error {
            mirror::Error::Registry(error) => error.into(),
            mirror::Error::Select(error) => error.into(),
            mirror::Error::Bundle(error) => error.into(),
            mirror::Error::Incomplete { place, items } => Self {
                missing: items,
                ..Self::new(Exit::Incomplete, message).hint(match place {
                    mirror::error::Place::Source => {
                        "nothing was given its final name; choose releases that are complete on the source, or have the source repaired"
                    }
                    mirror::error::Place::Bundle => "copy the bundle again, or pull it again",
                    mirror::error::Place::Target => "push the bundle again: what is there is skipped",
                })
            },
            mirror::Error::Layout(_) | mirror::Error::ReleaseManifest(_) => Self::new(Exit::Incomplete, message),
            mirror::Error::File { .. } => Self::new(Exit::Files, message),
            _ => Self::new(Exit::Internal, message),
        }
    }
}

impl From<registry::client::Error> for Failure {
    fn from(error: registry::client::Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Unauthorized { .. } | ErrorKind::Denied { .. } => Exit::Denied,
            ErrorKind::NotFound { .. }
            | ErrorKind::DigestMismatch { .. }
            | ErrorKind::SizeMismatch { .. }
            | ErrorKind::TooLarge { .. }
            | ErrorKind::BadManifest { .. }
            | ErrorKind::SourceMismatch { .. } => Exit::Incomplete,
            ErrorKind::Source(_) => Exit::Files,
            _ => Exit::Network,
        };
        let mut failure = Self::new(exit, error.to_string());
        failure.hints = error.hints();
        failure
    }
}

impl From<egress::EgressError> for Failure {
    fn from(error: egress::EgressError) -> Self {
        Self::new(Exit::Network, error.to_string())
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            SelectError::NoChannels => Self {
                exit: Exit::Incomplete,
                ..failure
            }
            .hint("check the path: it ends with the edition, as registry.deckhouse.ru/deckhouse/ee"),
            _ => failure,
        }
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        let message = error.to_string();
        match error {
            BundleError::NotABundle { .. } => Self::new(Exit::Incomplete, message)
                .hint("a bundle is the FILE.tar that 'dhctl mirror' writes"),
            BundleError::Damaged { .. } => {
                Self::new(Exit::Incomplete, message).hint("copy the bundle again, or pull it again")
            }
            BundleError::MissingPart { .. } => {
                Self::new(Exit::Incomplete, message).hint("all parts must be there; copy the missing ones")
            }
            BundleError::Locked { .. } => {
                Self::new(Exit::Files, message).hint("wait until it is done, or name another file")
            }
            BundleError::DiskFull { .. } => {
                Self::new(Exit::Files, message).hint("make room, or name a file on another disk")
            }
            BundleError::WrongPart { .. } => Self::new(Exit::Incomplete, message)
                .hint("copy that part again from where the bundle was pulled"),
            BundleError::WrongSum { .. } => {
                Self::new(Exit::Incomplete, message).hint("copy the file again, or pull the bundle again")
            }
            BundleError::BadSumFile { .. } => Self::new(Exit::Incomplete, message)
                .hint("write it again with 'gost12sum', or remove it: then that sum is not checked"),
            BundleError::FileTooLarge { .. } => {
                Self::new(Exit::Files, message).hint("write the bundle in parts that fit: -c fat32")
            }
            BundleError::TooManyParts { .. } => {
                Self::new(Exit::Files, message).hint("give a larger size with -c")
            }
            BundleError::OntoItself { .. } => {
                Self::new(Exit::Usage, message).hint("name another directory or file with -o")
            }
            BundleError::Cancelled => Self::interrupted(),
            _ => Self::new(Exit::Files, message),
        }
    }
}
