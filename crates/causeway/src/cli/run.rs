//! `causeway run`

use super::outcome::{Failure, Outcome};
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::config::Origin;
use crate::reload::Reloader;
use crate::telemetry::logs;
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(path: &Path) -> Result<Outcome, Failure> {
    let (origin, config) = Origin::read(path)?;
    logs::start(&config.settings.log).map_err(Failure::usage)?;
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    runtime()?.block_on(async {
        let stop = asked_to_stop();
        let asked = signal(SignalKind::hangup());
        let reloader = Reloader::new(path.to_owned(), origin, config.clone(), asked);
        let bridge = Box::pin(Bridge::start(config, Clock::system())).await?;
        tracing::info!(listen = %bridge.public, admin = %bridge.admin, "the bridge is ready");
        Box::pin(reloader.run(&bridge, stop)).await;
        tracing::info!("draining; what is not delivered in time stays in the store");
        bridge.stop().await?;
        tracing::info!("stopped");
        Ok(Outcome::Fine)
    })
}

/// The runtime that servers run on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Resolves on Ctrl-C or SIGTERM; one that comes before anybody waits counts from this call on.
pub(super) fn asked_to_stop() -> impl Future<Output = ()> {
    let listening = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminated), Ok(mut interrupted)) = listening else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    }
}
