//! One write to a cluster: what it does, the command that does the same, and sending it.
//!
//! A decision ends in a list of changes. Nothing is written but through one of them, so that everything can be
//! shown before it is done.

mod command;
mod purpose;
mod send;

use problems::Object;
use serde::Serialize;
use serde_json::Value;

pub use purpose::Purpose;
pub use send::{Guard, Run};

/// A write to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is for.
    pub purpose: Purpose,
    /// What kind of object it is.
    pub kind: Kind,
    /// Name of the object.
    pub name: String,
    /// What is written.
    pub write: Write,
}

/// What is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A JSON merge patch (RFC 7386) of the main resource; `null` removes.
    Merge(Value),
    /// A new object, without `apiVersion`, `kind` and the name.
    Create(Value),
    /// The object is deleted.
    Delete,
}

/// The kinds of objects that are written. All are cluster-scoped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Kind {
    /// A release of the platform.
    DeckhouseRelease,
    /// A release of a module.
    ModuleRelease,
    /// Settings of a module.
    ModuleConfig,
    /// A script for nodes.
    NodeGroupConfiguration,
    /// A node.
    Node,
}

impl Kind {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeckhouseRelease => "DeckhouseRelease",
            Self::ModuleRelease => "ModuleRelease",
            Self::ModuleConfig => "ModuleConfig",
            Self::NodeGroupConfiguration => "NodeGroupConfiguration",
            Self::Node => "Node",
        }
    }

    /// Its plural name in URLs.
    fn plural(self) -> &'static str {
        match self {
            Self::DeckhouseRelease => "deckhousereleases",
            Self::ModuleRelease => "modulereleases",
            Self::ModuleConfig => "moduleconfigs",
            Self::NodeGroupConfiguration => "nodegroupconfigurations",
            Self::Node => "nodes",
        }
    }

    /// Group and version of its API; the group is empty for Kubernetes' own.
    fn group_version(self) -> (&'static str, &'static str) {
        match self {
            Self::Node => ("", "v1"),
            _ => ("deckhouse.io", "v1alpha1"),
        }
    }
}

impl Change {
    /// Whether it writes the same, whatever it is for.
    pub fn writes_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name && self.write == other.write
    }

    /// The object that is written.
    pub fn object(&self) -> Object {
        let kind = match self.kind {
            Kind::DeckhouseRelease => problems::Kind::DeckhouseRelease,
            Kind::ModuleRelease => problems::Kind::ModuleRelease,
            Kind::ModuleConfig => problems::Kind::ModuleConfig,
            Kind::NodeGroupConfiguration => problems::Kind::NodeGroupConfiguration,
            Kind::Node => problems::Kind::Node,
        };
        Object::new(kind, &self.name)
    }
}
