//! The sums of consecutive pieces of one stream: of all parts in turn, or of the whole as one piece.

use gost_hash::Streebog;

use super::GostSum;

/// Takes a stream of bytes and sums up each piece.
#[derive(Debug)]
pub(crate) struct PieceSums {
    sizes: Vec<u64>,
    done: Vec<GostSum>,
    current: Streebog,
    /// Bytes that the current piece still lacks.
    left: u64,
}

/// A place in the stream that can be gone back to: some 300 bytes.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    done: usize,
    current: Streebog,
    left: u64,
}

impl PieceSums {
    /// For pieces of these sizes in bytes.
    pub(crate) fn new(sizes: Vec<u64>) -> Self {
        let mut pieces = Self {
            left: sizes.first().copied().unwrap_or_default(),
            sizes,
            done: Vec::new(),
            current: Streebog::new(),
        };
        pieces.close();
        pieces
    }

    /// Takes the next bytes; what comes after the last piece is ignored.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.done.len() < self.sizes.len() {
            let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(count);
            self.current.update(now);
            self.left -= count as u64;
            bytes = later;
            self.close();
        }
    }

    /// Ends every piece that has all its bytes.
    fn close(&mut self) {
        while self.left == 0 && self.done.len() < self.sizes.len() {
            self.done.push(std::mem::take(&mut self.current).finish().into());
            self.left = self.sizes.get(self.done.len()).copied().unwrap_or_default();
        }
    }

    /// Where the stream is.
    pub(crate) fn mark(&self) -> Mark {
        Mark { done: self.done.len(), current: self.current.clone(), left: self.left }
    }

    /// Goes back to where `mark` was taken from this stream.
    pub(crate) fn rewind(&mut self, mark: &Mark) {
        self.done.truncate(mark.done);
        self.current = mark.current.clone();
        self.left = mark.left;
    }

    /// The sums of the pieces that are complete.
    pub(crate) fn finish(self) -> Vec<GostSum> {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_do_not_depend_on_the_sizes_of_the_writes(
            sizes in proptest::collection::vec(0_u64..300, 0..8),
            cuts in proptest::collection::vec(1_usize..200, 1..20),
            back in 0_usize..20,
        ) {
            let total: u64 = sizes.iter().sum();
            let bytes: Vec<u8> = (0..total).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut expected = Vec::new();
            let mut rest = &bytes[..];
            for size in &sizes {
                let (piece, later) = rest.split_at(usize::try_from(*size).unwrap());
                expected.push(GostSum::of(piece));
                rest = later;
            }
            let mut pieces = PieceSums::new(sizes);
            let mut at = 0;
            let mut mark = (0, pieces.mark());
            for (number, cut) in cuts.iter().cycle().enumerate() {
                if at == bytes.len() {
                    break;
                }
                if number == back {
                    pieces.rewind(&mark.1);
                    at = mark.0;
                    pieces.update(b"wrong");
                    pieces.rewind(&mark.1);
                }
                if number % 3 == 0 && number <= back {
                    mark = (at, pieces.mark());
                }
                let end = (at + cut).min(bytes.len());
                pieces.update(&bytes[at..end]);
                at = end;
            }
            prop_assert_eq!(pieces.finish(), expected);
        }
    }
}
