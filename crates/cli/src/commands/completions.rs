//! `dhctl completions SHELL`

use clap::CommandFactory;

use crate::{args::Cli, failure::Failure, printer::Printer};

pub(crate) fn run(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dhctl", &mut script);
    Printer::stdout(&script)
}
