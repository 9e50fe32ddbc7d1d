//! Keys and signatures that the TLS library does not use, in words: its own error is that a signature is bad.
//!
//! It takes RSA keys of 2048 to 8192 bits, and no signatures made with SHA-1 or MD5. Old authorities inside closed
//! networks have such keys, and sign so.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::server_certificate::{Remedy, name_or_dash};

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Signatures that no longer count, by their OIDs.
const OLD_SIGNATURES: [(&str, &str); 6] = [
    ("1.2.840.113549.1.1.5", "SHA-1"),
    ("1.2.840.10045.4.1", "SHA-1"),
    ("1.2.840.10040.4.3", "SHA-1"),
    ("1.3.14.3.2.29", "SHA-1"),
    ("1.2.840.113549.1.1.4", "MD5"),
    ("1.2.840.113549.1.1.2", "MD2"),
];

/// What is too weak in the server's certificate, in those that it sends along, or in that of the `store`
/// which issued the last of them. `None` if nothing is.
pub(super) fn of_chain<'a>(
    server: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    store: impl Iterator<Item = &'a CertificateDer<'static>>,
) -> Option<(String, Remedy)> {
    let parsed = |der| x509_parser::parse_x509_certificate(der).map(|(_, parsed)| parsed).ok();
    let server = parsed(server)?;
    let sent: Vec<X509Certificate<'_>> = others.iter().filter_map(|der| parsed(der)).collect();
    let roots: Vec<X509Certificate<'_>> = store.filter_map(|der| parsed(der)).collect();
    let mut chain = vec![&server];
    let mut last = &server;
    // Each certificate is used once, so that a chain that leads in a circle ends.
    while let Some(issuer) = sent.iter().find(|it| {
        it.subject() == last.issuer() && !chain.iter().any(|used| used.tbs_certificate == it.tbs_certificate)
    }) {
        chain.push(issuer);
        last = issuer;
    }
    let roots = roots.iter().filter(|root| root.subject() == last.issuer());
    let signed = chain.iter().enumerate().find_map(|(place, it)| signature(it, place == 0));
    // A root is trusted for what it is, so only its key counts.
    let mut all = chain.iter().copied().enumerate().chain(roots.map(|root| (1, root)));
    all.find_map(|(place, it)| key(it, place == 0)).or(signed)
}

/// What is wrong with the key of the server's certificate, with which it signs the handshake.
pub(super) fn of_key(server: &CertificateDer<'_>) -> Option<(String, Remedy)> {
    key(&x509_parser::parse_x509_certificate(server).ok()?.1, true)
}

fn key(certificate: &X509Certificate<'_>, is_server: bool) -> Option<(String, Remedy)> {
    let Ok(PublicKey::RSA(rsa)) = certificate.public_key().parsed() else {
        return None;
    };
    let bits = rsa.key_size();
    if RSA_BITS.contains(&bits) {
        return None;
    }
    let whose = if is_server {
        "its RSA key".to_owned()
    } else {
        format!("the RSA key of its issuer {}", name_or_dash(&certificate.subject().to_string()))
    };
    let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
    Some((format!("{whose} has {bits} bits; keys of {least} to {most} bits are accepted"), Remedy::OtherKey))
}

fn signature(certificate: &X509Certificate<'_>, is_server: bool) -> Option<(String, Remedy)> {
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    let whose = if is_server {
        "it is signed".to_owned()
    } else {
        format!("that of its issuer {} is signed", name_or_dash(&certificate.subject().to_string()))
    };
    let (_, old) = OLD_SIGNATURES.iter().find(|(oid, _)| *oid == algorithm)?;
    Some((format!("{whose} with {old}, which is no longer accepted"), Remedy::OtherSignature))
}

#[cfg(test)]
mod tests {
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{ServerName, UnixTime};

    use super::super::server_certificate::RefusedCertificate;
    use super::super::verifier::GoVerifier;
    use super::*;

    /// Made by `fixtures/make.sh`.
    macro_rules! fixture {
        ($name:literal) => {
            CertificateDer::from_pem_slice(include_bytes!(concat!("fixtures/", $name, ".pem"))).unwrap()
        };
    }

    fn refusal(
        server: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        store: &[CertificateDer<'static>],
        host: &'static str,
    ) -> RefusedCertificate {
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        let verifier = GoVerifier::new(store.to_vec(), algorithms);
        let host = ServerName::try_from(host).unwrap();
        let error = verifier.verify_server_cert(server, others, &host, &[], UnixTime::now()).unwrap_err();
        let rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) = error else {
            panic!("{error}")
        };
        other.0.downcast_ref::<RefusedCertificate>().unwrap().clone()
    }

    #[test]
    fn weak_certificates_are_reported() {
        let (good, short) = (fixture!("good-ca"), fixture!("short-ca"));
        let (by_short, by_sha1) = (fixture!("by-short-ca"), fixture!("by-sha1"));
        let both = [good.clone(), short.clone()];
        for (server, others, store, reason, remedy) in [
            (
                &by_short,
                &[][..],
                &both[..],
                "the RSA key of its issuer CN=Short CA has 1024 bits; keys of 2048 to 8192 bits are accepted",
                Remedy::OtherKey,
            ),
            (
                &by_sha1,
                &[],
                &both,
                "it is signed with SHA-1, which is no longer accepted",
                Remedy::OtherSignature,
            ),
            // The server sends its authorities along, more than it should.
            (
                &by_sha1,
                &both,
                &both,
                "it is signed with SHA-1, which is no longer accepted",
                Remedy::OtherSignature,
            ),
            // Nobody who is trusted has signed it: that is to be reported first.
            (
                &by_sha1,
                &[],
                &both[1..],
                "its issuer is not among the trusted certificates",
                Remedy::TrustIssuer,
            ),
            (
                &fixture!("address-as-name"),
                &[],
                &both,
                "it is not for other.corp",
                Remedy::FixName("DNS:other.corp".to_owned()),
            ),
        ] {
            let host = if matches!(remedy, Remedy::FixName(_)) { "other.corp" } else { "registry.corp" };
            let refused = refusal(server, others, store, host);
            assert_eq!((refused.reason.as_str(), refused.remedy), (reason, remedy));
        }
    }

    #[test]
    fn a_key_that_is_too_short_for_the_handshake_is_named() {
        let (reason, remedy) = of_key(&fixture!("short-key")).unwrap();
        assert_eq!(reason, "its RSA key has 1024 bits; keys of 2048 to 8192 bits are accepted");
        assert_eq!(remedy, Remedy::OtherKey);
        assert_eq!(of_key(&fixture!("by-short-ca")), None);
        assert_eq!(of_key(&CertificateDer::from(vec![1, 2, 3])), None);
    }

    #[test]
    fn an_ip_address_in_a_dns_name_is_reported() {
        let store = [fixture!("good-ca")];
        let refused = refusal(&fixture!("address-as-name"), &[], &store, "10.0.0.1");
        assert_eq!(
            refused.reason,
            "it is not for 10.0.0.1; it contains this address as a DNS name instead of as an IP address"
        );
        assert_eq!(refused.remedy, Remedy::FixName("IP:10.0.0.1".to_owned()));
        assert!(refused.offered.unwrap().to_string().contains("for DNS:10.0.0.1 registry.corp, "));
        let other = refusal(&fixture!("address-as-name"), &[], &store, "10.0.0.2");
        assert_eq!(other.reason, "it is not for 10.0.0.2");
        assert_eq!(other.remedy, Remedy::FixName("IP:10.0.0.2".to_owned()));
    }
}
