//! `dhctl config module-source`

use deckhouse::manifests::{check_source_name, write_module_source};

use super::access;
use crate::{
    failure::Failure,
    invocation::Invocation,
    printer,
    settings::{ModuleSourceSettings, Output},
};

pub(crate) fn invocation(settings: ModuleSourceSettings) -> Invocation {
    Invocation::immediate("config module-source", Output::plain(), move || run(&settings))
}

fn run(ModuleSourceSettings { name, access }: &ModuleSourceSettings) -> Result<(), Failure> {
    check_source_name(name)?;
    access::write(access, |access| write_module_source(name, access))?;
    if !access.ca_files.is_empty() {
        // From the description of `ca` in the platform's own schema.
        printer::note("note: a ModuleSource with certificates restarts the container runtime on all nodes");
    }
    access::say_next(&access.file);
    Ok(())
}
