//! Whether a target has what is attached to an image, and lists it.

use std::collections::BTreeSet;

use deckhouse::repositories::Attachment;
use oci::{Digest, Manifest, RawManifest, Tag};

use super::{
    Gap, Target,
    object::{Found, gap, last_byte, points_elsewhere},
};
use crate::{
    Cause, Error, MissingItem,
    attached::{in_common, is_about_the_list},
    contents::AttachedManifest,
    error::Place,
};

/// Whether the manifest with this tag has every layer of the bundle's.
pub(super) async fn layers(
    target: &Target,
    path: &str,
    tag: &Tag,
    ours: &RawManifest,
) -> Result<Found, Error> {
    let there = match target.repository(path)?.manifest_if_present(&tag.clone().into()).await {
        Ok(Some(there)) => there,
        Ok(None) => return Ok(Found::Gap(Gap::not_found())),
        Err(error) => return gap(error.into()),
    };
    if there.digest() == ours.digest() {
        return Ok(Found::InPlace);
    }
    match in_common(&there, ours) {
        Some((common, all)) if common == all => config(target, path, &there).await,
        Some((common, all)) => {
            let reason = format!("has {common} of the {all} signatures or attestations in the bundle");
            Ok(Found::Gap(Gap::missing(reason)))
        }
        None => Ok(Found::Gap(Gap::missing(points_elsewhere(&there, &ours.digest())))),
    }
}

/// Whether the configuration of an extended manifest can be read: the bundle does not have it.
async fn config(target: &Target, path: &str, there: &RawManifest) -> Result<Found, Error> {
    let Ok(Manifest::Image { config, .. }) = there.parse() else { return Ok(Found::Extended) };
    Ok(match last_byte(target, path, &config.digest, config.size).await? {
        Found::Gap(gap) => {
            let reason = format!("its configuration {}: {}", config.digest, gap.reason);
            Found::Gap(Gap::new(gap.cause, reason))
        }
        _ => Found::Extended,
    })
}

/// Whether the registry lists what is attached, by the referrers API or, without it, by the tag that stands for it.
pub(super) async fn referrers(
    target: &Target,
    path: &str,
    subject: &Digest,
    attached: &BTreeSet<AttachedManifest>,
) -> Result<Found, Error> {
    let repository = target.repository(path)?;
    let lacking = match repository.referrers(subject).await {
        Ok(Some(listed)) => first(attached, |it| it.names_subject && !listed.contains(&it.digest)),
        Ok(None) => {
            let Some(tag) = Attachment::List.tag(subject) else { return Ok(Found::InPlace) };
            let list = match repository.manifest_if_present(&tag.clone().into()).await {
                Ok(list) => list,
                Err(error) => return gap(error.into()),
            };
            if list.as_ref().is_some_and(|list| list.digest() == *subject) {
                let reason = format!(
                    "the registry takes the tag {tag}, which lists what is attached, for the image itself; to leave out \
                     what is attached, pull with --no-signatures"
                );
                return Ok(Found::Gap(Gap::missing(reason)));
            }
            if list.as_ref().is_some_and(|list| !list.is_index()) {
                let reason = format!("the tag {tag}, which lists what is attached, is not an index");
                return Ok(Found::Gap(Gap::missing(reason)));
            }
            let parsed = list.and_then(|list| list.parse().ok());
            let listed = parsed.iter().flat_map(Manifest::children).map(|entry| entry.digest);
            let listed: BTreeSet<Digest> = listed.collect();
            first(attached, |it| !listed.contains(&it.digest))
        }
        Err(error) if error.is_not_found() => return Ok(Found::Gap(Gap::not_found())),
        Err(error) => return Err(referrers_unknown(target, path, subject, error)),
    };
    Ok(lacking.map_or(Found::InPlace, |digest| {
        Found::Gap(Gap::missing(format!("the registry does not list {digest} as attached to it")))
    }))
}

/// The error of a target that does not tell what is attached to a manifest.
pub(crate) fn referrers_unknown(
    target: &Target,
    path: &str,
    subject: &Digest,
    error: registry::client::Error,
) -> Error {
    if error.is_refused_access() || !is_about_the_list(error.kind()) {
        return error.into();
    }
    let reason = format!(
        "what is attached to it is unknown: {error}; to leave out what is attached, pull with --no-signatures"
    );
    let item = MissingItem {
        repository: target.name(path),
        reference: subject.to_string(),
        wanted_by: Vec::new(),
        reason,
        cause: Cause::Missing,
    };
    Error::Incomplete { place: Place::Target, items: vec![item] }
}

fn first(
    attached: &BTreeSet<AttachedManifest>,
    is_lacking: impl Fn(&AttachedManifest) -> bool,
) -> Option<Digest> {
    attached.iter().find(|it| is_lacking(it)).map(|it| it.digest)
}
