//! The client against servers that behave as real registries do, quirk by quirk.

mod auth;
mod cutter;
mod helper;
mod pull;
mod push;
mod redirect;
mod setup;
