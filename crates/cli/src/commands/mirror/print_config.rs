//! `dhctl mirror pull --print-config`: print the delivery file of the given flags.

use crate::{
    Environment,
    failure::Failure,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::{Output, PrintedConfig},
};

/// Prints the file, or as JSON a document with the same keys.
pub(crate) fn invocation(output: Output, printed: PrintedConfig, environment: &Environment) -> Invocation {
    let is_terminal = environment.stderr_is_terminal;
    let PrintedConfig { delivery, replaced } = printed;
    Invocation::new(super::pull::NAME, output, async move {
        let delivery = delivery?;
        let progress = Progress::new(output, is_terminal);
        super::pull::report_replaced(&replaced, &progress);
        drop(progress);
        let text = delivery.to_yaml().map_err(Failure::internal)?;
        Printer::new(output).result(super::pull::NAME, &delivery, &text)
    })
}
