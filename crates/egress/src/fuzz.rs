//! What the environment, files and servers say.

use std::time::SystemTime;

use fuzzing::fuzz;
use url::Url;

use crate::{Settings, hosts::Hosts, proxy::ProxyRules, retry::parse_retry_after, settings::ProxyVariables};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn proxies() {
    let seeds = ["http://user:pa%2Fss@proxy.example:3128", "proxy:3128", "https://u@p", "http://[::1]:8080/"];
    fuzz!(seeds, |bytes: &[u8]| {
        let proxy = ProxyVariables { http_proxy: Some(text(bytes)), ..ProxyVariables::default() };
        match ProxyRules::new(&proxy) {
            Ok(rules) => {
                let url = Url::parse("http://registry.example/").unwrap();
                if let Some(proxy) = rules.proxy_for(&url) {
                    assert!(proxy.has_host() && matches!(proxy.scheme(), "http" | "https"), "{proxy}");
                }
                drop(format!("{rules:?}"));
            }
            Err(error) => drop(error.to_string()),
        }
        drop(format!("{:?}", Settings { proxy, ..Settings::default() }));
    });
}

#[test]
fn no_proxy() {
    let seeds = ["localhost,.corp,10.0.0.0/8,[fd00::]/8,r:5000,*.x", "*", " a b , c"];
    fuzz!(seeds, |bytes: &[u8]| {
        let proxy = ProxyVariables {
            http_proxy: Some("http://proxy:3128".to_owned()),
            no_proxy: Some(text(bytes)),
            ..ProxyVariables::default()
        };
        let rules = ProxyRules::new(&proxy).unwrap();
        for url in ["http://10.1.2.3/", "http://[fd00::1]:5000/", "http://a.corp/", "http://r:5000/"] {
            let _ = rules.proxy_for(&Url::parse(url).unwrap());
        }
        assert!(rules.proxy_for(&Url::parse("http://127.0.0.1:5000/").unwrap()).is_none());
    });
}

#[test]
fn retry_after() {
    fuzz!(["120", "Sun, 06 Nov 1994 08:50:07 GMT"], |bytes: &[u8]| {
        let _ = parse_retry_after(&text(bytes), SystemTime::UNIX_EPOCH);
    });
}

#[test]
fn hosts() {
    fuzz!(["127.0.0.1 localhost a.b # c\n::1\tip6-localhost\n"], |bytes: &[u8]| {
        drop(Hosts::parse(bytes).find("localhost"));
    });
}
