//! How old the last backup of etcd is.

use cluster::{EtcdBackups, Reading, Timestamp, duration};
use commands::Sentence;
use semver::Version;

use super::list;

/// More nodes than these are only counted.
const NODES: usize = 3;

/// When the last backup was made and where, in one line.
pub(crate) fn last(backups: &EtcdBackups, now: Timestamp) -> String {
    let Some((last, age)) = backups.last.zip(backups.age(now)) else {
        return format!("none: {}", why_none(backups));
    };
    let node = backups.node.as_deref().map(|node| format!(" on {node}")).unwrap_or_default();
    let behind = match backups.behind.len() {
        0 => String::new(),
        1 => format!("; {} has none or an older one", backups.behind[0]),
        _ => format!("; {} have none or an older one", list(&backups.behind, NODES)),
    };
    let off = if backups.off { "; the CronJobs of the backups are disabled (spec.suspend)" } else { "" };
    format!("{} ({} ago){node}{behind}{off}", last.strftime("%Y-%m-%d %H:%M UTC"), duration::text(age))
}

/// Why the platform has no backup.
fn why_none(backups: &EtcdBackups) -> &'static str {
    match (&backups.cron_job, backups.off) {
        (None, _) => "the platform creates no etcd backups in this cluster",
        (Some(_), true) => "the CronJobs of the backups are disabled (spec.suspend)",
        (Some(_), false) => "no backup of the platform has succeeded",
    }
}

/// The same before an approval, with the command that makes a backup. `None` if etcd does not run on the cluster's nodes.
pub(crate) fn before_approval(
    backups: &Reading<EtcdBackups>,
    release: &Version,
    now: Timestamp,
) -> Option<Sentence> {
    match backups {
        Reading::Known(backups) => {
            let text = match backups.last {
                Some(_) => format!("last etcd backup: {}; to create a new one: ", last(backups, now)),
                None => format!("no etcd backup was found: {}; to create one: ", why_none(backups)),
            };
            Some(Sentence::from(text).command(backups.command(Some(release), now)))
        }
        Reading::Absent(_) => None,
        Reading::Unreadable(_) | Reading::NotNow { .. } => {
            let why = backups.why_unknown().unwrap_or_default();
            Some(format!("the time of the last etcd backup is unknown: {why}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_last_backup() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let made = EtcdBackups {
            last: Timestamp::from_second(1_790_000_000 - 18_720).ok(),
            node: Some("master-2".to_owned()),
            behind: Vec::new(),
            cron_job: Some("d8-etcd-backup-0a".to_owned()),
            off: false,
        };
        let none = EtcdBackups { last: None, node: None, ..made.clone() };
        let release = Version::new(1, 72, 3);
        let lines: Vec<String> = [
            made.clone(),
            EtcdBackups { behind: vec!["master-0".to_owned(), "master-1".to_owned()], off: true, ..made },
            none.clone(),
            EtcdBackups { off: true, ..none.clone() },
            EtcdBackups { cron_job: None, off: true, ..none },
        ]
        .map(|backups| before_approval(&Reading::Known(backups), &release, now).unwrap().to_string())
        .into();
        insta::assert_snapshot!(lines.join("\n"));
        let away: Reading<EtcdBackups> = Reading::Absent("managed".to_owned());
        assert_eq!(before_approval(&away, &release, now), None);
        let unread: Reading<EtcdBackups> = Reading::NotNow { last: None, why: "no answer".to_owned() };
        let text = before_approval(&unread, &release, now).unwrap().to_string();
        assert_eq!(text, "the time of the last etcd backup is unknown: no answer");
    }
}
