//! The exit codes of `dhctl`. They are part of its interface: scripts read them.

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Exit {
    /// Done, and where that can be checked, checked.
    Success = 0,
    /// A fault of this program.
    Internal = 1,
    /// A wrong request: flags, or a release or channel that the source does not have.
    Usage = 2,
    /// Something is missing, incomplete or damaged: source set, bundle, part or target.
    Incomplete = 3,
    /// Authentication or permission.
    Denied = 4,
    /// Network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry.
    Network = 5,
    /// Local files and disk.
    Files = 6,
    /// The cluster: anything but done, as blocked, stalled, failed, time over.
    Cluster = 7,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl Exit {
    /// Every code with the sentence that the manual prints.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Success, "done"),
        (Self::Internal, "a fault of dhctl itself"),
        (Self::Usage, "a wrong request: flags, or a release or channel that the source does not have"),
        (Self::Incomplete, "something is missing, incomplete or damaged: source, bundle, part or target"),
        (
            Self::Denied,
            "authentication or permission: registry or API refused the login, or the login lacks the right",
        ),
        (
            Self::Network,
            "network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry",
        ),
        (Self::Files, "local files and disk: not writable, no space, a file system's size limit"),
        (Self::Cluster, "the cluster: anything but done, as blocked, stalled, failed, time over"),
        (Self::Interrupted, "interrupted by a signal"),
    ];
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
