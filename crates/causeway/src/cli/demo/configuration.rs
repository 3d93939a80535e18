//! The demo's configuration and its crowd, both pointed at the stand-ins.

use super::super::arguments;
use super::super::outcome::Failure;
use crate::config::settings::Settings;
use crate::config::{Config, source};
use crate::secret::Secret;
use causeway_sandbox::Options;
use causeway_sandbox::shoppers::{AudienceWebhook, SegmentShop, Shoppers};
use std::net::SocketAddr;
use std::path::Path;

/// Recipes, rules and the webhooks' secret.
const TEXT: &str = include_str!("demo.toml");

/// On free ports, with the stand-ins at `url` for both vendors.
pub(super) fn bridge(url: &str, store: &Path, options: &Options) -> Result<Config, Failure> {
    let mut settings: Settings = source::parse(TEXT, std::iter::empty(), &source::Nowhere)?;
    "127.0.0.1:0".clone_into(&mut settings.listen);
    "127.0.0.1:0".clone_into(&mut settings.admin.listen);
    store.clone_into(&mut settings.store.path);
    settings.algolia.app_id = Some(options.app_id.clone());
    settings.algolia.api_key = Some(Secret::from(options.api_keys[0].as_str()));
    settings.algolia.admin_key = Some(Secret::from(options.admin_keys[0].as_str()));
    settings.algolia.insights_url = Some(url.to_owned());
    settings.algolia.search_hosts = Some(vec![url.to_owned()]);
    settings.segment.write_key = Some(Secret::from(options.write_keys[0].as_str()));
    settings.segment.tracking_url = Some(url.to_owned());
    Ok(Config::check(settings, Path::new(""))?)
}

/// Shoppers of the bridge's shop, who search past its gateway; half of them run Segment's library, and Segment tells who
/// spends much.
pub(super) fn crowd(
    arguments: &arguments::Demo,
    queries: Vec<String>,
    options: &Options,
    secret: Option<&Secret>,
    bridge: SocketAddr,
) -> Shoppers {
    let url = format!("http://{bridge}");
    let audience = AudienceWebhook {
        url: format!("{url}/webhooks/segment"),
        secret: secret.map(|secret| secret.expose().to_owned()),
    };
    let write_key = options.write_keys[0].clone();
    let segment = SegmentShop { audience: Some(audience), ..SegmentShop::new(url.clone(), write_key) };
    Shoppers {
        search_url: Some(url.clone()),
        count: arguments.shoppers,
        queries,
        segment: Some(segment),
        ..Shoppers::new(url, options.app_id.clone(), options.api_keys[0].clone())
    }
}
