//! How many files a bundle is split into, and how many sticks (or discs) of one size they need.

use serde::Serialize;

/// The files that a pull writes, and the sticks that they need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sticks {
    /// The size of a stick in bytes.
    #[serde(rename = "stick_size")]
    pub(super) size: u64,
    /// How many are needed; `None` if a file does not fit on one.
    #[serde(rename = "sticks")]
    pub(super) count: Option<usize>,
    /// The size of the largest file in bytes.
    pub(super) largest_file: u64,
}

/// The sizes of the files of archives with these sizes, in order. `part_size` is the largest size of a part, if they are
/// split.
pub(super) fn files(archives: impl IntoIterator<Item = u64>, part_size: Option<u64>) -> Vec<u64> {
    let mut files = Vec::new();
    for archive in archives {
        let Some(part_size) = part_size else {
            files.push(archive);
            continue;
        };
        let mut left = archive;
        while left > part_size {
            files.push(part_size);
            left -= part_size;
        }
        files.push(left);
    }
    files
}

impl Sticks {
    /// The sticks of this size that the files need if they are copied in order, and no file is divided.
    pub(super) fn of(files: &[u64], stick_size: u64) -> Self {
        let largest_file = files.iter().copied().max().unwrap_or(0);
        let (mut sticks, mut free) = (0, 0);
        for file in files {
            if *file > free {
                (sticks, free) = (sticks + 1, stick_size);
            }
            free = free.saturating_sub(*file);
        }
        let count = (largest_file <= stick_size).then_some(sticks);
        Self { size: stick_size, count, largest_file }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_sticks() {
        for (archives, part_size, stick, count, sticks) in [
            (&[100][..], None, 100, 1, Some(1)),
            (&[101], None, 100, 1, None),
            (&[101], Some(50), 100, 3, Some(2)),
            (&[100], Some(50), 100, 2, Some(1)),
            (&[250], Some(60), 100, 5, Some(4)),
            (&[250], Some(50), 100, 5, Some(3)),
            (&[70, 30, 50], None, 100, 3, Some(2)),
            (&[70, 50, 30], None, 100, 3, Some(2)),
            (&[], None, 100, 0, Some(0)),
        ] {
            let files = files(archives.iter().copied(), part_size);
            assert_eq!(files.len(), count, "{archives:?}");
            assert_eq!(files.iter().sum::<u64>(), archives.iter().sum::<u64>());
            assert_eq!(Sticks::of(&files, stick).count, sticks, "{archives:?} in {part_size:?} on {stick}");
        }
    }
}
