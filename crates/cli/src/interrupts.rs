//! SIGINT and SIGTERM: the first one stops a command in order, the next one ends the process.
//!
//! A command that is stopped in order has to reach a point where it can stop, and a system call may never come to its
//! end: reading a pipe that nobody writes to, a file of a server that is away. So the next signal is not a request: its
//! handler ends the process.

use std::{
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::exit_code::Exit;

/// Whether the next signal ends the process. Signals are the process's, and so is this.
static ENDS_THE_PROCESS: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

/// From now on either signal ends the process with the exit code of an interruption, until [`stop_in_order`].
///
/// # Errors
/// What the system says.
pub(crate) fn watch() -> io::Result<()> {
    for number in [SIGINT, SIGTERM] {
        // In this order: the first one that is only a request must find the flag not yet set.
        flag::register_conditional_shutdown(number, Exit::Interrupted as i32, ENDS_THE_PROCESS.clone())?;
        flag::register(number, ENDS_THE_PROCESS.clone())?;
    }
    Ok(())
}

/// Resolves at the first signal, which is now only a request; the next one ends the process.
///
/// # Errors
/// What the system says.
pub(crate) fn stop_in_order() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Only when somebody listens: a signal that comes before ends the process instead of being lost.
    ENDS_THE_PROCESS.store(false, Ordering::SeqCst);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
