//! What a bridge under measurement is told.

use super::vendors::{Vendors, Whose};
use super::{API_KEY, APP_ID, WRITE_KEY};
use crate::traffic::WEBHOOK_SECRET;
use std::net::SocketAddr;
use std::path::Path;

/// What is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing: events are made durable and go nowhere.
    Nothing,
    /// `search-events` to Segment, and forwarding to Algolia.
    BothVendors,
    /// `search-events` to Segment alone.
    Segment,
    /// What Segment knows of people: records at Algolia, and search contexts.
    People,
    /// Searches, forwarded to this host.
    Searches(Treatment, SocketAddr),
}

/// What the gateway does to searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Every feature is off: they are forwarded.
    Forwarded,
    /// They ask for queryIDs and their answers are looked at; those without results are told to Segment.
    Observed,
    /// All that is on by default, and rules that add to the searches of people whose traits are known.
    Personalised,
}

impl Work {
    /// The stand-ins that the work needs.
    pub(super) fn vendors(self) -> anyhow::Result<Option<Vendors>> {
        match self {
            Self::BothVendors | Self::Segment => Vendors::start(true).map(Some),
            Self::People | Self::Searches(Treatment::Observed, _) => Vendors::start(false).map(Some),
            Self::Nothing | Self::Searches(..) => Ok(None),
        }
    }

    /// Whose counts tell that the work is done.
    pub(super) fn whose(self) -> Whose {
        if self == Self::BothVendors { Whose::Both } else { Whose::Segment }
    }

    fn sections(self, vendors: &str) -> String {
        let accepting =
            format!("[segment]\nwebhook_secret = \"{WEBHOOK_SECRET}\"\nintake_keys = [\"{WRITE_KEY}\"]\n");
        let sending = format!("[segment]\nwrite_key = \"{WRITE_KEY}\"\ntracking_url = \"{vendors}\"\n");
        match self {
            Self::Nothing => format!("forward_events = false\n{accepting}"),
            Self::BothVendors => {
                format!("insights_url = \"{vendors}\"\n{sending}[recipes]\nsearch-events = true\n")
            }
            Self::Segment => format!("forward_events = false\n{sending}[recipes]\nsearch-events = true\n"),
            Self::People => format!(
                "admin_key = \"sandbox-admin-key\"\nforward_events = false\nsearch_hosts = [\"{vendors}\"]\n\
                 max_writes_per_second = 1000\n{accepting}\
                 [recipes]\ntrait-sync = {{ traits = [\"version\"], index = \"people\" }}\n\
                 [[search_context.rules]]\nanalytics_tags = [\"v-{{{{traits.version}}}}\"]\n"
            ),
            Self::Searches(treatment, host) => {
                let segment = if treatment == Treatment::Observed { sending } else { accepting };
                let gateway = treatment.sections();
                format!("forward_events = false\nsearch_hosts = [\"http://{host}\"]\n{segment}{gateway}")
            }
        }
    }
}

impl Treatment {
    fn sections(self) -> String {
        match self {
            Self::Forwarded => "[gateway]\nclick_analytics = false\nuser_token = false\n\
                                search_context = false\nobserve = false\n"
                .to_owned(),
            Self::Observed => {
                "[gateway]\nsearch_context = false\n[recipes]\nzero-results = true\n".to_owned()
            }
            Self::Personalised => (0..RULES).map(rule).collect(),
        }
    }
}

/// So many rules are looked through for each search; one of them matches.
const RULES: usize = 10;

fn rule(number: usize) -> String {
    format!(
        "[[search_context.rules]]\nwhen = 'traits.tier = \"tier-{number}\" and traits.vip = true'\n\
         rule_contexts = [\"tier-{number}\"]\noptional_filters = [\"brand:{{{{traits.brand}}}}<score=3>\"]\n\
         analytics_tags = [\"vip\"]\n"
    )
}

/// The traits that make one of the rules apply to a person.
pub(crate) fn traits_of(person: u64) -> serde_json::Value {
    serde_json::json!({"tier": format!("tier-{}", person % RULES as u64), "vip": true, "brand": "Acme"})
}

/// The whole file.
pub(super) fn write(
    work: Work,
    (server, admin): (SocketAddr, SocketAddr),
    data: &Path,
    vendors: Option<&Vendors>,
) -> String {
    let vendors = vendors.map(|vendors| format!("http://{}", vendors.address)).unwrap_or_default();
    format!(
        "listen = \"{server}\"\n[admin]\nlisten = \"{admin}\"\n[store]\npath = \"{}\"\n[log]\nlevel = \"error\"\n\
         [algolia]\napp_id = \"{APP_ID}\"\napi_key = \"{API_KEY}\"\n{}",
        data.display(),
        work.sections(&vendors)
    )
}
