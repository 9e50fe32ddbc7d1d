//! The list of what is in a bundle: shown before it is written, and a file in it.

use cluster::{
    Timestamp,
    support::{LeftOut, Parts},
};
use serde::Serialize;

use crate::format::count;

/// The format of `contents.json`; grows when a field changes its meaning or goes away.
const API_VERSION: &str = "dhctl.deckhouse.io/v1";

/// The list.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contents {
    api_version: &'static str,
    kind: &'static str,
    created: Timestamp,
    dhctl: &'static str,
    context: String,
    server: String,
    files: Vec<Listed>,
    left_out: Vec<LeftOut>,
}

/// A file in the bundle.
#[derive(Debug, Clone, Serialize)]
struct Listed {
    path: String,
    size: usize,
}

impl Contents {
    pub(super) fn of(parts: &Parts, context: &str, server: &str, created: Timestamp) -> Self {
        let listed =
            |file: &cluster::support::File| Listed { path: file.path.clone(), size: file.bytes.len() };
        Self {
            api_version: API_VERSION,
            kind: "SupportBundle",
            created,
            dhctl: env!("CARGO_PKG_VERSION"),
            context: context.to_owned(),
            server: server.to_owned(),
            files: parts.files.iter().map(listed).collect(),
            left_out: parts.left_out.clone(),
        }
    }

    /// The list for a person.
    pub(super) fn text(&self) -> String {
        let total: usize = self.files.iter().map(|file| file.size).sum();
        let mut text = String::new();
        for file in &self.files {
            text += &format!("{:>12}  {}\n", file.size, file.path);
        }
        text += &format!("{total:>12}  bytes in {}\n", count(self.files.len(), "file"));
        for LeftOut { what, why } in &self.left_out {
            text += &format!("left out     {what}: {why}\n");
        }
        text + "Secrets are masked as ***. Objects of the kind Secret and ClusterConfiguration are never included.\n"
    }
}
