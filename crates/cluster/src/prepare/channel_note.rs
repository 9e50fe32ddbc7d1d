//! Where the release channel is kept while it is unset.
//!
//! The note and the channel change places in one write each, so there is no moment, and no crash, in which neither
//! of them knows the channel.

use deckhouse::Channel;
use serde_json::{Value, json};

use crate::{
    ClusterState,
    objects::{ModuleConfig, channel_name},
};

/// Annotation of `ModuleConfig/deckhouse` that holds the channel while `prepare` has unset it.
pub const CHANNEL_NOTE: &str = "dhctl.deckhouse.io/release-channel";

/// The channel that was noted by an earlier run.
pub(super) fn noted(config: &ModuleConfig) -> Option<&str> {
    config.annotations.get(CHANNEL_NOTE).map(String::as_str)
}

/// The channel that the cluster follows, or followed until a preparation put it away; `None` if there is none that is
/// known.
pub fn followed_channel(state: &ClusterState) -> Option<Channel> {
    let config = state.deckhouse_config()?;
    let set = config.update_settings().channel();
    let noted = || Channel::ALL.into_iter().find(|channel| Some(channel_name(*channel)) == noted(config));
    set.or_else(noted)
}

/// Unsets the channel and notes it.
pub(super) fn put_away(channel: &str) -> Value {
    json!({
        "metadata": { "annotations": { CHANNEL_NOTE: channel } },
        "spec": { "settings": { "releaseChannel": null } },
    })
}

/// Sets the channel; a note is done with then.
pub(super) fn set(channel: &str, has_note: bool) -> Value {
    let mut patch = json!({ "spec": { "settings": { "releaseChannel": channel } } });
    if has_note {
        patch["metadata"] = forget()["metadata"].take();
    }
    patch
}

/// Removes a note that is of no use: the channel is set.
pub(super) fn forget() -> Value {
    json!({ "metadata": { "annotations": { CHANNEL_NOTE: null } } })
}
