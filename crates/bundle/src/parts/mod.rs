//! Parts that were lost or damaged on the way: which they are, and writing only these again.

mod missing;
mod remake;
mod request;

pub use self::{
    missing::{MissingParts, missing_parts},
    remake::split_only,
    request::{KnownPart, PartsRequest},
};
