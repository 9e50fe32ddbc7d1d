//! Finding releases on a source that does not list them, as proxy caches do: which versions to ask for.
//!
//! Pure: [`Search::questions`] says what to ask for next, all versions together, and [`Search::found`] takes
//! what is there. What the request depends on is asked for and nothing else: in each minor of its range
//! the patches above the highest known one.
//!
//! Numbers are missing in the middle of a minor and at its beginning, and whole minors are missing in
//! some editions. So a search skips [`MAX_GAP`] missing numbers, and no missing minor ends it.

use std::collections::BTreeSet;

use semver::Version;

use super::{
    choice::{Choice, Range},
    error::SelectError,
    request::{Available, Request},
};
use crate::version::{minor_of, tag_of};

#[cfg(test)]
mod tests;

/// How many missing numbers in a row a search skips; one more ends it.
///
/// Minors of the platform have up to about 60 patches, so this is half of the longest one: room for an
/// edition that joined in the middle of a minor, as for any run of withdrawn patches. It costs so many
/// small requests for each minor, sent at the same time.
pub const MAX_GAP: u64 = 32;

/// Questions in one search: all minors from 1.0 on take fewer. It ends the search at a source that has everything.
const MOST_QUESTIONS: usize = 10_000;

/// A search in the making.
#[derive(Debug)]
pub struct Search<'a> {
    offer: Available,
    request: &'a Request,
    asked: BTreeSet<Version>,
}

impl<'a> Search<'a> {
    /// Begins with what `offer` has: its channels, and the tags that are known.
    pub fn new(offer: Available, request: &'a Request) -> Self {
        Self { offer, request, asked: BTreeSet::new() }
    }

    /// The versions to ask for next; none if everything is known that the choice depends on.
    ///
    /// # Errors
    /// What makes the request impossible whatever the answers, as [`super::select`] says;
    /// [`SelectError::EndlessSearch`].
    pub fn questions(&mut self) -> Result<Vec<Version>, SelectError> {
        let mut choice = Choice::new(&self.offer, self.request);
        choice.check_names()?;
        let range = if self.request.chain.is_some() {
            choice.range()
        } else if self.request.releases.is_empty() {
            choice.take_channels()?;
            choice.range()
        } else {
            Range::Nothing
        };
        let mut round = Round { choice: &choice, asked: &self.asked, questions: BTreeSet::new() };
        for release in choice.unknown_releases() {
            round.ask(release.clone())?;
        }
        match range {
            Range::Nothing => {}
            Range::Between { lower, upper } => round.between(&lower, &upper)?,
            Range::NewestUpTo(max) => round.newest_in(max.minor())?,
        }
        let questions = round.questions;
        self.asked.extend(questions.iter().cloned());
        Ok(questions.into_iter().collect())
    }

    /// Takes those of the versions asked for that are there.
    pub fn found(&mut self, versions: impl IntoIterator<Item = Version>) {
        self.offer.tags.extend(versions.into_iter().map(|version| tag_of(&version)));
    }

    /// How many versions were asked for.
    pub fn asked(&self) -> usize {
        self.asked.len()
    }

    /// The offer, with what was found among its tags.
    pub fn into_offer(self) -> Available {
        self.offer
    }
}

/// The questions that can be asked before any of them is answered.
struct Round<'a> {
    choice: &'a Choice<'a>,
    asked: &'a BTreeSet<Version>,
    questions: BTreeSet<Version>,
}

impl Round<'_> {
    fn ask(&mut self, version: Version) -> Result<(), SelectError> {
        if self.choice.knows(&version) || self.asked.contains(&version) {
            return Ok(());
        }
        if self.asked.len() + self.questions.len() == MOST_QUESTIONS {
            return Err(SelectError::EndlessSearch { asked: MOST_QUESTIONS, next: version });
        }
        self.questions.insert(version);
        Ok(())
    }

    fn between(&mut self, lower: &Version, upper: &Version) -> Result<(), SelectError> {
        let counts = |version: &Version| (lower..=upper).contains(&version);
        let top = self.choice.max_minor().map_or(minor_of(upper), |max| max.min(minor_of(upper)));
        for major in lower.major..=top.0 {
            let first = if major == lower.major { lower.minor } else { 0 };
            let last = if major == top.0 { top.1 } else { self.last_minor(major, first) };
            for minor in first..=last {
                let is_lowest = (major, minor) == minor_of(lower);
                self.patches((major, minor), if is_lowest { lower.patch } else { 0 }, counts)?;
            }
        }
        Ok(())
    }

    /// Where to stop in a major that is not the last one: it is unknown which minor was its last.
    fn last_minor(&self, major: u64, first: u64) -> u64 {
        let known = self.choice.known().rfind(|version| version.major == major);
        known.map_or(first, |version| version.minor.saturating_add(1)).saturating_add(MAX_GAP)
    }

    /// Goes down from this minor to the first that has anything; a lower major is ignored.
    fn newest_in(&mut self, (major, top): (u64, u64)) -> Result<(), SelectError> {
        for minor in (0..=top).rev() {
            self.patches((major, minor), 0, |_| true)?;
            if !self.questions.is_empty() || self.highest((major, minor), |_| true).is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Asks for the patches of a minor that are above the highest known one that counts, from `first`.
    fn patches(
        &mut self,
        minor: (u64, u64),
        first: u64,
        counts: impl Fn(&Version) -> bool,
    ) -> Result<(), SelectError> {
        let first = self.highest(minor, &counts).map_or(first, |patch| patch.saturating_add(1));
        for patch in first..=first.saturating_add(MAX_GAP) {
            let version = Version::new(minor.0, minor.1, patch);
            if counts(&version) && self.choice.allows(&version) {
                self.ask(version)?;
            }
        }
        Ok(())
    }

    /// The highest known patch of a minor that counts.
    fn highest(&self, minor: (u64, u64), counts: impl Fn(&Version) -> bool) -> Option<u64> {
        let is_meant =
            |version: &&Version| minor_of(version) == minor && counts(version) && self.choice.allows(version);
        self.choice.known().rfind(is_meant).map(|version| version.patch)
    }
}
