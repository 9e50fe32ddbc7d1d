//! A command that is ready to run: its name, how it prints, what it does, and what to do after an interruption.

use std::{future::Future, pin::Pin, time::Duration};

use crate::{
    args::ProgressFormat,
    exit_code::Exit,
    failure::Failure,
    interrupted::Next,
    interrupts,
    printer::{self, Printer},
    settings::Output,
};

/// How long threads that are in the middle of a disk operation are waited for after an interruption.
const GRACE: Duration = Duration::from_millis(500);

/// What a command does. Its result is printed, or it has failed.
type Work = Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// A command that is ready to run.
pub(crate) struct Invocation {
    /// Its name, as JSON documents have it.
    name: &'static str,
    printer: Printer,
    progress: ProgressFormat,
    work: Work,
    after_interruption: Next,
    /// Whether a signal stops it in order. Without, the first signal ends the process.
    stops_in_order: bool,
}

impl Invocation {
    /// A command that prints as `output` says.
    pub(crate) fn new(
        name: &'static str,
        output: impl Into<Output>,
        work: impl Future<Output = Result<(), Failure>> + 'static,
    ) -> Self {
        let output = output.into();
        Self {
            name,
            printer: Printer::new(output),
            progress: output.progress,
            work: Box::pin(work),
            after_interruption: Next::Again,
            stops_in_order: true,
        }
    }

    /// A command that uses neither a network nor a bundle.
    pub(crate) fn immediate(
        name: &'static str,
        output: Output,
        work: impl FnOnce() -> Result<(), Failure> + 'static,
    ) -> Self {
        Self { stops_in_order: false, ..Self::new(name, output, async move { work() }) }
    }

    /// With this hint after an interruption.
    pub(crate) fn if_interrupted(self, next: impl Into<Next>) -> Self {
        Self { after_interruption: next.into(), ..self }
    }

    /// Runs it to its end, and reports a failure.
    pub(crate) fn run(self) -> Exit {
        let Self { name, printer, progress, work, after_interruption, stops_in_order } = self;
        printer::progress(progress);
        let result = if stops_in_order { run_until_signal(work, &after_interruption) } else { run_now(work) };
        report(name, printer, result)
    }
}

/// Reports a failure, and gives the exit code of `result`.
pub(crate) fn report(name: &str, printer: Printer, result: Result<(), Failure>) -> Exit {
    match result {
        Ok(()) => {
            tracing::info!("{name}: exit code 0");
            Exit::Success
        }
        Err(failure) => {
            tracing::error!("{name}: exit code {}: {:?}", failure.exit as u8, failure.render());
            printer.failure(name, &failure);
            failure.exit
        }
    }
}

fn run_now(work: Work) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().build().map_err(Failure::internal)?.block_on(work)
}

fn run_until_signal(work: Work, after_interruption: &Next) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::internal)?;
    let result = runtime.block_on(async {
        let stop = interrupts::stop_in_order().map_err(Failure::internal)?;
        tokio::select! {
            result = work => result,
            () = stop => Err(Failure::interrupted()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    // Only now nothing is written any more.
    result.map_err(|failure| match failure.exit {
        Exit::Interrupted => failure.hint(after_interruption.hint()),
        _ => failure,
    })
}
