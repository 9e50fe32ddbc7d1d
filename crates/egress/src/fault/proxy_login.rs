//! A proxy that requires a login (407), in words.

use super::diagnosis::Diagnosis;
use super::network_fault::FaultKind;
use crate::proxy::unsupported;

/// The login that is missing or wrong. `does` says what the proxy would do then: `connects to HOST`; `variable` is the
/// one that names the proxy.
pub(super) fn diagnose(
    proxy: &str,
    (does, host): (&str, &str),
    login_sent: bool,
    offers: &[String],
    variable: &str,
) -> Diagnosis {
    let new = |what| Diagnosis::new(FaultKind::Proxy, false, what);
    if let Some(offers) = unsupported(offers) {
        return new(format!(
            "the proxy{proxy} requires a login by {offers} before it {does} {host} (407); dhctl supports only Basic"
        ))
        .hint(format!(
            "run a local relay that logs in to the proxy by {offers}, such as cntlm or px, and name it in \
             {variable}: {variable}=http://127.0.0.1:3128"
        ))
        .hint(format!("or have {host} allowed without a login, or Basic offered, in the proxy"));
    }
    if login_sent {
        new(format!("the proxy{proxy} did not accept the login for {host} (407)")).hint(format!(
            "check user and password in {variable}; special characters must be percent-encoded"
        ))
    } else {
        new(format!("the proxy{proxy} requires a login before it {does} {host} (407)")).hint(format!(
            "put the login into the variable: {variable}=http://USER:PASSWORD@HOST:PORT, special characters \
             percent-encoded"
        ))
    }
}
