//! Walks a chain of errors, down into `io::Error`, whose `source` skips the error that it carries.

use std::error::Error;
use std::io;

/// The error and all its causes, outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> + Clone {
    std::iter::successors(Some(error), |&error| {
        if let Some(carried) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            let carried: &(dyn Error + 'static) = carried;
            return Some(carried);
        }
        error.source()
    })
}

/// The first cause of this type.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The text of the innermost cause: the others only say that something inside failed.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
