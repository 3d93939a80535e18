//! When the configuration of a running bridge is read again: on SIGHUP, when a secret file has changed, and when a vendor denies
//! access, which a new secret may mend.

use crate::bridge::Bridge;
use crate::config::{Config, Origin, Problem};
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::Signal;

/// While a vendor denies access, the secret files are looked at no more often than this.
const DENIED_PAUSE: Duration = Duration::from_secs(1);

/// A change that was begun is waited for so long when the bridge is to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// Why the configuration is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Asked,
    Secrets,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "SIGHUP",
            Self::Secrets => "secret file",
        }
    }
}

/// Reads the configuration again.
pub struct Reloader {
    path: PathBuf,
    origin: Origin,
    config: Config,
    asked: Option<Signal>,
}

impl Reloader {
    /// For a bridge that was started with this configuration. Listens for `asked` from now on.
    pub fn new(path: PathBuf, origin: Origin, config: Config, asked: std::io::Result<Signal>) -> Self {
        Self { path, origin, config, asked: asked.ok() }
    }

    /// Keeps a bridge's configuration current until `stop` resolves. A change that has begun is ended first, unless that takes
    /// long: then a start does the rest.
    pub async fn run(mut self, bridge: &Bridge, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let reason = tokio::select! {
                () = &mut stop => return,
                reason = self.reason(bridge) => reason,
            };
            let mut stopped = false;
            tokio::select! {
                () = self.reload(bridge, reason) => {}
                () = async {
                    stop.as_mut().await;
                    stopped = true;
                    tokio::time::sleep(STOP_PATIENCE).await;
                } => {}
            }
            if stopped {
                return;
            }
        }
    }

    async fn reason(&mut self, bridge: &Bridge) -> Reason {
        loop {
            let every = self.config.settings.reload.secrets_every.0;
            tokio::select! {
                () = asked(self.asked.as_mut()) => return Reason::Asked,
                () = pause(every) => {}
                () = bridge.denied() => tokio::time::sleep(DENIED_PAUSE).await,
            }
            let origin = self.origin.clone();
            // The disk may be slow.
            if tokio::task::spawn_blocking(move || origin.secrets_changed()).await.unwrap_or(false) {
                return Reason::Secrets;
            }
        }
    }

    async fn reload(&mut self, bridge: &Bridge, reason: Reason) {
        let read = match reason {
            Reason::Asked => Origin::read(&self.path),
            Reason::Secrets => self.origin.with_new_secrets(&self.config),
        };
        if let Err(words) = Box::pin(self.apply(bridge, read, reason)).await {
            bridge.refused(&words);
            self.origin = self.origin.seen();
        }
    }

    async fn apply(
        &mut self,
        bridge: &Bridge,
        read: Result<(Origin, Config), Problem>,
        reason: Reason,
    ) -> Result<(), String> {
        let (origin, config) = read.map_err(|problem| problem.to_string())?;
        config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        match Box::pin(bridge.reload(config.clone(), reason.word())).await {
            Ok(_) => (self.origin, self.config) = (origin, config),
            // The bridge has told so.
            Err(_) => self.origin = self.origin.seen(),
        }
        Ok(())
    }
}

async fn asked(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Without end if the length is zero.
async fn pause(length: Duration) {
    if length.is_zero() {
        return std::future::pending().await;
    }
    tokio::time::sleep(length).await;
}
