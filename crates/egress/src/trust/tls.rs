//! The TLS configuration of one host, put together from roots, `certs.d` and verifier.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;

use super::certs_d::{ClientChoice, HostCertificates, client_pair};
use super::roots;
use super::verifier::{AcceptAll, GoVerifier};
use crate::error::EgressError;
use crate::settings::{ClientFiles, TrustSettings};

/// Reads all trust files and builds the configuration for `host` (`HOST[:PORT]`), without ALPN.
pub(crate) fn tls_config(settings: &TrustSettings, host: &str) -> Result<ClientConfig, EgressError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let mut own = HostCertificates::load(&settings.certs_d, host, &provider)?;
    if let Some(ClientFiles { certificate, key }) = &settings.client {
        // What the user named comes before what lies in a directory.
        own.clients.insert(0, Arc::new(client_pair(certificate, key, &provider)?));
    }
    let verifier: Arc<dyn ServerCertVerifier> = if settings.skip_verify {
        Arc::new(AcceptAll(algorithms))
    } else {
        let mut store = roots::load(settings)?;
        store.extend(own.roots);
        Arc::new(GoVerifier::new(store, algorithms))
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EgressError::Client { reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(if own.clients.is_empty() {
        config.with_no_client_auth()
    } else {
        config.with_client_cert_resolver(Arc::new(ClientChoice(own.clients)))
    })
}
