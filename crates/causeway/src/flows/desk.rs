//! Where flows are changed: in the running bridge through its admin API, else by a command that holds the store.

use super::change::{self, Change, Effect};
use super::history::{Past, history, versions};
use super::{AS_CONFIGURED, Catalogue, Known, Problem};
use causeway_engine::flow::{Destination, Document, Fault, Flow};
use causeway_store::State;
use causeway_store::state::FlowVersion;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Makes flows run. Called while no other change can come in between, so the last change is what runs.
pub type Publish = Box<dyn Fn(Vec<Arc<Flow>>) + Send + Sync>;

/// Where versions are. Without a store there are none, and none can be made.
pub type Shelf = Option<Arc<dyn State>>;

/// The desk. One change at a time; each is checked as a whole, with everything else that runs, before any of it is kept.
pub struct Desk {
    configured: RwLock<Arc<Configured>>,
    shelf: Shelf,
    current: RwLock<Arc<Catalogue>>,
    changing: Mutex<()>,
    publish: Publish,
}

/// What the configuration says of flows.
#[derive(Debug, Clone)]
struct Configured {
    flows: Vec<Known>,
    reach: Reach,
}

/// What a flow is rolled back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An earlier (or later) version.
    Version(u32),
    /// The recipe or file.
    Configured,
}

impl Desk {
    /// A desk over what runs now.
    pub fn new(
        configured: Vec<Known>,
        reach: Reach,
        shelf: Shelf,
        current: Catalogue,
        publish: Publish,
    ) -> Self {
        let current = RwLock::new(Arc::new(current));
        let configured = RwLock::new(Arc::new(Configured { flows: configured, reach }));
        Self { configured, shelf, current, changing: Mutex::default(), publish }
    }

    /// Checks another configuration's flows together with the versions in the store; nothing is changed.
    pub fn check(&self, configured: &[Known], reach: Reach) -> Result<(), Problem> {
        let configured = Configured { flows: configured.to_vec(), reach };
        self.merged(&configured, &[]).map(drop)
    }

    /// Goes on with another configuration's flows, which `publish` makes run. Nothing is changed if they can't.
    pub fn reconfigure(
        &self,
        configured: Vec<Known>,
        reach: Reach,
        publish: impl FnOnce(Vec<Arc<Flow>>),
    ) -> Result<(), Problem> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let configured = Configured { flows: configured, reach };
        let next = self.merged(&configured, &[])?;
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(configured);
        let flows = next.flows().to_vec();
        self.show(next);
        publish(flows);
        Ok(())
    }

    fn configured(&self) -> Arc<Configured> {
        Arc::clone(&self.configured.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What runs now.
    pub fn current(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What an import would change; nothing is kept.
    pub fn preview(&self, documents: &[Document]) -> Result<Vec<Change>, Problem> {
        let changes = self.changes(documents)?;
        self.catalogue_with(&changes, documents, "", 0).map(|_| changes)
    }

    /// Makes all these documents new versions that run from now on, or none of them.
    pub fn import(&self, documents: &[Document], author: &str, at: i64) -> Result<Vec<Change>, Problem> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.changes(documents)?;
        let next = self.catalogue_with(&changes, documents, author, at)?;
        let saved = new_versions(&changes, documents)
            .map(|(change, document)| (change.name.clone(), document.text().to_owned()));
        self.state()?.save_flows(&saved.collect::<Vec<_>>(), author, at)?;
        self.run(next);
        Ok(changes)
    }

    /// Goes back to a version, or to what is configured.
    pub fn roll_back(&self, name: &str, target: Target, author: &str, at: i64) -> Result<Past, Problem> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = self.wanted(name, target, author, at)?;
        let next = self.catalogue(std::slice::from_ref(&wanted))?;
        match target {
            Target::Version(number) => self.state()?.activate_flow(name, number)?,
            Target::Configured => {
                self.state()?.save_flows(&[(name.to_owned(), wanted.definition.clone())], author, at)?;
            }
        }
        self.run(next);
        let current = self.history(name)?.into_iter().find(|past| past.active);
        current.ok_or_else(|| Problem::Unknown(format!("flow {name:?} has no active version")))
    }

    /// Every version of a flow, oldest first; empty for a flow that was never changed here.
    pub fn history(&self, name: &str) -> Result<Vec<Past>, Problem> {
        history(&self.configured().flows, self.shelf.as_deref(), name)
    }

    fn state(&self) -> Result<&dyn State, Problem> {
        self.shelf
            .as_deref()
            .ok_or_else(|| Problem::Unknown("there is no store to keep versions in".to_owned()))
    }

    fn run(&self, next: Catalogue) {
        let flows = next.flows().to_vec();
        self.show(next);
        (self.publish)(flows);
    }

    fn show(&self, next: Catalogue) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    fn changes(&self, documents: &[Document]) -> Result<Vec<Change>, Problem> {
        let repeated = change::repeated(documents);
        if !repeated.is_empty() {
            return Err(repeated.into());
        }
        let current = self.current();
        documents.iter().map(|document| self.numbered(Change::of(&current, document))).collect()
    }

    fn numbered(&self, change: Change) -> Result<Change, Problem> {
        if change.effect == Effect::Unchanged {
            return Ok(change);
        }
        let version = next_number(&versions(self.shelf.as_deref(), &change.name)?);
        Ok(Change { version: Some(version), ..change })
    }

    fn catalogue_with(
        &self,
        changes: &[Change],
        documents: &[Document],
        author: &str,
        at: i64,
    ) -> Result<Catalogue, Problem> {
        let versions: Vec<FlowVersion> = new_versions(changes, documents)
            .map(|(change, document)| FlowVersion {
                name: change.name.clone(),
                version: change.version.unwrap_or_default(),
                active: true,
                at,
                author: author.to_owned(),
                definition: document.text().to_owned(),
            })
            .collect();
        self.catalogue(&versions)
    }

    /// What would run with these versions active.
    fn catalogue(&self, versions: &[FlowVersion]) -> Result<Catalogue, Problem> {
        self.merged(&self.configured(), versions)
    }

    fn merged(&self, configured: &Configured, versions: &[FlowVersion]) -> Result<Catalogue, Problem> {
        let mut active =
            self.shelf.as_ref().map(|state| state.active_flows()).transpose()?.unwrap_or_default();
        active.retain(|old| versions.iter().all(|new| new.name != old.name));
        active.extend_from_slice(versions);
        active.sort_by(|one, other| one.name.cmp(&other.name));
        let next = Catalogue::new(&configured.flows, &active)?;
        deliverable(&next, configured.reach).map(|()| next)
    }

    /// Whether a recipe or a file has this flow.
    fn is_configured(&self, name: &str) -> bool {
        self.configured().flows.iter().any(|known| known.name() == name)
    }

    fn wanted(&self, name: &str, target: Target, author: &str, at: i64) -> Result<FlowVersion, Problem> {
        let versions = versions(self.shelf.as_deref(), name)?;
        match target {
            Target::Version(number) => {
                let numbers: Vec<String> = versions.iter().map(|known| known.version.to_string()).collect();
                let wanted = versions.into_iter().find(|known| known.version == number);
                let unknown = numbers.is_empty() && !self.is_configured(name);
                wanted.ok_or_else(|| if unknown { no_flow(name) } else { no_version(name, number, &numbers) })
            }
            Target::Configured if !self.is_configured(name) => {
                let words = format!(
                    "no recipe or file has a flow {name:?}; to switch it off, import it with `enabled = false`"
                );
                Err(Problem::Unknown(words))
            }
            Target::Configured => Ok(FlowVersion {
                name: name.to_owned(),
                version: next_number(&versions),
                active: true,
                at,
                author: author.to_owned(),
                definition: AS_CONFIGURED.to_owned(),
            }),
        }
    }
}

fn no_flow(name: &str) -> Problem {
    Problem::Unknown(format!("there is no flow {name:?}; `causeway flow list` shows all"))
}

fn no_version(name: &str, number: u32, numbers: &[String]) -> Problem {
    let known = match numbers {
        [] => "it was never changed here, so there are none".to_owned(),
        numbers => format!("there are {}", numbers.join(", ")),
    };
    Problem::Unknown(format!("flow {name:?} has no version {number}; {known}"))
}

fn next_number(versions: &[FlowVersion]) -> u32 {
    versions.last().map_or(1, |last| last.version + 1)
}

fn new_versions<'c>(
    changes: &'c [Change],
    documents: &'c [Document],
) -> impl Iterator<Item = (&'c Change, &'c Document)> {
    changes.iter().zip(documents).filter(|(change, _)| change.effect != Effect::Unchanged)
}

/// Which destinations the configuration has an account for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Segment's Tracking API.
    pub segment: bool,
    /// Algolia's Insights API.
    pub insights: bool,
}

impl Reach {
    fn has(self, destination: Destination) -> bool {
        match destination {
            Destination::Segment => self.segment,
            Destination::Insights => self.insights,
        }
    }
}

/// A flow needs an account at its destination.
pub fn deliverable(catalogue: &Catalogue, reach: Reach) -> Result<(), Problem> {
    let undeliverable = catalogue.flows().iter().filter(|flow| !reach.has(flow.destination()));
    let faults: Vec<Fault> = undeliverable.map(|flow| no_account(flow)).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

fn no_account(flow: &Flow) -> Fault {
    let message = match flow.destination() {
        Destination::Segment => {
            "segment.write_key is not set in the configuration, so nothing can be sent there"
        }
        Destination::Insights => {
            "algolia.app_id and algolia.api_key are not set in the configuration, so nothing can be sent there"
        }
    };
    Fault { flow: flow.name().to_owned(), place: "destination".to_owned(), message: message.to_owned() }
}
