//! The platform's settings.

use commands::{Sentence, Update};
use problems::SettingsFact;

pub(super) fn predicate(fact: &SettingsFact) -> Sentence {
    let SettingsFact::ChannelUnset { interrupted } = fact;
    match interrupted {
        None => "has no releaseChannel".into(),
        Some(channel) => Sentence::from(format!("has no releaseChannel (it was {channel}, until "))
            .quoted(Update::prepare())
            .text(" was interrupted)"),
    }
}

pub(super) fn means(_: &SettingsFact) -> Sentence {
    "without a release channel the controller ignores all releases".into()
}
