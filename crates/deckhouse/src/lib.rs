//! What the Deckhouse Kubernetes Platform is, as pure decisions.
//!
//! Which releases a request means, where the lists of images are inside images and what they say, and
//! the manifests that describe releases to a cluster. Nothing here opens a file or a connection.

#![forbid(unsafe_code)]

pub mod channel;
pub mod constraint;
pub mod delivery;
pub mod document;
pub mod edition;
pub mod image_files;
pub mod image_list;
pub mod lock;
pub mod manifests;
pub mod module_choice;
pub mod module_requirements;
pub mod module_rule;
pub mod plugins;
pub mod release_check;
pub mod release_info;
pub mod release_list;
pub mod release_manifest;
pub mod repositories;
pub mod select;
pub mod source_manifest;
pub mod trimmed_releases;
pub mod version;
pub mod want;

mod layer_path;
mod layer_stream;
mod notice;
mod source_redaction;
mod tar_walk;
mod yaml;
mod zstd_frames;

pub use channel::Channel;
pub use delivery::{Delivery, DeliveryError};
pub use edition::Edition;
pub use image_files::{FileSearch, ImageFileError};
pub use image_list::{ImageList, ImageListError, parse_extra_images};
pub use lock::{Lock, LockError, LockedRepository};
pub use module_choice::{ModuleChoiceError, ModuleOffer, ModuleSelection};
pub use module_requirements::{ModuleRequirement, ModuleRequirementsError};
pub use module_rule::{ModuleRule, ParseModuleRuleError, VersionRule};
pub use notice::{MinorGap, Notice};
pub use release_info::{ReleaseInfo, ReleaseInfoError, parse_module_version};
pub use release_manifest::{ReleaseManifest, ReleaseManifestError, write_releases};
pub use select::{Available, ChannelTags, Request, SelectError, Selection, select};
pub use source_manifest::{DockerConfig, ModuleSource, ModuleSourceError};
pub use source_redaction::without_login;
pub use trimmed_releases::write_trimmed;
pub use version::Bound;
