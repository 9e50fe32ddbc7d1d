//! The license of the platform.

use cluster::objects::License;
use commands::Sentence;
use jiff::Timestamp;
use problems::LicenseFact;

use crate::format::count;

/// The day of a moment, UTC.
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn on(time: Option<Timestamp>) -> String {
    time.map_or_else(String::new, |time| format!(" on {}", day(time)))
}

/// The license in one line: `Warning (ExpiringSoon), valid until 2026-12-10`.
pub(crate) fn state(license: &License) -> String {
    let until = |before: &str| {
        license.valid_until.map_or_else(String::new, |time| format!("{before}valid until {}", day(time)))
    };
    match (license.state.name(), license.reason.as_deref()) {
        ("", _) => format!("the platform has not computed its state yet{}", until("; ")),
        ("Valid", None) if license.valid_until.is_some() => until(""),
        (name, Some("Expired")) => format!("expired{} (state {name})", on(license.valid_until)),
        (name, None) => format!("{name}{}", until(", ")),
        (name, Some(reason)) => format!("{name} ({reason}){}", until(", ")),
    }
}

pub(super) fn predicate(fact: &LicenseFact) -> Sentence {
    match fact {
        LicenseFact::ExpiresSoon(None) => "expires soon".to_owned(),
        LicenseFact::ExpiresSoon(Some(at)) => format!("expires soon, on {}", day(*at)),
        LicenseFact::NodesNotCovered { nodes, since, violated } => {
            let days = if *violated { " (7 days or longer)" } else { "" };
            let nodes = count(*nodes, "node");
            match since {
                Some(since) => format!("has not covered {nodes} since {}{days}", day(*since)),
                None => format!("does not cover {nodes}{days}"),
            }
        }
        LicenseFact::Expired { at, over: true, .. } => {
            format!("expired{}, and its grace period is over", on(*at))
        }
        LicenseFact::Expired { at, grace_until: Some(end), .. } => {
            format!("expired{}; its grace period ends on {}", on(*at), day(*end))
        }
        LicenseFact::Expired { at, .. } => format!("expired{}; its grace period has begun", on(*at)),
        LicenseFact::Revoked => "was revoked".to_owned(),
        LicenseFact::NoKey => "has no license key: none was ever installed".to_owned(),
        LicenseFact::NoUpdateRight => "does not include the right to update (NoUpdateRight)".to_owned(),
        LicenseFact::InState { state, reason } if reason.is_empty() => {
            format!("is in the state {}", state.name())
        }
        LicenseFact::InState { state, reason } => format!("is in the state {} ({reason})", state.name()),
    }
    .into()
}

pub(super) fn means(fact: &LicenseFact) -> Sentence {
    match fact {
        LicenseFact::ExpiresSoon(_) | LicenseFact::NodesNotCovered { violated: false, .. } => {
            "the cluster is licensed now; the license may be invalid at the time of a later update"
        }
        LicenseFact::NoUpdateRight => {
            "do not start the update: the platform may refuse this release or a later release of the plan"
        }
        _ => {
            "the cluster is not licensed; the platform versions that dhctl knows update anyway, later versions may not"
        }
    }
    .into()
}
