//! Settings of `dhctl registry check`.

use oci::RepositoryUrl;
use registry::client::check::Purpose;

use super::{Connection, Output};
use crate::{
    args::{CheckArgs, CheckPurpose},
    failure::Failure,
    logins::Login,
};

/// Settings of `dhctl registry check`.
#[derive(Debug, Clone)]
pub(crate) struct CheckSettings {
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// What it is to be used for.
    pub(crate) purpose: Purpose,
    /// Whether to write, overwrite and delete an image.
    pub(crate) write_test: bool,
    /// The login there.
    pub(crate) login: Login,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings from the arguments, with how to print if they are not valid.
pub(crate) fn check(args: CheckArgs) -> (Output, Result<Box<CheckSettings>, Failure>) {
    let CheckArgs { registry, purpose, write_test, login, connection, output } = args;
    let output = Output::from(&output);
    let purpose = match purpose {
        CheckPurpose::Push => Purpose::Push,
        CheckPurpose::Cluster => Purpose::Cluster,
    };
    if write_test && purpose == Purpose::Cluster {
        let failure = Failure::usage("--write-test needs --for push: with --for cluster nothing is written");
        return (output, Err(failure));
    }
    let connection = Connection::from(&connection);
    let settings = CheckSettings { registry, purpose, write_test, login: login.into(), connection, output };
    (output, Ok(Box::new(settings)))
}
