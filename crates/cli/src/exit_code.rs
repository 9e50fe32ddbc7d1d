//! The exit codes of `dhctl`. They are part of its interface: scripts read them.

/// The exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Exit {
    /// Done, and verified where that is possible.
    Success = 0,
    /// Internal error in dhctl.
    Internal = 1,
    /// Wrong usage: flags, or a release or channel that the source does not have.
    Usage = 2,
    /// Something is missing, incomplete or damaged: source set, bundle, part or target.
    Incomplete = 3,
    /// Authentication or permission.
    Denied = 4,
    /// Network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry.
    Network = 5,
    /// Local files and disk.
    Files = 6,
    /// The cluster: not done, for example blocked, stuck, failed or timed out.
    Cluster = 7,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning, as the help prints it.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Success, "done"),
        (Self::Internal, "internal error in dhctl"),
        (Self::Usage, "wrong usage: flags, or a release or channel that the source does not have"),
        (
            Self::Incomplete,
            "something is missing, incomplete or damaged in the source, the bundle, a part or the target",
        ),
        (
            Self::Denied,
            "authentication or permission: the registry or API rejected the login, or refused the request",
        ),
        (
            Self::Network,
            "network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry",
        ),
        (Self::Files, "local files and disk: not writable, no space, a file system's size limit"),
        (Self::Cluster, "the update is not done: for example blocked, stuck, failed or timed out"),
        (Self::Interrupted, "interrupted by a signal"),
    ];
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
