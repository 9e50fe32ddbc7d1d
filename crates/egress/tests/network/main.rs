//! The public clients against real sockets of 127.0.0.1.

mod connect_proxy;
mod faults;
mod proxy;
mod support;
mod trust;
