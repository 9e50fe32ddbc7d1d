//! The checks, in order. Each begins only if what it needs works; independent ones run at the same time.

use std::time::{Duration, Instant};

use http::{Method, StatusCode, header};
use oci::RepositoryName;

use super::{
    Check, Fact, FailureKind, NotChecked, Outcome, Product, Purpose, Report,
    api::{self, ask},
    harbor::{CacheState, Project},
    network,
    product::{Signs, text_headers},
    storage::{self, Opened},
    uploads, write_test,
};
use crate::client::{
    challenge::{self, Challenge},
    connection::Connection,
    error::{Error, ErrorKind, Fault, Missing, Refusal},
    exchange::Outgoing,
    ping,
    registry_client::Client,
    reply::Reply,
    scope::Scopes,
};

/// A tag that no registry has.
const ABSENT_TAG: &str = "dhctl-check-absent";

/// The checks that need the API, for every purpose.
const AFTER_API: [Check; 8] = [
    Check::Product,
    Check::Authentication,
    Check::Login,
    Check::TokenLifetime,
    Check::PathDepth,
    Check::Read,
    Check::ListTags,
    Check::Storage,
];

/// The checks that need the API, only for a push.
const AFTER_API_FOR_PUSH: [Check; 8] = [
    Check::Write,
    Check::UploadAddress,
    Check::BodyLimit,
    Check::Mount,
    Check::ImmutableTags,
    Check::Quota,
    Check::OverwriteTag,
    Check::ManifestTypes,
];

/// What Harbor shows of itself.
const HARBOR_INFO: &str = "/api/v2.0/systeminfo";

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckOptions {
    /// What the registry is to be used for.
    pub purpose: Purpose,
    /// Whether any certificate is accepted.
    pub skip_verify: bool,
    /// Whether to write, overwrite and delete an image. The number makes its content unique.
    pub write_test: Option<u64>,
}

/// Checks the registry of `client` for a distribution at `path`.
pub async fn check(client: &Client, path: &RepositoryName, options: CheckOptions) -> Report {
    let mut report = Report { product: None, findings: Vec::new() };
    let run = Run { client, connection: client.connection(), path, options };
    Box::pin(run.all(&mut report)).await;
    report.findings.sort_by_key(|finding| finding.check);
    report
}

struct Run<'a> {
    client: &'a Client,
    connection: &'a Connection,
    path: &'a RepositoryName,
    options: CheckOptions,
}

/// What `/v2/` answered without a login.
struct Home {
    reply: Reply,
    challenge: Option<Challenge>,
    challenges: Vec<String>,
    round_trip: Duration,
}

impl Run<'_> {
    async fn all(&self, report: &mut Report) {
        let Connection { http, home, .. } = self.connection;
        let (names, answer) = futures_util::join!(
            async {
                let mut names = Report { product: None, findings: Vec::new() };
                network::names(http, home, &mut names).await;
                names.findings
            },
            self.home()
        );
        report.findings.extend(names);
        let home = match answer {
            Ok(home) => home,
            Err(fault) => {
                let object = self.client.host().to_string();
                let error = Error::new("reach registry", object, fault, 1, Duration::ZERO);
                self.without_api(Outcome::of_error(error), report);
                return;
            }
        };
        let certificate = home.reply.certificate.as_deref();
        report.add(Check::Tls, network::tls(&self.connection.home, certificate, self.options.skip_verify));
        report.add(Check::Clock, network::clock(&home.reply.headers));
        if !ping::is_registry(&home.reply) {
            self.without_api(self.not_a_registry(&home.reply), report);
            return;
        }
        report.add(Check::Api, Outcome::Ok(Fact::Answers));
        report.add(Check::Authentication, self.authentication(&home));
        let login = self.login(&home).await;
        let may_go_on = login.failure().is_none();
        report.add(Check::Login, login);
        report.product = self.product(&home, may_go_on, report).await;
        if report.product == Some(Product::Harbor) && self.path.as_str().split('/').count() < 2 {
            let depth = Fact::PathDepth(1);
            report.add(Check::PathDepth, Outcome::Failure(FailureKind::Registry, depth));
            return;
        }
        report.add(Check::PathDepth, Outcome::Ok(Fact::PathDepth(self.path.as_str().split('/').count())));
        if may_go_on {
            Box::pin(self.repository(&home, report)).await;
        }
    }

    /// `GET /v2/` without a login.
    async fn home(&self) -> Result<Home, Fault> {
        let began = Instant::now();
        let reply = ask(self.connection, Method::GET, self.connection.home.clone()).await?;
        // The first request contains name lookup and handshakes; the second shows the round trip.
        let connected = began.elapsed();
        let began = Instant::now();
        drop(ask(self.connection, Method::GET, self.connection.home.clone()).await?);
        let values = reply.headers.get_all(header::WWW_AUTHENTICATE);
        let challenges: Vec<String> =
            values.iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
        let challenge = challenge::choose(challenges.iter().map(String::as_str));
        Ok(Home { reply, challenge, challenges, round_trip: began.elapsed().min(connected) })
    }

    fn not_a_registry(&self, reply: &Reply) -> Outcome {
        let fault = reply.refusal(Missing::Repository);
        // An error of a proxy or of the registry itself does not show that there is no registry.
        let kind = match fault.kind {
            kind @ ErrorKind::RateLimited { .. } => kind,
            kind @ ErrorKind::Server { .. } if !reply.status.is_success() => kind,
            _ => {
                let status = reply.status.as_u16();
                ErrorKind::NotARegistry { answer: format!("status {status} with {}", reply.describe()) }
            }
        };
        let fault = Fault { kind, ..fault };
        let object = self.client.host().to_string();
        let error = Error::new("use registry", object, fault, 1, Duration::ZERO);
        Outcome::Failure(FailureKind::Unreachable, Fact::Error(error))
    }

    /// The check of the API failed: nothing of what it is needed for is known.
    fn without_api(&self, outcome: Outcome, report: &mut Report) {
        report.add(Check::Api, outcome);
        let only_push: &[Check] = match self.options.purpose {
            Purpose::Push => &AFTER_API_FOR_PUSH,
            Purpose::Cluster => &[],
        };
        for check in AFTER_API.iter().chain(only_push) {
            report.add(*check, Outcome::NotChecked(NotChecked::AfterFailure));
        }
    }

    /// What is reported where there is no image to try.
    fn without_image(&self) -> Outcome {
        Outcome::NotChecked(match self.options.write_test {
            Some(_) => NotChecked::NoImageBefore,
            None => NotChecked::NoImage,
        })
    }

    /// The platform accepts a registry without a login, or one with bearer tokens.
    fn authentication(&self, home: &Home) -> Outcome {
        match (&home.challenge, home.reply.status) {
            (Some(Challenge::Bearer { realm, .. }), _) => {
                let realm = self.connection.home.join(realm);
                let host = realm.map(|realm| egress::authority(&realm)).unwrap_or_default();
                Outcome::Ok(Fact::Bearer { host })
            }
            (Some(Challenge::Basic), _) => match self.options.purpose {
                Purpose::Cluster => Outcome::Failure(FailureKind::Registry, Fact::Basic),
                Purpose::Push => Outcome::Warning(Fact::Basic),
            },
            (None, _) => Outcome::Ok(Fact::Anonymous),
        }
    }

    async fn login(&self, home: &Home) -> Outcome {
        if self.connection.basic_authorization().is_none() {
            return Outcome::NotChecked(NotChecked::NoLogin);
        }
        if home.challenge.is_none() {
            return Outcome::NotChecked(NotChecked::NoLoginNeeded);
        }
        let outgoing = Outgoing::new(Method::GET, self.connection.home.clone());
        match self.connection.fetch_once(&outgoing, &Scopes::none(), 64 * 1024, 1).await {
            Ok(reply) if reply.status.is_success() => Outcome::Ok(Fact::LoginAccepted),
            Ok(reply) => self.failed("log in at", reply.refusal(Missing::Repository)),
            Err(fault) => self.failed("log in at", fault),
        }
    }

    fn failed(&self, operation: &'static str, fault: Fault) -> Outcome {
        let object = self.client.host().to_string();
        Outcome::of_error(Error::new(operation, object, fault, 1, Duration::ZERO))
    }

    /// Which product it is. With `is_accepted`, the login may be used: some show their version only to those who are
    /// logged in.
    async fn product(&self, home: &Home, is_accepted: bool, report: &mut Report) -> Option<Product> {
        let unknown_tag = self.absent_manifest();
        let (harbor, zot, quay, unknown_tag) = futures_util::join!(
            api::document(self.connection, HARBOR_INFO),
            api::document(self.connection, "/v2/_zot/ext/mgmt"),
            api::document(self.connection, "/api/v1/discovery"),
            unknown_tag,
        );
        let (realm, service) = match &home.challenge {
            Some(Challenge::Bearer { realm, service, .. }) => (Some(realm.as_str()), service.as_deref()),
            _ => (None, None),
        };
        let unknown_tag = unknown_tag.ok().and_then(|reply| serde_json::from_slice(&reply.body).ok());
        let headers = text_headers(&home.reply.headers);
        let mut signs = Signs {
            headers: &headers,
            realm,
            service,
            challenges: &home.challenges,
            unknown_tag: unknown_tag.as_ref(),
            harbor_info: harbor.as_ref(),
            zot_info: zot.as_ref(),
            quay_info: quay.as_ref(),
        };
        let product = signs.product();
        let shown = if product == Some(Product::Harbor) && is_accepted {
            api::document_with_login(self.connection, HARBOR_INFO).await
        } else {
            None
        };
        if shown.is_some() {
            signs.harbor_info = shown.as_ref();
        }
        report.add(
            Check::Product,
            match product {
                Some(product) => Outcome::Ok(Fact::Product(product, signs.version(product))),
                None => Outcome::NotChecked(NotChecked::UnknownProduct),
            },
        );
        product
    }

    /// A manifest that does not exist: the response shows whether the repository can be read.
    async fn absent_manifest(&self) -> Result<Reply, Fault> {
        let url = self.connection.url(&format!("{}/manifests/{ABSENT_TAG}", self.path))?;
        let accept = oci::media_type::MANIFESTS.join(", ");
        let outgoing = Outgoing::new(Method::GET, url).header(header::ACCEPT, &accept);
        self.connection.fetch_once(&outgoing, &Scopes::pull(self.path), 1024 * 1024, 1).await
    }

    /// Everything about the repository at the path.
    async fn repository(&self, home: &Home, report: &mut Report) {
        let is_harbor = report.product == Some(Product::Harbor);
        let has_login = self.connection.basic_authorization().is_some();
        let project = async {
            if is_harbor && has_login { Some(Project::read(self.connection, self.path).await) } else { None }
        };
        let (project, read, list, sample, token) = futures_util::join!(
            project,
            self.read(),
            self.list_tags(),
            storage::sample(self.client, self.path),
            self.token(home),
        );
        let not_shown = NotChecked::NotShown;
        if is_harbor {
            let unknown = Outcome::NotChecked(not_shown);
            report.add(Check::Project, project.as_ref().map_or(unknown, Project::existence));
        }
        report.add(Check::TokenLifetime, token);
        report.add(Check::Read, read);
        report.add(Check::ListTags, list);
        let redirect = match &sample {
            Some(sample) => sample.redirect(self.connection).await,
            None => self.without_image(),
        };
        report.add(Check::Storage, redirect);
        let cache = project.as_ref().map_or(CacheState::Unknown, Project::proxy_cache);
        if self.options.purpose == Purpose::Cluster {
            let cache = match cache {
                CacheState::Cache(upstream) => Outcome::Ok(Fact::ProxyCache(upstream)),
                CacheState::NoCache => Outcome::Ok(Fact::NoProxyCache),
                CacheState::Unknown => Outcome::NotChecked(NotChecked::NotReported),
            };
            report.add(Check::ProxyCache, cache);
            return;
        }
        match (&project, self.options.write_test) {
            (Some(project), _) => report.add(Check::ImmutableTags, project.immutable_tags()),
            (None, None) => report.add(Check::ImmutableTags, Outcome::NotChecked(NotChecked::NeedsWriteTest)),
            // Overwriting a tag shows it.
            (None, Some(_)) => {}
        }
        report.add(
            Check::Quota,
            match &project {
                Some(project) => project.quota(),
                None => Outcome::NotChecked(NotChecked::NotReported),
            },
        );
        self.writing(home, cache, sample.as_ref(), report).await;
    }

    /// What only a push needs.
    async fn writing(
        &self,
        home: &Home,
        cache: CacheState,
        sample: Option<&storage::Sample>,
        report: &mut Report,
    ) {
        let repository = self.client.repository(self.path.clone());
        // Without an upload session where that is possible: Docker distribution 2.8 leaves a file of each canceled one, and
        // Harbor lets only those cancel who may delete.
        let is_harbor = report.product == Some(Product::Harbor);
        let opened = match sample.filter(|sample| sample.is_at(self.path)) {
            Some(sample) => sample.mount().await,
            None if is_harbor => uploads::put_empty_manifest(&repository).await.map(|()| Opened::Nothing),
            None => repository.open_session().await.map(Opened::Session),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                report.add(Check::ProxyCache, proxy_cache(report.product, cache, Some(error.kind())));
                report.add_failure(Check::Write, error);
                return;
            }
        };
        report.add(Check::Write, Outcome::Ok(Fact::Allowed));
        report.add(Check::ProxyCache, proxy_cache(report.product, cache, None));
        let (address, mount) = match opened {
            Opened::Mounted(Some(location)) => {
                (uploads::address(&repository, &location).await, Outcome::Ok(Fact::Mounted))
            }
            Opened::Mounted(None) => {
                (Outcome::NotChecked(NotChecked::NotReported), Outcome::Ok(Fact::Mounted))
            }
            Opened::Nothing => (self.without_image(), self.without_image()),
            Opened::Session(session) => {
                let address = uploads::address(&repository, &session.location).await;
                repository.cancel_upload(session).await;
                let is_refused = sample.is_some_and(|sample| sample.is_at(self.path));
                let mount =
                    if is_refused { Outcome::Warning(Fact::NotMounted) } else { self.without_image() };
                (address, mount)
            }
        };
        report.add(Check::UploadAddress, address);
        report.add(Check::Mount, mount);
        report.add(Check::BodyLimit, uploads::body_limit(&repository, home.round_trip).await);
        match self.options.write_test {
            Some(number) => write_test::run(&repository, number, report).await,
            None => {
                for check in [Check::OverwriteTag, Check::ManifestTypes] {
                    report.add(check, Outcome::NotChecked(NotChecked::NeedsWriteTest));
                }
            }
        }
    }

    async fn read(&self) -> Outcome {
        match self.absent_manifest().await {
            Ok(reply) if reply.status.is_success() => Outcome::Ok(Fact::Allowed),
            Ok(reply) => {
                let fault = reply.refusal(Missing::Manifest);
                if fault.kind.is_not_found() {
                    Outcome::Ok(Fact::Allowed)
                } else {
                    self.refused("read", fault)
                }
            }
            Err(fault) => self.refused("read", fault),
        }
    }

    async fn list_tags(&self) -> Outcome {
        let request = async {
            let url = self.connection.url(&format!("{}/tags/list?n=1", self.path))?;
            self.connection
                .fetch_once(&Outgoing::new(Method::GET, url), &Scopes::pull(self.path), 1024 * 1024, 1)
                .await
        };
        match request.await {
            Ok(reply) if reply.status.is_success() || reply.status == StatusCode::NOT_FOUND => {
                Outcome::Ok(Fact::Allowed)
            }
            Ok(reply) => self.refused("list tags of", reply.refusal(Missing::Repository)),
            Err(fault) => self.refused("list tags of", fault),
        }
    }

    fn refused(&self, operation: &'static str, fault: Fault) -> Outcome {
        let object = format!("{}/{}", self.client.host(), self.path);
        Outcome::of_error(Error::new(operation, object, fault, 1, Duration::ZERO))
    }

    async fn token(&self, home: &Home) -> Outcome {
        if !matches!(home.challenge, Some(Challenge::Bearer { .. })) {
            return Outcome::NotChecked(NotChecked::NotReported);
        }
        match self.connection.token_lifetime(&Scopes::pull(self.path)).await {
            Ok(Some(lifetime)) => {
                let fact = Fact::TokenLifetime(lifetime);
                if lifetime < SHORT_TOKEN { Outcome::Warning(fact) } else { Outcome::Ok(fact) }
            }
            Ok(None) => Outcome::NotChecked(NotChecked::NotReported),
            Err(fault) => self.failed("get a token from", fault),
        }
    }
}

/// Tokens that live shorter end in the middle of large blobs; this program renews them, containerd may not.
const SHORT_TOKEN: Duration = Duration::from_mins(1);

/// Whether the path is in a proxy cache, from what the product shows and from the refusal of an upload.
fn proxy_cache(product: Option<Product>, shown: CacheState, refusal: Option<&ErrorKind>) -> Outcome {
    let failure = |upstream| Outcome::Failure(FailureKind::Registry, Fact::ProxyCache(upstream));
    match (shown, refusal) {
        (CacheState::Cache(upstream), _) => failure(upstream),
        (_, Some(ErrorKind::Refused { reason: Refusal::ProxyCache, .. })) => failure(None),
        // Docker distribution refuses uploads with this error document only as a pull-through cache. In read-only mode it
        // answers a text.
        (_, Some(ErrorKind::Refused { reason: Refusal::MethodNotAllowed, .. }))
            if product == Some(Product::Distribution) =>
        {
            failure(None)
        }
        (CacheState::NoCache, _)
        | (_, None | Some(ErrorKind::Refused { reason: Refusal::Quota | Refusal::NoSpace, .. })) => {
            Outcome::Ok(Fact::NoProxyCache)
        }
        (CacheState::Unknown, Some(_)) => Outcome::NotChecked(NotChecked::AfterFailure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_upload_may_show_whether_it_is_a_proxy_cache() {
        let refused = |reason| ErrorKind::Refused { reason, status: 405, message: String::new() };
        let denied = || ErrorKind::Denied { message: String::new() };
        let (harbor, distribution) = (Some(Product::Harbor), Some(Product::Distribution));
        let upstream = || CacheState::Cache(Some("https://up.example.com".to_owned()));
        for (product, shown, refusal, expected) in [
            (harbor, upstream(), Some(denied()), Some(true)),
            (harbor, CacheState::NoCache, Some(denied()), Some(false)),
            (harbor, CacheState::NoCache, Some(refused(Refusal::ReadOnly)), Some(false)),
            (harbor, CacheState::Unknown, Some(denied()), None),
            (harbor, CacheState::Unknown, Some(refused(Refusal::ProxyCache)), Some(true)),
            (harbor, CacheState::Unknown, None, Some(false)),
            (distribution, CacheState::Unknown, Some(refused(Refusal::MethodNotAllowed)), Some(true)),
            (distribution, CacheState::Unknown, Some(refused(Refusal::ReadOnly)), None),
            (distribution, CacheState::Unknown, Some(refused(Refusal::NoSpace)), Some(false)),
            (None, CacheState::Unknown, Some(refused(Refusal::MethodNotAllowed)), None),
        ] {
            let text = format!("{product:?} {refusal:?}");
            let found = match proxy_cache(product, shown, refusal.as_ref()) {
                Outcome::Failure(FailureKind::Registry, Fact::ProxyCache(_)) => Some(true),
                Outcome::Ok(Fact::NoProxyCache) => Some(false),
                Outcome::NotChecked(NotChecked::AfterFailure) => None,
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
