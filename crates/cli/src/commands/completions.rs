//! `dhctl completions SHELL`

use clap::CommandFactory;

use crate::{args::Cli, failure::Failure, invocation::Invocation, printer::Printer, settings::Output};

pub(crate) fn invocation(shell: clap_complete::Shell) -> Invocation {
    Invocation::immediate("completions", Output::plain(), move || run(shell))
}

fn run(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dhctl", &mut script);
    Printer::stdout(&script)
}
