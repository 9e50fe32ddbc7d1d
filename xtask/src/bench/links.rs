//! How far away the registry is.

use std::net::SocketAddr;

use anyhow::Result;
use testkit::{Link, LinkOptions};

/// A way to a registry: straight, or over a long line.
#[derive(Debug)]
pub(crate) enum Way {
    Straight(SocketAddr),
    Line(Link),
}

impl Way {
    /// A way to `target` over such a line; none at all if it would be perfect.
    pub(crate) fn to(target: SocketAddr, options: LinkOptions) -> Result<Self> {
        if options.round_trip.is_zero() && options.bytes_per_second.is_none() {
            return Ok(Self::Straight(target));
        }
        Ok(Self::Line(Link::start(target, options)?))
    }

    /// The address to be used.
    pub(crate) fn addr(&self) -> SocketAddr {
        match self {
            Self::Straight(address) => *address,
            Self::Line(link) => link.addr(),
        }
    }
}
