//! The platform's settings.

/// What is so of the platform's settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SettingsFact {
    /// No release channel is set, so the controller looks at no release.
    ChannelUnset {
        /// The channel that was set before an interrupted `update prepare`.
        interrupted: Option<String>,
    },
}
