//! The client against servers that behave as real registries do, quirk by quirk.

#![expect(clippy::unwrap_used, reason = "what is set up for a test must not fail")]

mod auth;
mod check;
mod cutter;
mod helper;
mod limits;
mod proxy_cache;
mod pull;
mod push;
mod reasons;
mod redirect;
mod referrers;
mod registry_check;
mod resumed_push;
mod setup;
mod stalls;
mod unreachable;
