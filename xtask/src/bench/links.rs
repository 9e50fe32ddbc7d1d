//! How far away the registry is.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use testkit::{Link, LinkOptions};

/// A way to a registry: straight, or over a long line.
#[derive(Debug)]
pub(crate) enum Way {
    Straight(SocketAddr),
    Line(Link),
}

impl Way {
    /// A way to `target` with a round trip of this length; none at all if it is zero.
    pub(crate) fn to(target: SocketAddr, round_trip: Duration) -> Result<Self> {
        if round_trip.is_zero() {
            return Ok(Self::Straight(target));
        }
        let options = LinkOptions { round_trip, ..LinkOptions::default() };
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
