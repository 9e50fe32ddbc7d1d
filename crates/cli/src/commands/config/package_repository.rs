//! `dhctl config package-repository`

use deckhouse::manifests::{check_package_repository_name, write_package_repository};

use super::access;
use crate::{
    failure::Failure,
    invocation::Invocation,
    settings::{Output, PackageRepositorySettings},
};

pub(crate) fn invocation(settings: PackageRepositorySettings) -> Invocation {
    Invocation::immediate("config package-repository", Output::plain(), move || run(&settings))
}

fn run(PackageRepositorySettings { name, access }: &PackageRepositorySettings) -> Result<(), Failure> {
    check_package_repository_name(name)?;
    access::write(access, |access| write_package_repository(name, access))?;
    access::say_next(&access.file);
    Ok(())
}
