//! `dhctl config module-source`

use commands::{Command, Kubectl};
use deckhouse::manifests::{check_source_name, write_module_source};

use super::access;
use crate::{args::ModuleSourceArgs, failure::Failure, printer};

pub(crate) fn run(args: &ModuleSourceArgs) -> Result<(), Failure> {
    check_source_name(&args.name)?;
    access::write(&args.access, |access| write_module_source(&args.name, access))?;
    if !args.access.ca_file.is_empty() {
        // Of the description of `ca` in the platform's own schema.
        printer::note("note: a ModuleSource with certificates restarts the container runtime on all nodes");
    }
    if let Some(path) = &args.access.file.out {
        let apply = Command::kubectl(Kubectl::Apply(path.display().to_string()));
        printer::note(&format!("apply it with: {apply}"));
    }
    Ok(())
}
