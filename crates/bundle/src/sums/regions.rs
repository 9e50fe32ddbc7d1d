//! Which bytes of a file are finished.

use std::collections::BTreeMap;

/// Ranges of finished bytes, joined where they touch: few, since the file is filled almost in order.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    /// End by start.
    ranges: BTreeMap<u64, u64>,
}

impl Regions {
    /// Adds the bytes from `start` to before `end`.
    pub(crate) fn add(&mut self, mut start: u64, mut end: u64) {
        if start >= end {
            return;
        }
        while let Some((begin, until)) = self.ranges.range(..=end).next_back().map(|(a, b)| (*a, *b)) {
            if until < start {
                break;
            }
            self.ranges.remove(&begin);
            start = start.min(begin);
            end = end.max(until);
        }
        self.ranges.insert(start, end);
    }

    /// Takes the bytes from `start` to before `end` out.
    pub(crate) fn remove(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        while let Some((begin, until)) = self.ranges.range(..end).next_back().map(|(a, b)| (*a, *b)) {
            if until <= start {
                break;
            }
            self.ranges.remove(&begin);
            if begin < start {
                self.ranges.insert(begin, start);
            }
            if until > end {
                self.ranges.insert(end, until);
            }
        }
    }

    /// The number of bytes from the beginning on that are finished without a gap.
    pub(crate) fn prefix(&self) -> u64 {
        self.ranges.get(&0).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_table_of_bytes(
            steps in proptest::collection::vec((any::<bool>(), 0_usize..40, 0_usize..12), 0..30),
        ) {
            let mut regions = Regions::default();
            let mut table = [false; 64];
            for (add, start, length) in steps {
                let end = start + length;
                table[start..end].fill(add);
                if add {
                    regions.add(start as u64, end as u64);
                } else {
                    regions.remove(start as u64, end as u64);
                }
                let expected = table.iter().take_while(|byte| **byte).count();
                prop_assert_eq!(regions.prefix(), expected as u64);
                let mut joined = Vec::new();
                for at in 0..table.len() {
                    if table[at] && (at == 0 || !table[at - 1]) {
                        let end = (at..table.len()).find(|at| !table[*at]).unwrap_or(table.len());
                        joined.push((at as u64, end as u64));
                    }
                }
                prop_assert_eq!(regions.ranges.iter().map(|(a, b)| (*a, *b)).collect::<Vec<_>>(), joined);
            }
        }
    }
}
