//! `dhctl update` against a real API server.

mod approve;
mod kernel;
mod platform;
mod prepare;
