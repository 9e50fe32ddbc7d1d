//! Where programs are kept that are built for the tests: outside the tree, so that each is built once.

use std::path::PathBuf;

use anyhow::Context as _;

/// `dhctl-testkit` in the user's cache.
///
/// # Errors
/// If there is neither `XDG_CACHE_HOME` nor a home directory.
pub fn directory() -> anyhow::Result<PathBuf> {
    let caches = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(directory) => PathBuf::from(directory),
        None => std::env::home_dir().context("no XDG_CACHE_HOME and no home directory")?.join(".cache"),
    };
    Ok(caches.join("dhctl-testkit"))
}
