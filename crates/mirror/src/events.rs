//! What a running step tells about itself. Sinks (bars, lines, JSON) are the caller's.

/// A stage of the work, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Reading channels, releases, modules and manifests from the source.
    Plan,
    /// Reading what a registry contains: lists of tags and manifests.
    List,
    /// Downloading blobs into the bundle.
    Download,
    /// Looking at what the target has.
    Inventory,
    /// Uploading blobs.
    Upload,
    /// Writing manifests and tags.
    Tags,
    /// Reading everything back from the target.
    ReadBack,
    /// Deleting manifests from a registry.
    Delete,
    /// Writing a bundle in another form.
    Copy,
    /// Reading a bundle to see whether it is sound.
    Check,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A stage began. `bytes` and `items` are what it will process, 0 where that is not known ahead.
    StageBegan {
        /// Which stage.
        stage: Stage,
        /// Bytes to process.
        bytes: u64,
        /// Objects to process.
        items: u64,
    },
    /// Bytes of the stage were processed. Never taken back: bytes sent again do not count twice.
    Bytes(u64),
    /// Objects of the stage were processed.
    Items(u64),
    /// Something to look at: the result may not be what was meant.
    Warning(String),
    /// Something worth knowing that is as it should be.
    Note(String),
    /// One object was finished; only for verbose output.
    Detail(String),
    /// The stage ended.
    StageEnded(Stage),
}

/// Where events go. Called from many tasks; must not block.
pub trait Observer: Send + Sync {
    /// Takes one event.
    fn event(&self, event: Event);
}

/// Drops every event.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}
