//! Random bytes that do not compress and can be computed from any offset: layers of any size need no
//! memory.

use std::io;

use oci::{BlobSource, Digest};

/// splitmix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators"): word `index` of
/// the stream of `seed`.
fn word(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seed that belongs to a name, under the seed of the whole.
pub(super) fn seed_of(seed: u64, name: &str) -> u64 {
    let hex = Digest::of(format!("{seed}/{name}").as_bytes()).hex();
    u64::from_str_radix(&hex[..16], 16).unwrap_or_else(|_| unreachable!("16 hex digits"))
}

/// A number from 0 to below `limit` that belongs to a name.
pub(super) fn pick(seed: u64, name: &str, limit: u64) -> u64 {
    word(seed_of(seed, name), 0) % limit.max(1)
}

/// Fills `buf` with the random bytes of `seed` from `offset` on.
pub(super) fn fill(seed: u64, offset: u64, buf: &mut [u8]) {
    let skip = usize::try_from(offset % 8).unwrap_or_default();
    let head = buf.len().min((8 - skip) % 8);
    let (first, rest) = buf.split_at_mut(head);
    first.copy_from_slice(&word(seed, offset / 8).to_le_bytes()[skip..skip + head]);
    for (index, chunk) in (offset.div_ceil(8)..).zip(rest.chunks_mut(8)) {
        chunk.copy_from_slice(&word(seed, index).to_le_bytes()[..chunk.len()]);
    }
}

/// An uncompressed tar with one file of random bytes, which are computed when they are read.
#[derive(Debug, Clone)]
pub struct RandomTar {
    header: [u8; 512],
    seed: u64,
    size: u64,
}

impl RandomTar {
    /// A tar whose file `name` has `size` bytes of the random bytes of `seed`.
    pub fn new(name: &str, seed: u64, size: u64) -> Self {
        let header = *super::layer::header(name, size).as_bytes();
        Self { header, seed, size }
    }

    fn padded(&self) -> u64 {
        self.size.next_multiple_of(512)
    }
}

impl BlobSource for RandomTar {
    fn size(&self) -> u64 {
        512 + self.padded() + 1024
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(BlobSource::size(self).saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = buf.len().min(left);
        let buf = &mut buf[..count];
        buf.fill(0);
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(count);
        if let Ok(start) = usize::try_from(offset)
            && start < 512
        {
            let head = count.min(512 - start);
            buf[..head].copy_from_slice(&self.header[start..start + head]);
        }
        let start = index(512_u64.saturating_sub(offset));
        let end = index((512 + self.size).saturating_sub(offset));
        if start < end {
            fill(self.seed, (offset + start as u64) - 512, &mut buf[start..end]);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of splitmix64 for seed 1234567, from the reference implementation.
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([word(1_234_567, 0), word(1_234_567, 1)], expected);
    }

    #[test]
    fn every_offset_gives_the_same_bytes() {
        let tar = RandomTar::new("noise", 7, 1000);
        let size = usize::try_from(BlobSource::size(&tar)).unwrap();
        assert_eq!(size, 512 + 1024 + 1024);
        let mut whole = vec![0; size];
        assert_eq!(tar.read_at(0, &mut whole).unwrap(), size);
        for (start, length) in [(1, 9), (500, 20), (513, 7), (1505, 40), (1512, 600), (2559, 9), (9999, 3)] {
            let mut part = vec![1; length];
            let count = tar.read_at(start as u64, &mut part).unwrap();
            let expected = whole.get(start..(start + length).min(size)).unwrap_or_default();
            assert_eq!(&part[..count], expected, "{start}+{length}");
        }
        let files = super::super::layer::files_of(&whole);
        assert_eq!((files.len(), files["noise"].len()), (1, 1000));
    }
}
