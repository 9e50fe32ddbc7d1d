//! A port that a server can be started on, and started again on, without anybody else taking it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use rustix::{
    fd::OwnedFd,
    net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with, sockopt},
};

/// A free port of 127.0.0.1, reserved until it is dropped.
///
/// A socket is bound to the port, but does not listen: connections are refused, the system gives the port to nobody who
/// asks for any port, and a server that sets `SO_REUSEADDR` (Go's, nginx, Squid, Rust's `TcpListener`) can listen at it.
#[derive(Debug)]
pub struct ReservedPort {
    address: SocketAddr,
    _socket: OwnedFd,
}

impl ReservedPort {
    /// Reserves one.
    ///
    /// # Errors
    /// If no port is free.
    pub fn new() -> std::io::Result<Self> {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        let address = SocketAddrV4::try_from(getsockname(&socket)?)?.into();
        Ok(Self { address, _socket: socket })
    }

    /// Its address.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::ErrorKind,
        net::{TcpListener, TcpStream},
    };

    use super::ReservedPort;

    #[test]
    fn connections_are_refused_until_a_server_listens() {
        let port = ReservedPort::new().unwrap();
        for _ in 0..2 {
            assert_eq!(TcpStream::connect(port.addr()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
            let server = TcpListener::bind(port.addr()).unwrap();
            TcpStream::connect(port.addr()).unwrap();
            drop(server);
        }
    }
}
