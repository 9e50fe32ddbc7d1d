//! A stream of Zstandard frames.
