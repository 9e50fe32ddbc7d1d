//! A notification that fails before the controller says so: while it tries to reach the webhook, about a minute each time,
//! it processes no release and writes no message (cluster-2026.md, 1.8).

use problems::ReleaseFact;

use crate::{ClusterState, objects::Release};

/// The alert of a notification that was not sent.
const NOT_SENT: &str = "DeckhouseReleaseNotificationNotSent";

/// That a release, which waits without a message, may wait for the webhook; `None` if no webhook is configured, or the
/// controller has notified it.
pub(crate) fn may_fail(state: &ClusterState, release: &Release) -> Option<ReleaseFact> {
    let webhook = state.deckhouse_config()?.update_settings().notification_webhook;
    let is_silent = release.is_waiting() && release.message.trim().is_empty();
    if webhook.is_none_or(|it| it.is_empty())
        || !is_silent
        || release.is_annotated("release.deckhouse.io/notified")
    {
        return None;
    }
    let mut alerts = state.alerts.known().into_iter().flatten();
    let alert = alerts.any(|alert| alert.name == NOT_SENT && !alert.status.contains("stale"));
    Some(ReleaseFact::NotificationMayFail { alert })
}
