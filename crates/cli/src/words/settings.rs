//! Settings, and APIs that Kubernetes removes.

use commands::{Sentence, Update};
use problems::{ApiUse, SettingsFact};

use super::list;

/// How many APIs are named.
const NAMED: usize = 10;

pub(super) fn predicate(fact: &SettingsFact) -> Sentence {
    match fact {
        SettingsFact::ChannelUnset { interrupted: None } => "has no releaseChannel".into(),
        SettingsFact::ChannelUnset { interrupted: Some(channel) } => {
            Sentence::from("has no releaseChannel (")
                .quoted(Update::prepare())
                .text(format!(" unset the channel {channel} and was interrupted before restoring it)"))
        }
        SettingsFact::ModeUnset => "does not set update.mode".into(),
        SettingsFact::MinorsAtOnce { versions, unset } => {
            let versions: Vec<String> = versions.iter().map(|version| format!("v{version}")).collect();
            let unset = if *unset { "does not set update.mode, and so " } else { "" };
            format!(
                "{unset}lets the controller deploy all waiting minor versions without an approval: {}",
                list(&versions, NAMED)
            )
            .into()
        }
        SettingsFact::Message { message, invalid: true } => format!("has an error: {message}").into(),
        SettingsFact::Message { message, invalid: false } => format!("has a message: {message}").into(),
        SettingsFact::CloudCondition { name, message } => {
            format!("has the unmet condition {name}: {message}").into()
        }
        SettingsFact::DeprecatedApis { uses } => {
            let uses: Vec<String> = uses
                .iter()
                .map(|ApiUse { resource, group_version, removed_in }| {
                    format!("{resource} in {group_version} (removed in {removed_in})")
                })
                .collect();
            format!("has clients that use deprecated APIs: {}", list(&uses, NAMED)).into()
        }
    }
}

pub(super) fn means(fact: &SettingsFact) -> Sentence {
    match fact {
        SettingsFact::ChannelUnset { .. } => "without a release channel the controller ignores all releases",
        SettingsFact::ModeUnset => {
            "this version of the platform then deploys minor versions without an approval, although the documentation \
             says otherwise"
        }
        SettingsFact::MinorsAtOnce { .. } => {
            "the controller may deploy the last one directly and skip the others; the platform does not support skipping minor versions"
        }
        SettingsFact::Message { invalid: true, .. } => "the settings do not take effect",
        SettingsFact::Message { invalid: false, .. } => "the platform reports this about the settings",
        SettingsFact::CloudCondition { .. } => {
            "a release with the requirement unmetCloudConditions is not deployed"
        }
        SettingsFact::DeprecatedApis { .. } => {
            "these clients fail once Kubernetes is upgraded to the version that removes their API; a platform release may upgrade Kubernetes automatically"
        }
    }
    .into()
}
