//! `dhctl update` against a real API server.

mod approve;
mod doctor;
mod kernel;
mod platform;
mod prepare;
