//! How far a host has authenticated us: this decides what a refusal means.

/// How far a host has authenticated us when it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Not at all, or by an anonymous token.
    Unknown,
    /// We sent a login and password, which it may refuse.
    Claimed,
    /// A token was issued for our login and password.
    Known,
}
