//! Files inside an image's layers.
use std::{collections::BTreeMap, io};

/// A search.
#[derive(Debug)]
pub struct FileSearch {
    wanted: BTreeMap<String, Option<Vec<u8>>>,
}

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum ImageFileError {
    /// Reading.
    #[error("layer cannot be read")]
    Read(#[from] io::Error),
}

impl FileSearch {
    /// New.
    pub fn new(wanted: &[&str]) -> Self {
        Self {
            wanted: wanted.iter().map(|w| ((*w).to_owned(), None)).collect(),
        }
    }
    /// Scan.
    pub fn scan_layer(&mut self, _media_type: &str, _reader: impl io::Read) -> Result<(), ImageFileError> {
        Ok(())
    }
    /// Complete.
    pub fn is_complete(&self) -> bool {
        self.wanted.values().all(Option::is_some)
    }
    /// Found.
    pub fn into_found(self) -> BTreeMap<String, Vec<u8>> {
        self.wanted
            .into_iter()
            .filter_map(|(k, v)| v.map(|v| (k, v)))
            .collect()
    }
}
