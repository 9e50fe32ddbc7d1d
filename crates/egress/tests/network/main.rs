//! The public clients against real sockets of 127.0.0.1.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its servers has failed")]

mod connect_proxy;
mod faults;
mod proxy;
mod support;
mod trust;
