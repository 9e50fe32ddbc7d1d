//! Which releases and channels a request means, given what a source has.
//!
//! Four kinds of request:
//! - **default**: what every channel points to, and the latest patch of each minor from rock-solid to
//!   alpha. A missing rock-solid is replaced by the lowest channel present, a missing alpha by the highest.
//!   Long-term support is one of the channels, but the range is between the ordinary five, if any exist.
//! - **channels**: what the named channels point to; with a minimum also the latest patch of each minor
//!   from there up to the highest of them.
//! - **exact releases**: these, and every channel that truly points to one of them.
//! - **chain**: from the release that clusters run to their targets the latest patch of each minor, and every channel
//!   that truly points to a release in between. A minor that is missing is an error.
//!
//! A maximum cuts all of that: nothing above it is chosen. When it is below where the range would begin,
//! the newest release that it allows is chosen instead of the range, unless a minimum is set.
//! Pre-releases come by channel or exact name only, never by range.
//!
//! The available releases come from a list of tags. [`list_check`] names versions that show whether the list is complete;
//! [`search`] replaces a list that is not.

use self::choice::Choice;
pub use self::{
    error::SelectError,
    request::{Available, Chain, ChannelTags, Request, Selection},
};

pub mod list_check;
pub mod search;

mod choice;
mod error;
#[cfg(test)]
mod laws;
mod request;
#[cfg(test)]
mod test_requests;
#[cfg(test)]
mod tests;

/// Chooses the releases and channels that `request` means.
///
/// A suspended channel is refused when the request resolves to it: by default every channel that the
/// maximum allows, else the named ones. Exact releases do not resolve to channels, so a suspended channel
/// that happens to point to one of them is only left out, unless it is the one to be pointed.
///
/// ```
/// use deckhouse::select::{Available, Request, select};
///
/// let available = Available { tags: vec!["v1.58.3".to_owned()], ..Available::default() };
/// let request = Request { releases: vec!["1.58.3".parse()?], ..Request::default() };
/// let selection = select(&available, &request)?;
/// assert_eq!(selection.releases.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn select(offer: &Available, request: &Request) -> Result<Selection, SelectError> {
    let mut choice = Choice::new(offer, request);
    choice.check_names()?;
    choice.check_releases()?;
    if let Some(chain) = &request.chain {
        choice.take_chain(chain)?;
    } else if request.releases.is_empty() {
        choice.take_channels()?;
        choice.take_range()?;
    } else {
        choice.take_exact()?;
        if !request.channels.is_empty() {
            choice.take_channels()?;
        }
    }
    choice.point_channel()?;
    Ok(choice.finish())
}
