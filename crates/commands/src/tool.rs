//! Other programs that are suggested.

use crate::{ClusterFlags, words::Words};

/// An invocation of another program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `d8 backup etcd`
    BackUpEtcd,
    /// Deploys a chart that is to be filled in as this Helm release.
    HelmUpgrade {
        /// Its namespace.
        namespace: String,
        /// Its name.
        release: String,
    },
    /// Shows the requests for deprecated APIs in the audit log, on a control-plane node.
    SearchAuditLog,
    /// Shows the log of the unit that configures a node, on that node.
    ReadNodeLog,
    /// Updates the package index of a node.
    UpdatePackageIndex,
    /// Installs the latest kernel of a flavor that is to be filled in, on a node with ALT Linux.
    UpdateKernelOfAlt,
    /// Reboots a node.
    Reboot,
    /// Makes a PEM file of a file in another form.
    Convert(Conversion, String),
    /// Closes a directory to other users.
    Close(String),
    /// Makes squid's file of passwords.
    Htpasswd {
        /// The file.
        file: String,
        /// The login that it gets.
        login: String,
    },
    /// Lets squid read its file of passwords.
    ChownToSquid(String),
    /// Lets nobody else read squid's file of passwords.
    ChmodForSquid(String),
}

/// From which form to which a file is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversion {
    /// A text in UTF-16 that holds certificates.
    Utf16Certificate,
    /// A text in UTF-16 that holds a key.
    Utf16Key,
    /// The certificates of a PKCS #12 key store.
    Pkcs12Certificates,
    /// The key of a PKCS #12 key store.
    Pkcs12Key,
    /// A certificate in DER.
    DerCertificate,
    /// Certificates in PKCS #7, PEM.
    Pkcs7Pem,
    /// Certificates in PKCS #7, DER.
    Pkcs7Der,
    /// A certificate with the trust of openssl in it.
    TrustedCertificate,
    /// A key in DER.
    DerKey,
    /// A key with a passphrase.
    EncryptedKey,
}

impl Tool {
    pub(crate) fn words(&self, flags: &ClusterFlags) -> Words {
        let words = Words::default();
        match self {
            Self::HelmUpgrade { namespace, release } => flags
                .add_to_helm(words.fixed(&["helm"]))
                .fixed(&["upgrade"])
                .option("-n", "--namespace=", namespace)
                .operand(release)
                .fixed(&["CHART"]),
            Self::SearchAuditLog => {
                words.fixed(&["grep", "-h", "k8s.io/deprecated", "/var/log/kube-audit/audit.log"])
            }
            Self::ReadNodeLog => words.fixed(&["journalctl", "-u", "bashible.service"]),
            Self::UpdatePackageIndex => words.fixed(&["apt-get", "update"]),
            Self::UpdateKernelOfAlt => words.fixed(&["update-kernel", "-t", "FLAVOR"]),
            Self::Reboot => words.fixed(&["reboot"]),
            Self::BackUpEtcd => {
                flags.add_to(words.fixed(&["d8", "backup", "etcd"])).fixed(&["etcd-backup.snapshot"])
            }
            Self::Convert(conversion, file) => conversion.words(file),
            Self::Close(directory) => words.fixed(&["chmod", "700"]).file(directory),
            Self::Htpasswd { file, login } => {
                words.fixed(&["htpasswd", "-c", "-B"]).file(file).operand(login)
            }
            Self::ChownToSquid(file) => words.fixed(&["chown", "root:proxy"]).file(file),
            Self::ChmodForSquid(file) => words.fixed(&["chmod", "640"]).file(file),
        }
    }

    /// The file that its output goes to.
    pub(crate) fn redirection(&self) -> Option<&'static str> {
        match self {
            Self::Convert(Conversion::Utf16Certificate, _) => Some("ca.pem"),
            Self::Convert(Conversion::Utf16Key, _) => Some("client.key"),
            _ => None,
        }
    }
}

impl Conversion {
    fn words(self, file: &str) -> Words {
        let (begin, end): (&[&str], &[&str]) = match self {
            Self::Utf16Certificate | Self::Utf16Key => (&["iconv", "-f", "UTF-16", "-t", "UTF-8"], &[]),
            Self::Pkcs12Certificates => (&["openssl", "pkcs12", "-in"], &["-nokeys", "-out", "ca.pem"]),
            Self::Pkcs12Key => (&["openssl", "pkcs12", "-in"], &["-nocerts", "-nodes", "-out", "client.key"]),
            Self::DerCertificate => (&["openssl", "x509", "-inform", "der", "-in"], &["-out", "ca.pem"]),
            Self::Pkcs7Pem => (&["openssl", "pkcs7", "-print_certs", "-in"], &["-out", "ca.pem"]),
            Self::Pkcs7Der => {
                (&["openssl", "pkcs7", "-inform", "der", "-print_certs", "-in"], &["-out", "ca.pem"])
            }
            Self::TrustedCertificate => (&["openssl", "x509", "-in"], &["-out", "ca.pem"]),
            Self::DerKey => (&["openssl", "pkey", "-inform", "der", "-in"], &["-out", "client.key"]),
            Self::EncryptedKey => (&["openssl", "pkey", "-in"], &["-out", "client.key"]),
        };
        Words::default().fixed(begin).file(file).fixed(end)
    }
}
