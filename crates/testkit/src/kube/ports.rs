//! Ports that nobody gets by chance while their server is away.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener},
};

/// A port that was free may be taken by someone else before the server gets it.
const ATTEMPTS: usize = 5;

/// A free port of this machine, below those that the kernel hands out by itself.
pub(crate) fn free() -> anyhow::Result<(TcpListener, SocketAddr)> {
    loop {
        let port = 10_000 + u16::try_from(RandomState::new().hash_one(0) % 20_000)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match TcpListener::bind(address) {
            Ok(listener) => return Ok((listener, address)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Calls `start` with a free port, with another one if that was taken meanwhile.
pub(crate) fn on_a_free_port<T>(
    mut start: impl FnMut(SocketAddr) -> anyhow::Result<T>,
) -> anyhow::Result<(T, SocketAddr)> {
    let mut attempt = 1;
    loop {
        let (listener, address) = free()?;
        drop(listener);
        match start(address) {
            Ok(started) => return Ok((started, address)),
            Err(error) if attempt < ATTEMPTS && format!("{error:#}").contains("address already in use") => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
