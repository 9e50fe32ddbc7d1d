//! The vulnerability databases. Editions differ in which they have, so each is optional.

use deckhouse::repositories::SECURITY_DATABASES;
use futures_util::future::try_join_all;

use super::platform::tag;
use crate::{
    Error, Event, Observer, WantedBy,
    source::{Need, Source},
};

pub(super) async fn discover(source: &Source, observer: &dyn Observer) -> Result<Vec<String>, Error> {
    let databases = SECURITY_DATABASES.iter().map(|(path, name)| async move {
        let by = WantedBy::Database((*path).to_owned());
        let found = source.want(path, tag(name)?, Need::Optional, &by).await?;
        if found.is_none() {
            observer.event(Event::Note(format!(
                "the source has no {path}:{name}; this edition comes without that vulnerability database"
            )));
        }
        Ok::<_, Error>(found.map(|_| (*path).to_owned()))
    });
    Ok(try_join_all(databases).await?.into_iter().flatten().collect())
}
