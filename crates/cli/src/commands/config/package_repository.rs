//! `dhctl config package-repository`

use commands::{Command, Kubectl};
use deckhouse::manifests::{check_package_repository_name, write_package_repository};

use super::access;
use crate::{
    failure::Failure,
    invocation::Invocation,
    printer,
    settings::{Output, PackageRepositorySettings},
};

pub(crate) fn invocation(settings: PackageRepositorySettings) -> Invocation {
    Invocation::immediate("config package-repository", Output::plain(), move || run(&settings))
}

fn run(PackageRepositorySettings { name, access }: &PackageRepositorySettings) -> Result<(), Failure> {
    check_package_repository_name(name)?;
    access::write(access, |access| write_package_repository(name, access))?;
    if let Some(path) = &access.file.path {
        let apply = Command::kubectl(Kubectl::Apply(path.display().to_string()));
        printer::note(&format!("next: {apply}"));
    }
    Ok(())
}
