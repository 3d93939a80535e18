//! The host, the gateways before it, and the people who search.

use super::searching::Searching;
use crate::bridge::{Bridge, Treatment, WRITE_KEY, Work, traits_of};
use crate::child::{LOAD_CPU, Process, Role};
use crate::http::{free_address, get, post_with};
use anyhow::{Context, bail};
use causeway_segment::batch;
use serde_json::json;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

/// People whose traits are known.
const PEOPLE: u64 = 2_000;

/// Turns begin so many numbers apart, so that strangers are new in each.
pub(super) const PEOPLE_APART: u64 = 1_000_000;

/// What leads up to a turn is so many numbers apart from it.
pub(super) const LEAD_APART: u64 = 500_000;

/// Strangers that no turn has seen.
pub(super) const STALLED: u64 = 5_000_000_000;

/// A way for a search to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the host, without a gateway.
    Direct,
    /// Through a gateway that does nothing else.
    Forwarded,
    /// Through one that sees searches.
    Observed,
    /// Through one that adds what rules say of the person.
    Personalised,
    /// The same, of people whom memory does not know: they are looked up in the store.
    Strangers,
}

impl Way {
    pub(super) const ALL: [Self; 5] =
        [Self::Direct, Self::Forwarded, Self::Observed, Self::Personalised, Self::Strangers];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Forwarded => "gateway, every feature off",
            Self::Observed => "gateway, searches seen",
            Self::Personalised => "gateway, seen and personalised",
            Self::Strangers => "the same, person not in memory",
        }
    }

    pub(super) fn goal(self) -> &'static str {
        match self {
            Self::Direct => "",
            Self::Forwarded | Self::Observed => "goal: p50 0.2 ms, p99 1 ms",
            Self::Personalised | Self::Strangers => "goal: p99 1.5 ms",
        }
    }
}

/// Look-ups that ended without an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookups {
    /// They took too long.
    pub(super) late: u64,
    /// Too many were at it.
    pub(super) busy: u64,
}

/// Everything that runs.
#[derive(Debug)]
pub(super) struct Scene {
    host: SocketAddr,
    _host: Process,
    forwarded: Bridge,
    pub(super) observed: Bridge,
    pub(super) personalised: Bridge,
}

impl Scene {
    pub(super) fn start() -> anyhow::Result<Self> {
        let host = free_address()?;
        let process = Process::start(Role::Host, LOAD_CPU, &[OsStr::new(&host.to_string())])?;
        let gateway = |treatment| Bridge::start(Work::Searches(treatment, host));
        let scene = Self {
            host,
            _host: process,
            forwarded: gateway(Treatment::Forwarded)?,
            observed: gateway(Treatment::Observed)?,
            personalised: gateway(Treatment::Personalised)?,
        };
        scene.introduce()?;
        Ok(scene)
    }

    /// Tells the personalising gateway what its people are like.
    fn introduce(&self) -> anyhow::Result<()> {
        let header = format!("authorization: {}\r\n", batch::authorization(WRITE_KEY));
        for first in (0..PEOPLE).step_by(100) {
            let call = |person: u64| {
                json!({
                    "type": "identify", "messageId": format!("introduced-{person}"),
                    "userId": Searching::person(person), "traits": traits_of(person),
                })
            };
            let calls: Vec<_> = (first..first + 100).map(call).collect();
            let body = json!({ "batch": calls }).to_string();
            post_with(self.personalised.server, "/v1/batch", &header, &body)?;
        }
        self.personalised.wait_until_processed(PEOPLE)?;
        let path = format!("/v1/search-context/{}", Searching::person(PEOPLE - 1));
        match get(self.personalised.server, &path)? {
            context if context.contains("tier-9") => Ok(()),
            context => bail!("the rules do not apply: {context}"),
        }
    }

    fn gateway(&self, way: Way) -> Option<&Bridge> {
        match way {
            Way::Direct => None,
            Way::Forwarded => Some(&self.forwarded),
            Way::Observed => Some(&self.observed),
            Way::Personalised | Way::Strangers => Some(&self.personalised),
        }
    }

    pub(super) fn server(&self, way: Way) -> SocketAddr {
        self.gateway(way).map_or(self.host, |gateway| gateway.server)
    }

    pub(super) fn searches(&self, way: Way) -> Searching {
        Searching::new(self.server(way), (way != Way::Strangers).then_some(PEOPLE))
    }

    pub(super) fn cpu(&self, way: Way) -> anyhow::Result<Duration> {
        self.gateway(way).map_or(Ok(Duration::ZERO), |gateway| gateway.process.cpu())
    }

    pub(super) fn lookups(&self) -> anyhow::Result<Lookups> {
        let metrics = self.personalised.admin_get("/metrics")?;
        let count = |outcome| {
            let name = format!("causeway_gateway_lookups_total{{outcome=\"{outcome}\"}} ");
            let figure = metrics.lines().find_map(|line| line.strip_prefix(&name));
            figure.map_or(Ok(0), str::parse).context("a metric is no number")
        };
        Ok(Lookups { late: count("late")?, busy: count("busy")? })
    }
}
