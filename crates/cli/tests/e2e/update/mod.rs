//! `dhctl update` against a real API server.

mod doctor;
