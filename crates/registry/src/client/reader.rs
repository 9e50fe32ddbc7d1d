//! Reading a blob to its end, however often the connection breaks.

use bytes::{Buf, Bytes};
use egress::TrafficClass;
use http::{Method, StatusCode, header};
use oci::Digest;

use super::{
    attempts::Attempts,
    connection::BlobPermit,
    content_range::ContentRange,
    error::{Error, ErrorKind, Fault, Missing},
    reply::{Opened, is_page},
    repository::Repository,
};

/// More of a web page than its title needs.
const MAX_PAGE: u64 = 1024 * 1024;

/// The bytes of a blob, in order, from an offset to its end.
///
/// After a fault it continues from the last byte delivered (`Range`); where the server knows no ranges, it
/// reads what was delivered already once more and drops it. Every byte that arrives gives it the whole
/// budget of retries again. It never delivers more bytes than the blob is said to have. The digest is the
/// caller's to check.
///
/// From its first byte to its last, or until it is dropped, it holds one of the client's places for
/// transfers: do not hold one unread while waiting for another.
#[derive(Debug)]
pub struct BlobReader {
    repository: Repository,
    digest: Digest,
    size: u64,
    class: TrafficClass,
    position: u64,
    stream: Option<Stream>,
    permit: Option<BlobPermit>,
    attempts: Attempts,
    restarted: u32,
    /// The server's answers to ranges cannot be trusted.
    whole_only: bool,
}

#[derive(Debug)]
struct Stream {
    opened: Opened,
    /// Bytes to come that were delivered before.
    skip: u64,
    /// It came to an end.
    ended: bool,
}

impl BlobReader {
    pub(super) fn new(
        repository: Repository,
        digest: Digest,
        size: u64,
        offset: u64,
        class: TrafficClass,
    ) -> Self {
        let attempts = repository.attempts();
        Self {
            repository,
            digest,
            size,
            class,
            position: offset.min(size),
            stream: None,
            permit: None,
            attempts,
            restarted: 0,
            whole_only: false,
        }
    }

    /// The offset of the next byte to be delivered.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How often the server began from the first byte although a later one was asked for.
    pub fn restarted(&self) -> u32 {
        self.restarted
    }

    /// The next bytes; `None` when all have been delivered. After an error, or when this future was
    /// dropped before it was done, the next call continues from [`BlobReader::position`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::SizeMismatch`] if the server has more bytes, or less after
    /// all retries; whatever keeps the bytes from coming.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let fault = match self.piece().await {
                Ok(piece) => return Ok(piece),
                Err(fault) => fault,
            };
            if fault.kind.is_congestion()
                && let Some(place) = &mut self.permit
            {
                place.congested();
            }
            let is_cut = self.stream.take().is_some_and(|stream| stream.ended);
            let outcome =
                if is_cut { self.attempts.wait(fault).await } else { self.attempts.again(fault).await };
            if let Err(fault) = outcome {
                self.permit = None;
                let name = self.repository.blob_name(&self.digest);
                return Err(self.attempts.error("read blob", name, fault));
            }
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.stream.is_none() {
            if self.position == self.size {
                return Ok(None);
            }
            self.stream = Some(self.open().await?);
        }
        while let Some(stream) = &mut self.stream {
            match stream.opened.response.chunk().await {
                Ok(Some(mut piece)) => {
                    self.repository.count_received(piece.len());
                    stream.opened.log.received(piece.len());
                    let skipped = stream.skip.min(piece.len() as u64);
                    stream.skip -= skipped;
                    piece.advance(usize::try_from(skipped).unwrap_or(usize::MAX));
                    if piece.is_empty() {
                        continue;
                    }
                    return self.deliver(piece).map(Some);
                }
                // What breaks after the last byte is of no interest.
                Ok(None) | Err(_) if self.position == self.size => self.finish(),
                Ok(None) => {
                    stream.ended = true;
                    return Err(ErrorKind::SizeMismatch { expected: self.size, actual: self.position }.into());
                }
                Err(error) => return Err(stream.opened.broke(error)),
            }
        }
        Ok(None)
    }

    fn deliver(&mut self, piece: Bytes) -> Result<Bytes, Fault> {
        let position = self.position + piece.len() as u64;
        if position > self.size {
            return Err(ErrorKind::SizeMismatch { expected: self.size, actual: position }.into());
        }
        self.position = position;
        self.attempts.progress();
        Ok(piece)
    }

    fn finish(&mut self) {
        self.stream = None;
        self.repository.connection.state.succeeded(false);
        if let Some(place) = self.permit.take() {
            place.completed();
        }
    }

    async fn open(&mut self) -> Result<Stream, Fault> {
        if self.permit.is_none() {
            self.permit = Some(self.repository.connection.blob_permit(self.class).await);
        }
        loop {
            let asked = if self.whole_only { 0 } else { self.position };
            let mut outgoing = self.repository.blob_request(Method::GET, &self.digest)?;
            outgoing.class = self.class;
            if asked > 0 {
                outgoing = outgoing.header(header::RANGE, &format!("bytes={asked}-"));
            }
            let connection = &self.repository.connection;
            let opened = connection.open(&outgoing, &self.repository.pull(), self.attempts.number()).await?;
            let begins_at = match opened.response.status() {
                StatusCode::OK if self.is_page(&opened) => return Err(page(opened).await),
                StatusCode::OK => self.check_size(opened.response.content_length()).map(|()| Some(0))?,
                StatusCode::PARTIAL_CONTENT => {
                    let range = opened.response.headers().get(header::CONTENT_RANGE);
                    match range.and_then(ContentRange::parse) {
                        Some(range) => self.check_size(range.total).map(|()| Some(range.start))?,
                        None => None,
                    }
                }
                StatusCode::RANGE_NOT_SATISFIABLE => None,
                _ => return Err(opened.read(0).await?.refusal(Missing::Blob)),
            };
            self.attempts.answered();
            match begins_at {
                Some(begin) if begin == asked || begin == 0 => {
                    if begin < asked || self.whole_only {
                        self.restarted += 1;
                    }
                    return Ok(Stream { opened, skip: self.position - begin, ended: false });
                }
                _ if asked == 0 => {
                    let what = "the response contains another part of the blob than requested";
                    return Err(ErrorKind::Protocol(what.to_owned()).into());
                }
                _ => self.whole_only = true,
            }
        }
    }

    /// Whether what comes is a web page, of another size than the blob or of none.
    fn is_page(&self, opened: &Opened) -> bool {
        is_page(opened.response.headers()) && opened.response.content_length() != Some(self.size)
    }

    fn check_size(&self, announced: Option<u64>) -> Result<(), Fault> {
        match announced {
            Some(actual) if actual != self.size => {
                Err(ErrorKind::SizeMismatch { expected: self.size, actual }.into())
            }
            _ => Ok(()),
        }
    }
}

/// What a page says that came instead of a blob.
async fn page(opened: Opened) -> Fault {
    match opened.read(MAX_PAGE).await {
        Ok(reply) => {
            let answer = format!("status {} with {}", reply.status.as_u16(), reply.describe());
            ErrorKind::NotARegistry { answer }.into()
        }
        Err(fault) => fault,
    }
}
