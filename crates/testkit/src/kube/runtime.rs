//! The runtime that the stand-ins and clients of this module live in.
//!
//! It is not the test's: a test may block its own while it waits for the program under test, which waits for
//! a stand-in.

use std::sync::{LazyLock, mpsc};

use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime =
        Builder::new_multi_thread().worker_threads(2).thread_name("testkit-kube").enable_all().build();
    runtime.unwrap_or_else(|error| unreachable!("a runtime of two threads: {error}"))
});

/// The runtime.
pub(crate) fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// Waits for a future, in an asynchronous test as well as in any other. Blocks the thread that calls it, and
/// so must not be called in the future of another `wait`.
///
/// # Panics
/// If the future panics.
pub fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = mpsc::sync_channel(1);
    RUNTIME.spawn(async move {
        // Nobody waits any more if this fails.
        let _ = sender.send(future.await);
    });
    receiver.recv().unwrap_or_else(|_| panic!("what was waited for has panicked; its message is above"))
}
