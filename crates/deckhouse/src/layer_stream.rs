//! The bytes of a layer's tar, whatever the layer is compressed with.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::zstd_frames::ZstdFrames;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A skippable zstd frame, but for the low four bits of its first byte.
const ZSTD_SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

/// Bytes taken from the source at a time.
const BUFFER: usize = 64 * 1024;

/// A layer, uncompressed.
pub(crate) struct LayerStream<'r> {
    /// The tar.
    pub(crate) tar: Box<dyn Read + 'r>,
    /// Whether the compression itself shows that the stream was cut.
    pub(crate) tells_its_end: bool,
}

/// Opens a layer by its first bytes: media types are often wrong about the compression.
pub(crate) fn open<'r>(mut source: impl Read + 'r) -> io::Result<LayerStream<'r>> {
    let mut magic = Vec::with_capacity(4);
    source.by_ref().take(4).read_to_end(&mut magic)?;
    let is_gzip = magic.starts_with(&GZIP);
    let is_zstd = match magic[..] {
        [first, ref rest @ ..] => {
            magic == ZSTD || first & 0xf0 == ZSTD_SKIPPABLE[0] && rest == &ZSTD_SKIPPABLE[1..]
        }
        [] => false,
    };
    let whole = Cursor::new(magic).chain(source);
    let buffered = |whole| BufReader::with_capacity(BUFFER, whole);
    let tar: Box<dyn Read + 'r> = if is_gzip {
        Box::new(MultiGzDecoder::new(buffered(whole)))
    } else if is_zstd {
        Box::new(ZstdFrames::new(buffered(whole)))
    } else {
        Box::new(whole)
    };
    Ok(LayerStream { tar, tells_its_end: is_gzip || is_zstd })
}
