//! Whom to trust: the roots, the certificates of one host, and how a server's certificate is judged.

mod certs_d;
mod form;
mod pem_files;
mod roots;
mod server_certificate;
mod tls;
mod verifier;
mod weakness;

pub use form::{FileForm, Wanted};
pub use pem_files::certificates_as_pem;
pub use server_certificate::ServerCertificate;
pub(crate) use server_certificate::{RefusedCertificate, Remedy};
pub(crate) use tls::tls_config;
