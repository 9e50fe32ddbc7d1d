//! Steps about the license of the platform.

/// A step about the license of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LicenseAdvice {
    /// Save the data of the cluster, a token for the license server, to a file. Inside.
    SaveClusterData,
    /// Hand the file to the vendor, and get a license key for it. Outside.
    GetKey,
    /// Create the `ClusterLicense` with the key. Inside.
    InstallKey,
    /// Look at the nodes that are not covered.
    SeeNodes,
}
