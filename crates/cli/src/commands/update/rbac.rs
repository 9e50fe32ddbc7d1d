//! `dhctl update rbac`

use cluster::rbac::{Extent, ReadOnly, Subject, manifest};

use crate::{args::RbacArgs, failure::Failure, invocation::Invocation, printer::Printer, settings::Output};

pub(crate) fn invocation(args: RbacArgs) -> Invocation {
    Invocation::immediate("update rbac", Output::plain(), move || run(&args))
}

fn run(args: &RbacArgs) -> Result<(), Failure> {
    let users = args.user.iter().cloned().map(Subject::User);
    let groups = args.group.iter().cloned().map(Subject::Group);
    let accounts = args.service_account.iter().cloned();
    let accounts = accounts.map(|(namespace, name)| Subject::ServiceAccount { namespace, name });
    let subjects: Vec<Subject> = users.chain(groups).chain(accounts).collect();
    let read_only = args.read_only.then_some(ReadOnly { queues: args.queues, secrets: args.secrets });
    let extent = Extent { read_only, helm: args.helm };
    Printer::stdout(manifest(&subjects, extent).as_bytes())
}
