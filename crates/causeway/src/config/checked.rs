//! What the program works with: cross-checked and compiled. If it exists, it can run.

use super::alerts::{self, Alerts};
use super::algolia::{self, ErasureTarget, ProfilesTarget};
use super::gateway::{self, GatewayTarget};
use super::ledger::{self, Daily};
use super::poll::{self, PollTarget};
use super::probe::{self, ProbeTarget};
use super::settings::{Compression, Region, Settings};
use super::source::Problem;
use super::{people, recipes, searches, telemetry};
use crate::flows::{self, Catalogue, Reach};
use crate::secret::Secret;
use crate::telemetry::{logs, otlp};
use causeway_algolia::insights;
use causeway_algolia::region::Api;
use causeway_engine::duplicates::Window;
use causeway_engine::flow::{Destination, Fault};
use causeway_engine::profile::{Keep, Sync};
use causeway_engine::search_context::Rules;
use causeway_engine::trial::Conditions;
use causeway_segment::region::{Api as SegmentApi, Region as SegmentRegion};
use http::Uri;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings that need no translation.
    pub settings: Settings,
    /// Public address.
    pub listen: SocketAddr,
    /// Admin address.
    pub admin: SocketAddr,
    /// The store's directory, resolved against the configuration file's.
    pub store: PathBuf,
    /// Who may send to the intake; none without an application id.
    pub credentials: Option<Credentials>,
    /// The write keys that the Tracking API's intake accepts; nobody may send there if there are none.
    pub write_keys: Vec<Secret>,
    /// What a webhook must prove.
    pub webhook: Webhook,
    /// Where events for Algolia go; none without an application id and key.
    pub insights: Option<InsightsTarget>,
    /// Where messages for Segment go; none if nothing is sent there.
    pub segment: Option<SegmentTarget>,
    /// Where profile records are kept, if a recipe keeps any.
    pub profiles: Option<ProfilesTarget>,
    /// Where a person is erased at Algolia, if there is a key for it.
    pub erasure: Option<ErasureTarget>,
    /// What the Analytics API is asked for, if a recipe says so.
    pub poll: Option<PollTarget>,
    /// Where it is asked whether queries that failed have results by now, if that is on.
    pub probe: Option<ProbeTarget>,
    /// The recipes that keep records at Algolia; none without the key for it.
    pub syncs: Arc<[Sync]>,
    /// Which traits are kept.
    pub keep: Arc<Keep>,
    /// How searches become events.
    pub searches: causeway_engine::searches::Settings,
    /// What of a person changes a search.
    pub search_rules: Rules,
    /// Where searches are forwarded; none if the gateway is off or there is no application.
    pub gateway: Option<GatewayTarget>,
    /// Who is told what, and when.
    pub alerts: Alerts,
    /// The ledger's daily reports.
    pub daily: Daily,
    /// Where traces and logs are exported to, if anywhere.
    pub telemetry: Option<otlp::Target>,
    /// The flows of recipes and files. Versions in the state store may stand over them.
    pub configured: Catalogue,
    /// What is legal but probably not meant.
    pub warnings: Vec<String>,
}

/// What the intake accepts.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The application id.
    pub app_id: String,
    /// Every accepted key.
    pub keys: Vec<Secret>,
}

/// What a webhook must prove: all that is set. Nobody may send one if nothing is.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The secret that it is signed with.
    pub secret: Option<Secret>,
    /// The token that comes with it.
    pub token: Option<Secret>,
}

/// Algolia's Insights API as a destination.
#[derive(Debug, Clone)]
pub struct InsightsTarget {
    /// The API's origin.
    pub url: Uri,
    /// The application id.
    pub app_id: String,
    /// The key that is sent.
    pub key: Secret,
    /// Whether bodies are compressed.
    pub compress: bool,
}

/// Segment's Tracking API as a destination.
#[derive(Debug, Clone)]
pub struct SegmentTarget {
    /// The API's origin.
    pub url: Uri,
    /// The write key.
    pub write_key: Secret,
    /// Whether bodies are compressed.
    pub compress: bool,
}

impl Config {
    /// Checks settings. Relative paths are taken from `home`, the configuration file's directory.
    pub fn check(settings: Settings, home: &Path) -> Result<Self, Problem> {
        let configured = configured(&settings, home)?;
        Self::with_flows(settings, configured, home)
    }

    /// The same with these flows instead of those that the settings name.
    pub fn with_flows(settings: Settings, configured: Catalogue, home: &Path) -> Result<Self, Problem> {
        window(&settings)?;
        concurrency(&settings)?;
        log(&settings)?;
        let sends = |destination| configured.flows().iter().any(|flow| flow.destination() == destination);
        let segment = segment(&settings, sends(Destination::Segment))?;
        let insights = insights_target(&settings, sends(Destination::Insights))?;
        let syncs = people::syncs(&settings)?;
        let profiles = algolia::profiles(&settings)?;
        let config = Self {
            listen: address("listen", &settings.listen)?,
            admin: admin(&settings)?,
            store: home.join(&settings.store.path),
            credentials: credentials(&settings)?,
            write_keys: write_keys(&settings),
            webhook: webhook(&settings)?,
            keep: Arc::new(people::keep(&settings, &syncs)),
            searches: searches::checked(&settings)?,
            search_rules: people::rules(&settings)?,
            gateway: gateway::target(&settings)?,
            erasure: algolia::erasure(&settings)?,
            poll: poll::target(&settings)?,
            probe: probe::target(&settings, &configured)?,
            alerts: alerts::check(&settings, home)?,
            daily: ledger::check(&settings, home)?,
            telemetry: telemetry::check(&settings)?,
            warnings: warnings(&settings, &configured, &syncs, profiles.is_some()),
            syncs: if profiles.is_some() { syncs.into() } else { Arc::from([]) },
            profiles,
            insights,
            segment,
            configured,
            settings,
        };
        Ok(config)
    }

    /// The destinations that there is an account for.
    pub fn reach(&self) -> Reach {
        Reach { segment: self.segment.is_some(), insights: self.insights.is_some() }
    }

    /// Insights' rules as the operator set them.
    pub fn rules(&self) -> insights::Rules {
        insights::Rules {
            max_age_ms: self.settings.algolia.max_event_age.as_ms(),
            max_future_ms: self.settings.algolia.max_event_future.as_ms(),
        }
    }

    /// What an event on trial comes under.
    pub fn conditions(&self, now: i64) -> Conditions<'_> {
        Conditions { rules: self.rules(), now, token_secret: self.token_secret().as_bytes() }
    }

    /// What tokens are made with for ids that Algolia would not take as such; may be empty.
    pub fn token_secret(&self) -> &str {
        self.settings.identity.token_secret.as_ref().map_or("", |secret| secret.expose())
    }

    /// What counts as a repetition.
    pub fn duplicates(&self) -> Window {
        let duplicates = &self.settings.duplicates;
        Window {
            timed_ms: duplicates.window.as_ms(),
            untimed_ms: duplicates.untimed_window.as_ms(),
            remember: duplicates.remember,
        }
    }
}

/// With less, nothing could be under way.
const SMALLEST_WINDOW: u64 = 16 << 10;

fn window(settings: &Settings) -> Result<(), Problem> {
    let enough = settings.delivery.window.0 >= SMALLEST_WINDOW;
    let fault = "delivery.window: too little to send anything; give at least \"16 KiB\", better some MiB";
    if enough { Ok(()) } else { Err(Problem::invalid(fault)) }
}

fn concurrency(settings: &Settings) -> Result<(), Problem> {
    let fault = "delivery.concurrency: with 0 requests at once nothing is sent; give at least 1";
    if settings.delivery.concurrency > 0 { Ok(()) } else { Err(Problem::invalid(fault)) }
}

fn log(settings: &Settings) -> Result<(), Problem> {
    logs::filter(&settings.log.level)
        .map(drop)
        .map_err(|fault| Problem::invalid(format!("log.level: {fault}")))
}

pub(super) fn described(faults: &[Fault]) -> Problem {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Problem::invalid(lines.join("\n"))
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Problem> {
    text.parse().map_err(|_| {
        Problem::invalid(format!("{key}: {text:?} is no address; write one like \"127.0.0.1:7070\""))
    })
}

fn admin(settings: &Settings) -> Result<SocketAddr, Problem> {
    let address = address("admin.listen", &settings.admin.listen)?;
    let token = settings.admin.token.as_ref().is_some_and(|token| !token.is_empty());
    if address.ip().is_loopback() || token {
        return Ok(address);
    }
    Err(Problem::invalid(format!(
        "admin.listen: {address} is open to the network; set admin.token, or listen on 127.0.0.1"
    )))
}

fn credentials(settings: &Settings) -> Result<Option<Credentials>, Problem> {
    let algolia = &settings.algolia;
    let Some(app_id) = algolia.app_id.clone().filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    if !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        // The id becomes part of host names, so nothing but letters and digits may get there.
        return Err(Problem::invalid(format!(
            "algolia.app_id: {app_id:?} holds more than letters and digits"
        )));
    }
    let keys: Vec<Secret> =
        algolia.api_key.iter().chain(&algolia.intake_keys).filter(|key| !key.is_empty()).cloned().collect();
    if keys.is_empty() {
        return Err(Problem::invalid(
            "algolia.api_key: missing; set it, or list the keys that front ends use in algolia.intake_keys",
        ));
    }
    Ok(Some(Credentials { app_id, keys }))
}

fn write_keys(settings: &Settings) -> Vec<Secret> {
    let segment = &settings.segment;
    segment.write_key.iter().chain(&segment.intake_keys).filter(|key| !key.is_empty()).cloned().collect()
}

fn webhook(settings: &Settings) -> Result<Webhook, Problem> {
    let given = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.is_empty());
    let (secret, token) = (given(&settings.segment.webhook_secret), given(&settings.segment.webhook_token));
    // It may become part of an address, where other signs would have to be escaped.
    let fits = |token: &Secret| {
        token.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if token.as_ref().is_none_or(fits) {
        return Ok(Webhook { secret, token });
    }
    Err(Problem::invalid(
        "segment.webhook_token: holds more than letters, digits and -._~; choose another one",
    ))
}

/// Also without `forward_events`: flows may send there, and one can be imported while the bridge runs.
fn insights_target(settings: &Settings, needed: bool) -> Result<Option<InsightsTarget>, Problem> {
    let own = &settings.algolia;
    let account = own.app_id.as_ref().zip(own.api_key.as_ref());
    let Some((app_id, key)) = account.filter(|(app_id, key)| !app_id.is_empty() && !key.is_empty()) else {
        let missing = "algolia.app_id and algolia.api_key: missing, and a flow sends to Algolia Insights; set both, or \
                       switch the recipe off";
        return if needed { Err(Problem::invalid(missing)) } else { Ok(None) };
    };
    let region = algolia::region(settings);
    let url = own.insights_url.clone().unwrap_or_else(|| format!("https://{}", region.host(Api::Insights)));
    let url = origin("algolia.insights_url", &url)?;
    let compress = compress(own.compression, &url);
    Ok(Some(InsightsTarget { url, app_id: app_id.clone(), key: key.clone(), compress }))
}

fn segment(settings: &Settings, needed: bool) -> Result<Option<SegmentTarget>, Problem> {
    let segment = &settings.segment;
    let Some(write_key) = segment.write_key.clone().filter(|key| !key.is_empty()) else {
        let missing =
            "segment.write_key: missing, and a flow sends to Segment; set it, or switch the recipe off";
        return if needed { Err(Problem::invalid(missing)) } else { Ok(None) };
    };
    let region = match segment.region {
        Region::Us => SegmentRegion::Us,
        Region::Eu => SegmentRegion::Eu,
    };
    let url = segment
        .tracking_url
        .clone()
        .unwrap_or_else(|| format!("https://{}", region.host(SegmentApi::Tracking)));
    let url = origin("segment.tracking_url", &url)?;
    let compress = compress(segment.compression, &url);
    Ok(Some(SegmentTarget { url, write_key, compress }))
}

pub(super) fn origin(key: &str, url: &str) -> Result<Uri, Problem> {
    let bad = || Problem::invalid(format!("{key}: {url:?} is no URL; write one like \"https://host\""));
    let parsed: Uri = url.trim_end_matches('/').parse().map_err(|_| bad())?;
    let scheme = parsed.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
    if scheme.is_none() || parsed.host().is_none() { Err(bad()) } else { Ok(parsed) }
}

pub(super) fn compress(setting: Compression, url: &Uri) -> bool {
    match setting {
        Compression::Always => true,
        Compression::Never => false,
        Compression::Auto => !on_loopback(url.host().unwrap_or_default()),
    }
}

pub(super) fn on_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Recipes that are on, then the user's files, which replace recipes of the same name.
fn configured(settings: &Settings, home: &Path) -> Result<Catalogue, Problem> {
    let mut known = recipes::known(settings)?;
    if let Some(directory) = &settings.flows.directory {
        for own in flows::read_directory(&home.join(directory)).map_err(unusable)? {
            known.retain(|recipe| recipe.name() != own.name());
            known.push(own);
        }
    }
    Catalogue::new(&known, &[]).map_err(|faults| described(&faults))
}

fn unusable(problem: flows::Problem) -> Problem {
    match problem {
        flows::Problem::Unreadable { path, source } => Problem::Unreadable { path, source },
        other => Problem::invalid(other.to_string()),
    }
}

fn warnings(settings: &Settings, configured: &Catalogue, syncs: &[Sync], kept: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if settings.algolia.app_id.is_none() {
        warnings.push("algolia.app_id is not set: the Insights intake answers 401 to everybody".to_owned());
    }
    for sync in syncs.iter().filter(|_| !kept) {
        warnings.push(format!(
            "recipes.{}: without algolia.app_id and algolia.admin_key no records are kept at Algolia; search contexts work",
            sync.flow
        ));
    }
    if configured.flows().is_empty() && syncs.is_empty() {
        warnings
            .push("the configuration has no flow: write `search-events = true` under [recipes]".to_owned());
    }
    warnings
}
