//! Fuzz targets that run on stable Rust with `cargo test`, each for a short time.
//!
//! bolero is the engine: by itself it makes inputs up at random, and under `cargo bolero` libFuzzer or AFL
//! makes them up by what they reach. What it makes up are edits of valid inputs, since noise never gets past
//! the first check of a parser.

#![forbid(unsafe_code)]

use std::time::Duration;

pub use bolero;

/// How long one target runs in `cargo test`.
pub const TIME: Duration = Duration::from_secs(1);

/// More inputs than can be run in that time.
pub const INPUTS: usize = 10_000_000;

/// Which of the valid inputs, and what is done to it: kind, place and value of each edit.
pub type Edits = (u8, Vec<(u8, u16, u32)>);

/// What parsers stumble over.
const PIECES: [&[u8]; 16] = [
    b"0",
    b"-1",
    b"4294967296",
    b"18446744073709551615",
    b"99999999999999999999999",
    b"\0",
    b"\n",
    b"\"",
    b"\\",
    b"/../",
    b":",
    b"@",
    b"%",
    b",",
    b"[[[[[[[[",
    "\u{e9}\u{202e}".as_bytes(),
];

/// One of `seeds` after these edits.
pub fn mutate(seeds: &[Vec<u8>], (which, edits): &Edits) -> Vec<u8> {
    let Some(seed) = seeds.get(usize::from(*which) % seeds.len().max(1)) else {
        return Vec::new();
    };
    let mut bytes = seed.clone();
    for &(kind, place, value) in edits {
        edit(&mut bytes, seeds, kind, usize::from(place), value);
    }
    bytes
}

fn edit(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], kind: u8, place: usize, value: u32) {
    let at = place % (bytes.len() + 1);
    let [low, high, ..] = value.to_le_bytes();
    // Short runs mostly: long ones destroy what makes the input valid.
    let run = at..(at + usize::from(high) % 16 + 1).min(bytes.len());
    match kind % 10 {
        0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (low % 8)),
        1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = low),
        2 => bytes.insert(at, low),
        3 => drop(bytes.drain(run)),
        4 => bytes.truncate(at),
        5 => {
            let copy = bytes[run].to_vec();
            bytes.splice(at..at, copy);
        }
        6 => drop(bytes.splice(at..at, PIECES[usize::from(low) % PIECES.len()].iter().copied())),
        7 => drop(bytes.splice(run, PIECES[usize::from(low) % PIECES.len()].iter().copied())),
        // Fields of a fixed length, as sizes in headers are.
        8 => bytes.iter_mut().skip(at).zip(value.to_le_bytes()).for_each(|(byte, new)| *byte = new),
        _ => {
            let other = &seeds[usize::from(low) % seeds.len()];
            let from = usize::from(high) * other.len() / 256;
            bytes.splice(at.., other[from..].iter().copied());
        }
    }
}

/// Runs a function on edits of valid inputs (anything that gives pieces of bytes), for [`TIME`]. A panic is
/// shown with the smallest input that makes it.
#[macro_export]
macro_rules! fuzz {
    ($seeds:expr, $target:expr) => {{
        let seeds: Vec<Vec<u8>> =
            $seeds.into_iter().map(|seed| AsRef::<[u8]>::as_ref(&seed).to_vec()).collect();
        let target = $target;
        for seed in &seeds {
            target(seed);
        }
        $crate::bolero::check!()
            .with_type::<$crate::Edits>()
            .with_test_time($crate::TIME)
            .with_iterations($crate::INPUTS)
            .for_each(|edits| target(&$crate::mutate(&seeds, edits)));
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_reach_every_kind_and_never_fail() {
        let seeds = [b"abcdefghijklmnopqrstuvwxyz".to_vec(), b"0123456789".to_vec()];
        let mut made = std::collections::BTreeSet::new();
        for kind in 0..10 {
            for place in 0..40 {
                for value in [0, 1, 0x0105, 0xffff_ffff] {
                    made.insert(mutate(&seeds, &(kind, vec![(kind, place, value), (kind, 7, value)])));
                }
            }
        }
        assert!(made.len() > 500, "{}", made.len());
        assert_eq!(mutate(&seeds, &(1, vec![])), seeds[1]);
        assert_eq!(mutate(&[], &(1, vec![(0, 0, 0)])), b"");
    }
}
