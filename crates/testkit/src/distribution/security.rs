//! The vulnerability databases: artifacts with the media types of the real ones.

use super::{
    Database, Distribution,
    builder::BuildContext,
    image::{Image, ImageConfig},
};

/// Path, tag, type of the configuration, type of the layer, title of the layer.
const DATABASES: [(&str, &str, &str, &str, Option<&str>); 4] = [
    (
        "security/trivy-db",
        "2",
        "application/vnd.aquasec.trivy.config.v1+json",
        "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip",
        Some("db.tar.gz"),
    ),
    (
        "security/trivy-bdu",
        "1",
        "application/octet-stream",
        "application/deckhouse.io.bdu.layer.v1.tar+gzip",
        None,
    ),
    (
        "security/trivy-java-db",
        "1",
        "application/vnd.aquasec.trivy.config.v1+json",
        "application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip",
        Some("javadb.tar.gz"),
    ),
    (
        "security/trivy-checks",
        "0",
        "application/octet-stream",
        "application/vnd.cncf.openpolicyagent.layer.v1.tar+gzip",
        None,
    ),
];

pub(super) fn make(context: &BuildContext<'_>, distribution: &mut Distribution) {
    for (path, tag, config, layer_type, title) in DATABASES {
        let layer = context.random_layer(path);
        let image = Image::artifact(&ImageConfig::empty(config), &layer, layer_type, title);
        image.publish(&context.store, &context.repository(path), &[tag]);
        let database = Database { tag: tag.to_owned(), digest: image.digest() };
        distribution.databases.insert(path.to_owned(), database);
    }
}
