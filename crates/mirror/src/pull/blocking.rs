//! Work on files, off the threads that serve the network.

use crate::Error;

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|error| Error::Internal(error.to_string()))?
}
