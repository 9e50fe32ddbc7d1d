//! The vulnerability databases. Editions differ in which they have, so each is optional.

use deckhouse::repositories::SECURITY_DATABASES;
use futures_util::future::try_join_all;

use super::platform::tag;
use crate::{
    Error, WantedBy,
    source::{Found, Need, Source, Step},
};

/// Wants every database that the source has; their paths.
pub(super) async fn discover(source: &Source) -> Result<Step<Vec<String>>, Error> {
    let databases = SECURITY_DATABASES.iter().map(|(path, name)| async move {
        let by = WantedBy::Database((*path).to_owned());
        let mut step = source.want(path, tag(name)?, Need::Optional, &by).await?;
        if step.value.is_none() {
            step.found
                .note(format!("the source has no vulnerability database {path}:{name}; it is left out"));
        }
        let path = step.value.map(|_| (*path).to_owned());
        Ok::<_, Error>(step.found.with(path))
    });
    let mut found = Found::default();
    let databases = found.merge_all(try_join_all(databases).await?).into_iter().flatten().collect();
    Ok(found.with(databases))
}
