//! Files inside an image, read from its layers without unpacking them.
//!
//! The topmost layer that says something of a path decides. OCI image specification, `layer.md`: a
//! whiteout `.wh.NAME` hides `NAME` of the layers below, `.wh..wh..opq` hides everything that the layers
//! below have in its directory; both leave alone what their own layer has.

use std::{collections::BTreeMap, io::Read};

use crate::{
    layer_path::{Whiteout, is_beneath, normalise, whiteout},
    layer_stream,
    tar_walk::{Entry, EntryKind, TarError, TarWalk},
};

#[cfg(test)]
mod tests;

/// A wanted file larger than this is refused. The largest list of images has about 100 KB.
const MAX_FILE: u64 = 8 << 20;

/// A layer that unpacks to more than this is refused. A release has 5 to 8 GB in all its images together.
const MAX_LAYER: u64 = 32 << 30;

/// What an image without layers has in their place, as artifacts do.
const EMPTY_LAYER: &str = "application/vnd.oci.empty.v1+json";

/// A search for files in the layers of an image, from the topmost layer down.
///
/// Memory is bounded by 8 MiB for each wanted file that is there, and the window of the compression.
#[derive(Debug)]
pub struct FileSearch {
    wanted: BTreeMap<String, State>,
    max_file: u64,
    max_layer: u64,
}

#[derive(Debug, Clone)]
enum State {
    /// No layer so far says anything of it.
    Open,
    Found(Vec<u8>),
    /// The layers below do not matter any more.
    Gone,
}

/// What one layer says of a wanted path.
#[derive(Debug, Default)]
struct EntriesOfLayer {
    /// What is at the path itself; the last entry counts, as in unpacking.
    itself: Option<EntryContent>,
    /// A link instead of one of its directories.
    link_above: Option<(String, String)>,
    hides_lower: bool,
}

#[derive(Debug)]
enum EntryContent {
    File(Vec<u8>),
    Link(String),
    Sparse,
    NoFile,
}

/// Why files of an image cannot be read. Never means that they are not there.
#[derive(Debug, thiserror::Error)]
pub enum ImageFileError {
    /// The layer is cut or damaged, is no tar, or its source failed.
    #[error("layer of type '{media_type}' cannot be read")]
    Layer {
        /// Its media type in the manifest.
        media_type: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The layer is longer than any layer is.
    #[error("layer of type '{media_type}' unpacks to more than {limit} bytes")]
    LayerTooLarge {
        /// Its media type in the manifest.
        media_type: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is longer than any list is.
    #[error("file '{path}' of an image has {size} bytes, more than {limit}")]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its length in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file, or a directory that it should be in, is a link.
    #[error("'{path}' of an image is a link to '{target}', and links are not followed")]
    Link {
        /// The link.
        path: String,
        /// What it points to.
        target: String,
    },
    /// The file is stored with holes.
    #[error("file '{path}' of an image is stored as a sparse file, which is not supported")]
    Sparse {
        /// The file.
        path: String,
    },
}

impl FileSearch {
    /// A search for files by their paths from the root of the image, without a leading slash.
    pub fn new(wanted: &[&str]) -> Self {
        Self::with_limits(wanted, MAX_FILE, MAX_LAYER)
    }

    fn with_limits(wanted: &[&str], max_file: u64, max_layer: u64) -> Self {
        Self {
            wanted: wanted.iter().map(|&path| (path.to_owned(), State::Open)).collect(),
            max_file,
            max_layer,
        }
    }

    /// Searches the next layer down. To be called from the topmost layer on, until [`Self::is_complete`].
    ///
    /// The reader gives the layer as it is stored; gzip, zstd and plain tar are distinguished by the first
    /// bytes, not by the media type. It is read to its end, so that a reader which checks a digest has
    /// seen everything. After an error the search is as it was before, and the same layer can be tried
    /// again. If the search is complete already, nothing is read.
    pub fn scan_layer(&mut self, media_type: &str, reader: impl Read) -> Result<(), ImageFileError> {
        if self.is_complete() || media_type == EMPTY_LAYER {
            return Ok(());
        }
        let failed = |error: TarError| match error {
            TarError::TooLong { limit } => {
                ImageFileError::LayerTooLarge { media_type: media_type.to_owned(), limit }
            }
            error => ImageFileError::Layer { media_type: media_type.to_owned(), source: error.into() },
        };
        let layer = layer_stream::open(reader).map_err(|error| failed(error.into()))?;
        let mut walk = TarWalk::new(layer.tar, self.max_layer, !layer.tells_its_end);
        let is_open = |(_, state): &(&String, &State)| matches!(state, State::Open);
        let mut layer: Vec<(String, EntriesOfLayer)> = self
            .wanted
            .iter()
            .filter(is_open)
            .map(|(path, _)| (path.clone(), EntriesOfLayer::default()))
            .collect();
        while let Some(entry) = walk.next_entry().map_err(failed)? {
            let path = normalise(&entry.path);
            let whiteout = whiteout(&path);
            for (wanted, here) in &mut layer {
                if whiteout.is_none() && path == wanted.as_bytes() {
                    here.itself = Some(match entry.kind {
                        EntryKind::File if entry.size > self.max_file => {
                            return Err(ImageFileError::FileTooLarge {
                                path: wanted.clone(),
                                size: entry.size,
                                limit: self.max_file,
                            });
                        }
                        EntryKind::File => EntryContent::File(walk.read_content(&entry).map_err(failed)?),
                        EntryKind::Link { ref target } => EntryContent::Link(target.clone()),
                        EntryKind::Sparse => EntryContent::Sparse,
                        EntryKind::Directory | EntryKind::Other => EntryContent::NoFile,
                    });
                } else {
                    here.heed(wanted, &path, whiteout.as_ref(), &entry);
                }
            }
        }
        walk.drain().map_err(failed)?;
        let states: Vec<(String, State)> = layer
            .into_iter()
            .map(|(path, here)| Ok((path.clone(), here.state(path)?)))
            .collect::<Result<_, _>>()?;
        self.wanted.extend(states);
        Ok(())
    }

    /// Whether further layers cannot change anything: every file is found or hidden.
    pub fn is_complete(&self) -> bool {
        !self.wanted.values().any(|state| matches!(state, State::Open))
    }

    /// The files that were found, by the path that they were wanted by. Those that are missing are not in
    /// the image, if every layer was searched or the search is complete.
    pub fn into_found(self) -> BTreeMap<String, Vec<u8>> {
        let found = |(path, state)| match state {
            State::Found(content) => Some((path, content)),
            State::Open | State::Gone => None,
        };
        self.wanted.into_iter().filter_map(found).collect()
    }
}

impl EntriesOfLayer {
    /// Takes note of an entry elsewhere than at the wanted path, if it bears on it.
    fn heed(&mut self, wanted: &str, path: &[u8], whiteout: Option<&Whiteout>, entry: &Entry) {
        match whiteout {
            Some(Whiteout::Path(hidden)) => {
                self.hides_lower |= hidden == wanted.as_bytes() || is_beneath(wanted.as_bytes(), hidden);
            }
            Some(Whiteout::Opaque(directory)) => self.hides_lower |= is_beneath(wanted.as_bytes(), directory),
            None if is_beneath(wanted.as_bytes(), path) => match &entry.kind {
                EntryKind::Directory => {
                    let replaced = |(link, _): &mut (String, String)| link.as_bytes() == path;
                    self.link_above.take_if(replaced);
                }
                EntryKind::Link { target } => {
                    let path = String::from_utf8_lossy(path).into_owned();
                    self.link_above = Some((path, target.clone()));
                }
                EntryKind::File | EntryKind::Sparse | EntryKind::Other => self.hides_lower = true,
            },
            Some(Whiteout::Metadata) | None => {}
        }
    }

    fn state(self, path: String) -> Result<State, ImageFileError> {
        match (self.itself, self.link_above) {
            (Some(EntryContent::File(content)), _) => Ok(State::Found(content)),
            (Some(EntryContent::Link(target)), _) => Err(ImageFileError::Link { path, target }),
            (Some(EntryContent::Sparse), _) => Err(ImageFileError::Sparse { path }),
            (Some(EntryContent::NoFile), _) => Ok(State::Gone),
            (None, Some((path, target))) => Err(ImageFileError::Link { path, target }),
            (None, None) if self.hides_lower => Ok(State::Gone),
            (None, None) => Ok(State::Open),
        }
    }
}
