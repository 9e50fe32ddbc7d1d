//! Bundles written, read, replaced and damaged on a real file system.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod converting;
mod damage;
mod foreign_tar;
mod frontier;
mod fuzz;
mod gost12sum;
mod on_media;
mod replacing;
mod round_trip;
mod sample;
mod system_tar;
mod tar_bytes;
mod tar_index;
mod verifying;
mod wrong_parts;
