//! The tags of all repositories of a distribution in a registry.

use std::collections::BTreeSet;

use deckhouse::repositories::{Component, INSTALLER, PLUGINS, SECURITY_DATABASES, plugin};
use futures_util::future::try_join_all;
use oci::Tag;

use crate::{
    Error, Event, Observer, WantedBy,
    listed::{PLATFORM, Tags},
    source::{Found, Images as _, ListedImages, Source, Step},
};

/// Reads the lists. Repositories that do not exist are left out; so are optional ones that the registry does not show,
/// which is reported.
///
/// # Errors
/// [`Error::TagsRefused`] if the tags of the platform's own repositories are not listed; whatever keeps a list from being
/// read.
pub(crate) async fn lists(
    source: &Source<ListedImages>,
    observer: &dyn Observer,
) -> Result<Step<Tags>, Error> {
    let mut found = Found::default();
    let components = [Component::Module, Component::Package];
    let names = components.iter().map(|component| component.list());
    let databases = SECURITY_DATABASES.iter().map(|(path, _)| *path);
    let others = [PLUGINS, INSTALLER].into_iter().chain(databases);
    let fixed: Vec<String> = PLATFORM.into_iter().chain(names).chain(others).map(str::to_owned).collect();
    let mut tags = of_each(source, fixed, observer).await?;
    let entries = |list: &str| tags.get(list).into_iter().flatten();
    let mut below: Vec<(&str, &Tag, Vec<String>)> = Vec::new();
    for component in components {
        below.extend(entries(component.list()).map(|name| {
            let paths = vec![component.repository(name.as_str()), component.release(name.as_str())];
            (component.list(), name, paths)
        }));
    }
    below.extend(entries(PLUGINS).map(|name| (PLUGINS, name, vec![plugin(name.as_str())])));
    let mut repositories = Vec::new();
    for (list, name, paths) in below {
        if paths.iter().all(|path| source.images().accepts(path)) {
            repositories.extend(paths);
        } else {
            let by = WantedBy::Listed(format!("{list}/{name}"));
            let reason = "not a valid name of a repository";
            found.miss(source.missing(list, &name.clone().into(), &by, reason));
        }
    }
    tags.extend(of_each(source, repositories, observer).await?);
    Ok(found.with(tags))
}

async fn of_each(
    source: &Source<ListedImages>,
    paths: Vec<String>,
    observer: &dyn Observer,
) -> Result<Tags, Error> {
    let lists = try_join_all(paths.into_iter().map(|path| async move {
        let tags = of_one(source, &path, observer).await?;
        Ok::<_, Error>(tags.map(|tags| (path, tags)))
    }));
    Ok(lists.await?.into_iter().flatten().collect())
}

async fn of_one(
    source: &Source<ListedImages>,
    path: &str,
    observer: &dyn Observer,
) -> Result<Option<BTreeSet<Tag>>, Error> {
    match source.images().tags(path).await {
        // Some registries refuse to show a repository that does not exist.
        Err(Error::TagsRefused(error)) if error.is_refused_access() && !PLATFORM.contains(&path) => {
            observer.event(Event::Note(format!("left out, because the registry refuses it: {error}")));
            Ok(None)
        }
        tags => tags,
    }
}
