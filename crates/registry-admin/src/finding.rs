//! What stands against a setup, and what an operator should know about it.

use foreign_text::ForeignText;
use serde::Serialize;
use serde_json::Value;

use crate::{secrets::Account, step::Object};

/// Why a setup is not possible as it was requested. Nothing has been changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The name is taken by an object of another kind, which is not replaced.
    OtherKind {
        /// The object.
        object: Object,
        /// What it is.
        found: ForeignText,
        /// What was wanted.
        wanted: String,
    },
    /// Nexus lacks a realm.
    NoRealm(String),
    /// Nexus lacks the blob store.
    NoBlobStore {
        /// The one that was named.
        name: String,
        /// Those that exist.
        known: Vec<ForeignText>,
    },
    /// This version of Nexus cannot serve a repository below a path of its own address.
    NoPathRouting {
        /// The version.
        version: String,
    },
    /// The license agreement of Nexus is not accepted.
    EulaNotAccepted,
    /// The account exists, and no password is known.
    PasswordUnknown {
        /// Which.
        account: Account,
        /// Its login.
        login: String,
    },
    /// The account exists, and the server does not accept the password.
    PasswordWrong {
        /// Which.
        account: Account,
        /// Its login.
        login: String,
    },
    /// The account does not exist, and the server creates its password; but there is one already.
    PasswordOfMissing {
        /// Which.
        account: Account,
        /// Its login.
        login: String,
    },
    /// An existing object has to be sent back whole, with a password that the server does not give.
    PasswordNeeded {
        /// The object.
        object: Object,
        /// The field that is to be changed.
        field: String,
    },
}

/// What a setup does not change, but what concerns the platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Finding {
    /// A rule makes tags immutable that a release channel has to move.
    ImmutableTags {
        /// The rule's number.
        rule: u64,
        /// The tags.
        tags: Vec<String>,
    },
    /// A retention policy deletes what no rule of it keeps.
    Retention {
        /// The policy's number.
        policy: u64,
        /// Release channels that no rule keeps always; empty if only releases are concerned.
        tags: Vec<String>,
        /// Whether the policy belongs to a proxy cache, which can pull again what was deleted.
        proxy_cache: bool,
    },
    /// The quota is smaller than a distribution.
    SmallQuota {
        /// The quota in bytes.
        limit: u64,
    },
    /// The blob store has less space than a distribution needs.
    LittleSpace {
        /// The blob store.
        blob_store: ForeignText,
        /// Free bytes.
        free: u64,
    },
    /// The project is public: everybody can pull.
    PublicProject,
    /// The project refuses images that are not signed or that have known vulnerabilities.
    PullsPrevented {
        /// The setting of the project.
        setting: String,
    },
    /// An account or role may do more than the setup gives it.
    MoreRights {
        /// The object.
        object: Object,
        /// The additional rights.
        rights: Vec<ForeignText>,
    },
    /// Cleanup policies delete images of the repository.
    CleanupPolicies {
        /// Their names.
        names: Vec<ForeignText>,
    },
    /// The password for the upstream cannot be read and was not compared.
    UpstreamPasswordNotCompared,
    /// The password for the outgoing proxy cannot be read and was not compared.
    ProxyPasswordNotCompared,
    /// Nexus has no API for its outgoing proxy.
    NoOutgoingProxyApi,
    /// Anonymous pulls of public images are on in Nexus: everybody can pull.
    AnonymousAccess,
    /// A field has a value that the setup does not manage, but that matters.
    Setting {
        /// The object.
        object: Object,
        /// The field.
        field: String,
        /// Its value.
        value: Value,
    },
}
