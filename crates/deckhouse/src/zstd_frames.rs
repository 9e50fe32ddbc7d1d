//! A stream of Zstandard frames, as layers come in.
//!
//! The decoder library reads one frame. Layers may have several, and skippable ones between and after them
//! (`zstd:chunked` keeps its index there), and a frame may carry a checksum that the library does not
//! compare.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

/// Decodes frame after frame until its source ends.
///
/// Memory is bounded by the frame's window, of at most [`MAX_WINDOW`].
pub(crate) struct ZstdFrames<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

/// The largest window in bytes: that of the reference compressor's level 20. RFC 8878 (3.1.1.1.2) asks decoders for
/// 8 MiB, and builders of images use no more.
const MAX_WINDOW: u64 = 32 << 20;

impl<R: BufRead> ZstdFrames<R> {
    pub(crate) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { source, decoder, in_frame: false }
    }

    /// Begins the next frame; false at the end of the source.
    fn begin_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(error_of(error)),
            }
        }
    }

    /// Ends the frame, all of whose bytes are read, by its checksum.
    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        match self.decoder.get_checksum_from_data() {
            Some(sum) if Some(sum) != self.decoder.get_calculated_checksum() => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "checksum of a zstd frame does not match"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if target.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.begin_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(error_of)?;
            }
            let count = self.decoder.read(target)?;
            if count > 0 {
                return Ok(count);
            }
            self.end_frame()?;
        }
    }
}

/// The decoder's error, with the kind of the source's own error if that was the cause.
fn error_of(error: FrameDecoderError) -> io::Error {
    let mut kind = io::ErrorKind::InvalidData;
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        if let Some(inner) = inner.downcast_ref::<io::Error>() {
            kind = inner.kind();
            break;
        }
        cause = inner.source();
    }
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn decode(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        ZstdFrames::new(bytes).read_to_end(&mut content)?;
        Ok(content)
    }

    fn frame(content: &[u8]) -> Vec<u8> {
        compress_to_vec(content, CompressionLevel::Fastest)
    }

    #[test]
    fn frames_one_after_another_with_skippable_ones_between() {
        let large: Vec<u8> = (0..300_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let skippable = [&[0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let stream = [
            skippable.clone(),
            frame(b"one"),
            skippable.clone(),
            frame(&large),
            frame(b""),
            frame(b"two"),
            skippable,
        ]
        .concat();
        let expected = [b"one", &large[..], b"two"].concat();
        assert!(decode(&stream).unwrap() == expected);
        assert_eq!(decode(b"").unwrap(), b"");
    }

    #[test]
    fn a_cut_stream_is_an_error_wherever_it_is_cut() {
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let whole = frame(b"some content, some content, some content");
        let stream = [&whole[..], &skippable].concat();
        for end in (1..stream.len()).filter(|&end| end != whole.len()) {
            let error = decode(&stream[..end]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}: {error}");
        }
    }

    #[test]
    fn a_wrong_checksum_is_an_error() {
        let mut stream = frame(b"some content");
        *stream.last_mut().unwrap() ^= 1;
        assert_eq!(decode(&stream).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn what_follows_must_be_a_frame() {
        let stream = [&frame(b"some content")[..], b"and more"].concat();
        assert_eq!(decode(&stream).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
