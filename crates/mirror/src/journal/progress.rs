//! How far each blob of the partial bundle has come: an append-only file of small records.
//!
//! A record is 16 bytes, little-endian: number of the blob in the plan (4), bytes written (8), and a
//! checksum of both (4). A record that is cut or spoiled ends the file: what follows it is not believed.

use std::{collections::HashMap, fs::File, io::Write, path::PathBuf};

use parking_lot::Mutex;

use bundle::{Access, PrivateDirectory};

use crate::Error;

/// The file in the journal.
pub(super) const PROGRESS: &str = "progress";

const RECORD: usize = 16;

/// The open file. Records are not synced: what a power cut takes is downloaded again.
#[derive(Debug)]
pub(crate) struct Progress {
    path: PathBuf,
    file: Mutex<File>,
}

impl Progress {
    /// Opens the file for more records, empty at first if `fresh`.
    pub(super) fn open(directory: &PrivateDirectory, fresh: bool) -> Result<Self, Error> {
        let open = || {
            let file = directory.open_file(PROGRESS, Access::Append)?;
            if fresh {
                file.set_len(0)?;
            }
            Ok(file)
        };
        let path = directory.path_of(PROGRESS);
        match open() {
            Ok(file) => Ok(Self { path, file: Mutex::new(file) }),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    /// Notes that the first `length` bytes of the blob with this number are written.
    pub(crate) fn record(&self, blob: u32, length: u64) -> Result<(), Error> {
        let mut file = self.file.lock();
        file.write_all(&encode(blob, length))
            .map_err(|source| Error::File { path: self.path.clone(), source })
    }
}

/// Reads the file: bytes written by number of the blob. No file is no progress.
pub(super) fn read(directory: &PrivateDirectory) -> Result<HashMap<u32, u64>, Error> {
    let bytes = directory.read(PROGRESS);
    let bytes = bytes.map_err(|source| Error::File { path: directory.path_of(PROGRESS), source })?;
    Ok(decode(&bytes.unwrap_or_default()))
}

pub(super) fn encode(blob: u32, length: u64) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..4].copy_from_slice(&blob.to_le_bytes());
    record[4..12].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&record[..12]).to_le_bytes();
    record[12..].copy_from_slice(&sum);
    record
}

pub(super) fn decode(bytes: &[u8]) -> HashMap<u32, u64> {
    let mut progress = HashMap::new();
    for record in bytes.chunks_exact(RECORD) {
        let (Ok(blob), Ok(length), Ok(sum)) =
            (record[..4].try_into(), record[4..12].try_into(), record[12..].try_into())
        else {
            break;
        };
        if u32::from_le_bytes(sum) != checksum(&record[..12]) {
            break;
        }
        progress.insert(u32::from_le_bytes(blob), u64::from_le_bytes(length));
    }
    progress
}

/// FNV-1a: tells zeros and torn writes from records; nothing more hangs on it.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_record_of_a_blob_counts_and_a_damaged_one_ends_the_file() {
        let mut bytes = [encode(1, 10), encode(2, 7), encode(1, 30), encode(3, 1)].concat();
        assert_eq!(decode(&bytes), HashMap::from([(1, 30), (2, 7), (3, 1)]));
        bytes[2 * RECORD + 5] ^= 1;
        assert_eq!(decode(&bytes), HashMap::from([(1, 10), (2, 7)]));
        assert_eq!(decode(&[0; 64]), HashMap::new());
    }

    proptest! {
        #[test]
        fn a_truncated_file_gives_the_records_before_the_cut(records in prop::collection::vec(any::<(u32, u64)>(), 0..20), cut in 0_usize..400) {
            let bytes: Vec<u8> = records.iter().flat_map(|(blob, length)| encode(*blob, *length)).collect();
            let cut = cut.min(bytes.len());
            let whole: HashMap<u32, u64> = records.iter().take(cut / RECORD).copied().collect();
            prop_assert_eq!(decode(&bytes[..cut]), whole);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            decode(&bytes);
        }
    }
}
