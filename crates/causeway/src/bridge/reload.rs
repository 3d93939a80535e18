//! Another configuration for a running bridge.
//!
//! It is checked as a whole first. Then requests under way to vendors are waited for, with the old credentials, the engine
//! takes up its work with the new settings where the state says it was left, and everything else starts anew, as after a
//! restart. Meanwhile both sides go on serving: what comes in is journaled and waits, and no connection is closed.

use super::generation::{Destinations, Generation};
use super::{Bridge, StartError, fixed};
use crate::audit::{self, Entry, Who};
use crate::config::{Config, difference};
use crate::flows::{self, Known};
use crate::pipeline::worker::{Reconfiguration, Request};
use crate::telemetry::logs;
use crate::telemetry::metrics::Reload;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Why another configuration was not taken. The bridge goes on with the one that it had.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The admin side would be open.
    #[error("{}", fixed::OPEN)]
    Open,
    /// Its flows can't run together with the versions in the store.
    #[error(transparent)]
    Flows(#[from] flows::Problem),
    /// The system refuses something.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The engine is gone.
    #[error("the engine stopped; see the log and restart")]
    Engine,
}

impl Bridge {
    /// Goes on with another configuration, `by` what is noted as the cause; answers the keys whose change needs a restart.
    pub async fn reload(&self, config: Config, by: &str) -> Result<Vec<&'static str>, Refused> {
        let result = Box::pin(self.take(config, by)).await;
        match &result {
            Ok(differ) => self.taken(differ),
            Err(refused) => self.refused(&refused.to_string()),
        }
        result
    }

    /// Another configuration could not be read, or not be taken: that is logged, counted and told.
    pub fn refused(&self, words: &str) {
        tracing::error!(words, "the changed configuration is not in effect; the former one is");
        self.metrics.config_in_effect.set(0);
        self.metrics.reloads.get_or_create(&Reload { result: "refused" }).inc();
        self.lasting.ground.signals.configured(Err(words.to_owned()));
    }

    /// Waits until a vendor denies access, or did since this was called last.
    pub async fn denied(&self) {
        self.lasting.ground.signals.denied().await;
    }

    fn taken(&self, differ: &[&str]) {
        for key in differ {
            tracing::warn!(key, "this setting takes effect at the next restart only");
        }
        tracing::info!("the configuration was read again and is in effect");
        self.metrics.config_in_effect.set(1);
        self.metrics.reloads.get_or_create(&Reload { result: "applied" }).inc();
        self.lasting.ground.signals.configured(Ok(()));
    }

    async fn take(&self, mut config: Config, by: &str) -> Result<Vec<&'static str>, Refused> {
        let mut generation = self.generation.lock().await;
        if fixed::opens(&generation.config, &config) {
            return Err(Refused::Open);
        }
        let differ = fixed::keep(&generation.config, &mut config);
        self.check(&config).await?;
        let entry = entry(&generation.config, &config, by);
        let former = generation.config.clone();
        generation.finish().await;
        match self.raise(Box::new(config)).await {
            Ok(next) => *generation = next,
            Err(refused) => {
                *generation =
                    self.raise(former).await.inspect_err(|_| self.lasting.ground.health.part_stopped())?;
                return Err(refused);
            }
        }
        let ground = &self.lasting.ground;
        self.lasting.worker.change(audit::change(&entry, ground.clock.now()));
        self.adjust(&generation.config);
        Ok(differ)
    }

    async fn check(&self, config: &Config) -> Result<(), Refused> {
        let (desk, config) = (Arc::clone(&self.lasting.desks.flows), config.clone());
        let check = move || desk.check(config.configured.known(), config.reach());
        Ok(tokio::task::spawn_blocking(check).await.unwrap_or(Ok(()))?)
    }

    /// The engine, then everything else.
    async fn raise(&self, config: Box<Config>) -> Result<Generation, Refused> {
        let destinations = Destinations::of(&config);
        let inboxes = destinations.inboxes.clone();
        let settings = super::settings::engine(&config);
        let (desk, worker) = (Arc::clone(&self.lasting.desks.flows), self.lasting.worker.clone());
        let (configured, reach) = (config.configured.known().to_vec(), config.reach());
        let (answer, answered) = oneshot::channel();
        let publish = move |flows| {
            let other = Reconfiguration { settings, flows, inboxes };
            worker.ask(Request::Reconfigure(Box::new(other), answer));
        };
        let publishing = move || desk.reconfigure(configured, reach, publish);
        tokio::task::spawn_blocking(publishing).await.map_err(|_| Refused::Engine)??;
        answered.await.map_err(|_| Refused::Engine)?;
        Ok(Generation::start(&self.lasting, config, destinations).await?)
    }

    /// What lasts keeps a few settings of its own.
    fn adjust(&self, config: &Config) {
        let ground = &self.lasting.ground;
        ground.health.bound_backlog(config.settings.limits.backlog.0);
        ground.signals.remember(config.alerts.rules.limits.dead_letters_within_ms);
        logs::set_level(&config.settings.log.level);
    }
}

/// What is noted of a change of configuration. Secrets are masked before anything is hashed.
fn entry(before: &Config, after: &Config, by: &str) -> Entry {
    let changed = difference::keys(&before.settings, &after.settings).into_iter();
    let changed: Vec<String> = changed.chain(changed_flows(before, after)).collect();
    Entry {
        who: Who::new(by, None),
        action: "reload".to_owned(),
        target: "configuration".to_owned(),
        before: Some(digest(before)),
        after: Some(digest(after)),
        summary: (!changed.is_empty()).then(|| changed.join(", ")),
    }
}

/// A hash of settings and flows.
fn digest(config: &Config) -> String {
    let settings = toml::to_string(&config.settings).unwrap_or_default();
    let flows = config.configured.known().iter().map(|known| known.document.text());
    audit::digest(&std::iter::once(settings.as_str()).chain(flows).collect::<Vec<_>>().join("\n"))
}

/// The recipes and flow files that are new, gone or other than before.
fn changed_flows(before: &Config, after: &Config) -> Vec<String> {
    let (one, other) = (before.configured.known(), after.configured.known());
    let differs = |these: &[Known], known: &Known| {
        these.iter().all(|of| of.name() != known.name() || of.document.text() != known.document.text())
    };
    let gone = one.iter().filter(|known| differs(other, known));
    let fresh = other.iter().filter(|known| differs(one, known));
    let mut names: Vec<String> = gone.chain(fresh).map(|known| format!("flow {}", known.name())).collect();
    names.sort();
    names.dedup();
    names
}
