//! `dhctl mirror pull --print-config`: print the delivery file of the given flags.

use deckhouse::Delivery;

use crate::{failure::Failure, invocation::Invocation, printer::Printer, settings::Output};

/// Prints the file, or as JSON a document with the same keys.
pub(crate) fn invocation(output: Output, delivery: Result<Delivery, Failure>) -> Invocation {
    Invocation::immediate(super::pull::NAME, output, move || {
        let delivery = delivery?;
        let text = delivery.to_yaml().map_err(Failure::internal)?;
        Printer::new(output).result(super::pull::NAME, &delivery, &text)
    })
}
