//! Whom to trust: the roots, the certificates of one host, and how a server's certificate is judged.

mod certs_d;
mod form;
mod offered;
mod pem_files;
mod roots;
mod tls;
mod verifier;
mod weakness;

pub use form::{FileForm, Wanted};
pub use offered::OfferedCertificate;
pub(crate) use offered::{RefusedCertificate, Remedy};
pub use pem_files::certificates_as_pem;
pub(crate) use tls::tls_config;
