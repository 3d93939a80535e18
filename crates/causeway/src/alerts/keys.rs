//! Asks Algolia what becomes of our keys: whether they work, and for how long.

use super::figures::Key;
use crate::config::Config;
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use crate::delivery::destination::signed;
use crate::secret::Secret;
use crate::telemetry::signals::shortened;
use http::Request;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Asks about the keys that are configured.
#[derive(Debug, Clone)]
pub struct Asker {
    client: Client,
    host: String,
    app_id: String,
    keys: Vec<(&'static str, Secret)>,
}

/// What Algolia answers about a key (`GET /1/keys/{key}`, which every key may ask about itself): `validity` is the number of
/// seconds that it has left, 0 for ever. That it is what is left, and not what was given, is said by
/// <https://github.com/k-yomo/terraform-provider-algolia/blob/main/internal/provider/resource_api_key.go>.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Description {
    validity: i64,
}

/// Where Algolia tells about keys: the operator's first search host, or the application's own.
pub fn host(config: &Config, app_id: &str) -> String {
    let given = config.settings.algolia.search_hosts.as_ref().and_then(|hosts| hosts.first());
    let own = || format!("https://{app_id}-dsn.algolia.net");
    given.map_or_else(own, |host| host.trim_end_matches('/').to_owned())
}

impl Asker {
    /// About the configuration's keys, if it has any.
    pub fn new(config: &Config) -> std::io::Result<Option<Self>> {
        let Some(credentials) = &config.credentials else { return Ok(None) };
        let (app_id, algolia) = (credentials.app_id.clone(), &config.settings.algolia);
        let keys = [("algolia.api_key", &algolia.api_key), ("algolia.admin_key", &algolia.admin_key)];
        let given = |(name, key): (&'static str, &Option<Secret>)| {
            Some((name, key.clone().filter(|key| !key.is_empty())?))
        };
        let keys: Vec<_> = keys.into_iter().filter_map(given).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let client = Client::new(config.settings.delivery.timeout.0)?;
        Ok(Some(Self { client, host: host(config, &app_id), app_id, keys }))
    }

    /// What became of each key; of those that nothing was found out about nothing is said.
    pub async fn ask(&self, now: i64) -> BTreeMap<&'static str, Key> {
        let mut known = BTreeMap::new();
        for (name, key) in &self.keys {
            if let Some(answer) = self.ask_about(key, now).await {
                known.insert(*name, answer);
            }
        }
        known
    }

    async fn ask_about(&self, key: &Secret, now: i64) -> Option<Key> {
        let request = Request::get(format!("{}/1/keys/{}", self.host, key.expose()));
        let request = signed(request, &self.app_id, key).body(Pieces::default()).ok()?;
        let answer = self.client.exchange(request).await.ok()?;
        match answer.status.as_u16() {
            200..=299 => {
                let Description { validity } = serde_json::from_slice(&answer.body).ok()?;
                Some(Key::Fine {
                    expires_at: (validity > 0).then(|| now.saturating_add(validity.saturating_mul(1_000))),
                })
            }
            401 | 403 | 404 => {
                let words = shortened(&String::from_utf8_lossy(&answer.body));
                Some(Key::Refused(format!("{}: {}", answer.status, words.replace(key.expose(), "********"))))
            }
            _ => None,
        }
    }
}
