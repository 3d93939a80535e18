//! `[gateway]`: searches that are forwarded.

use super::algolia::{SearchHosts, search_hosts};
use super::settings::Settings;
use super::source::Problem;
use super::units::{Size, Span};
use causeway_algolia::region::AppId;
use serde::{Deserialize, Serialize};

/// `[gateway]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents every key, once")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the operator's")]
pub struct Gateway {
    pub enabled: bool,
    pub click_analytics: bool,
    pub user_token: bool,
    pub search_context: bool,
    pub observe: bool,
    pub cookies: Vec<String>,
    pub lookup_timeout: Span,
    pub lookups: usize,
    pub forwarded_for: bool,
    pub connect_timeout: Span,
    pub read_timeout: Span,
    pub host_failures: u32,
    pub host_rest: Span,
    pub idle_connections: usize,
    pub max_body: Size,
    pub bodies_in_memory: Size,
}

/// Where searches are forwarded.
#[derive(Debug, Clone)]
pub struct GatewayTarget {
    /// The only application that searches are forwarded for.
    pub app_id: AppId,
    /// Its hosts.
    pub hosts: SearchHosts,
}

/// Where searches are forwarded, if they are.
pub(super) fn target(settings: &Settings) -> Result<Option<GatewayTarget>, Problem> {
    let app_id = settings.algolia.app_id.as_deref().filter(|id| !id.is_empty());
    let Some(app_id) = app_id.filter(|_| settings.gateway.enabled) else { return Ok(None) };
    let app_id = AppId::parse(app_id);
    let app_id = app_id.map_err(|error| Problem::invalid(format!("algolia.app_id: {error}")))?;
    if settings.gateway.host_failures == 0 {
        let fault = "gateway.host_failures: after 0 failures every host would be passed over at once; give at least 1";
        return Err(Problem::invalid(fault));
    }
    Ok(Some(GatewayTarget { hosts: search_hosts(settings, &app_id)?, app_id }))
}
