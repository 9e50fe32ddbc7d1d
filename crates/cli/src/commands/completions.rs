//! `dhctl completions SHELL`

use clap::CommandFactory;

use crate::{args::Cli, exit_code::Exit, printer};

pub(crate) fn run(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dhctl", &mut script);
    printer::raw(&script);
    Exit::Success
}
