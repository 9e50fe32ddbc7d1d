//! Whether a right is missing, or an API server that has just started does not know of it yet.
//!
//! Until it has read the roles again it refuses what it allowed before, with the same words as ever.

use tokio::time::Instant;

use crate::{Obstacle, Reading, patience::GRACE};

/// What is remembered of the refusals of one source.
#[derive(Debug, Default)]
pub(super) struct Rights {
    had: bool,
    refused_since: Option<Instant>,
}

impl Rights {
    /// The source was read.
    pub(super) fn granted(&mut self) {
        *self = Self { had: true, refused_since: None };
    }

    /// Whether it was ever read.
    pub(super) fn were_there(&self) -> bool {
        self.had
    }

    /// The same reading, but for a refusal that may pass.
    pub(super) fn judge<T>(&mut self, reading: Reading<T>) -> Reading<T> {
        match reading {
            Reading::Unreadable(Obstacle::Forbidden(why)) if self.had => {
                let since = *self.refused_since.get_or_insert_with(Instant::now);
                if since.elapsed() < GRACE {
                    let why = format!("a right that was there is refused: {why}");
                    return Reading::NotNow { last: None, why };
                }
                Reading::Unreadable(Obstacle::Forbidden(why))
            }
            Reading::Known(value) => {
                self.granted();
                Reading::Known(value)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_right_that_was_there_may_come_back() {
        let refused = || Reading::<()>::Unreadable(Obstacle::Forbidden("list nodes".to_owned()));
        let mut rights = Rights::default();
        assert_eq!(rights.judge(refused()), refused(), "never had");
        for _ in 0..2 {
            assert_eq!(rights.judge(Reading::Known(())), Reading::Known(()));
            for _ in 0..GRACE.as_secs() {
                let reading = rights.judge(refused());
                assert!(reading.passing().is_some_and(|why| why.contains("list nodes")), "{reading:?}");
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            assert_eq!(rights.judge(refused()), refused());
        }
    }
}
