//! The annotation that keeps the release channel while it is unset.
//!
//! One write unsets the channel and sets the annotation, and one write does the reverse, so the channel is never lost.

use deckhouse::Channel;
use problems::{Advice, Code, Object, PrepareFor, Problem, SettingsFact};
use serde_json::{Value, json};

use crate::{ClusterState, objects::ModuleConfig};

/// Annotation of `ModuleConfig/deckhouse` that holds the channel while `prepare` has unset it.
pub const CHANNEL_NOTE: &str = "dhctl.deckhouse.io/release-channel";

/// The channel that an interrupted run has unset. An annotation that does not name a channel is ignored: somebody else
/// wrote it, and it must not be set.
pub(crate) fn noted_channel(config: &ModuleConfig) -> Option<Channel> {
    let note = config.annotations.get(CHANNEL_NOTE)?;
    Channel::ALL.into_iter().find(|channel| channel.in_settings() == note)
}

/// Whether the annotation is there, whatever its value.
pub(super) fn is_noted(config: &ModuleConfig) -> bool {
    config.annotations.contains_key(CHANNEL_NOTE)
}

/// The channel that the cluster follows, or followed until an interrupted run unset it; `None` if it is unknown.
pub fn followed_channel(state: &ClusterState) -> Option<Channel> {
    let config = state.deckhouse_config()?;
    config.update_settings().channel().or_else(|| noted_channel(config))
}

/// The problem of settings without a release channel.
pub(crate) fn unset_channel(config: &ModuleConfig) -> Option<Problem> {
    config.update_settings().release_channel.is_none().then(|| channel_is_unset(noted_channel(config)))
}

/// The same, whatever the settings are. `noted`: the channel that an interrupted preparation has unset.
pub(crate) fn channel_is_unset(noted: Option<Channel>) -> Problem {
    let interrupted = noted.map(|channel| channel.in_settings().to_owned());
    let advice = if interrupted.is_some() { Advice::Prepare(PrepareFor::Resume) } else { Advice::SetChannel };
    Problem::new(Code::Channel, Object::settings(), SettingsFact::ChannelUnset { interrupted }).advise(advice)
}

/// Unsets the channel and keeps it in the annotation.
pub(super) fn unset_and_keep(channel: &str) -> Value {
    json!({
        "metadata": { "annotations": { CHANNEL_NOTE: channel } },
        "spec": { "settings": { "releaseChannel": null } },
    })
}

/// Sets the channel, and removes the annotation.
pub(super) fn set(channel: &str, has_note: bool) -> Value {
    let mut patch = json!({ "spec": { "settings": { "releaseChannel": channel } } });
    if has_note {
        patch["metadata"] = remove()["metadata"].take();
    }
    patch
}

/// Removes the annotation: the channel is set.
pub(super) fn remove() -> Value {
    json!({ "metadata": { "annotations": { CHANNEL_NOTE: null } } })
}
