//! All flows, compiled: what the configuration says and what the state store says, put together.

use super::{Known, Origin, Problem};
use causeway_engine::event::flow_number;
use causeway_engine::flow::{Document, Fault, Flow, MAX_FLOWS};
use causeway_store::State;
use causeway_store::state::FlowVersion;
use std::collections::HashMap;
use std::sync::Arc;

/// The text of a version that hands the flow back to its recipe or file.
pub const AS_CONFIGURED: &str = "# as configured\n";

/// All flows, in the order in which they run. If it exists, they can run.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    known: Vec<Known>,
    flows: Vec<Arc<Flow>>,
}

impl Catalogue {
    /// Puts active versions over what is configured, and compiles.
    pub fn new(configured: &[Known], versions: &[FlowVersion]) -> Result<Self, Vec<Fault>> {
        let mut known = configured.to_vec();
        for version in versions {
            let Some(document) = document_of(version)? else { continue };
            let flow = Known { document, origin: Origin::Version(version.version) };
            match known.iter_mut().find(|known| known.name() == version.name) {
                Some(place) => *place = flow,
                None => known.push(flow),
            }
        }
        let flows = compile(&known)?;
        Ok(Self { known, flows })
    }

    /// The same, with the active versions of the store.
    pub fn load(configured: &[Known], state: &dyn State) -> Result<Self, Problem> {
        Ok(Self::new(configured, &state.active_flows()?)?)
    }

    /// Every flow, those that are switched off included.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// The flow of this name.
    pub fn find(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.name() == name)
    }

    /// The flows that run.
    pub fn flows(&self) -> &[Arc<Flow>] {
        &self.flows
    }

    /// The flow of this name, if it runs.
    pub fn flow(&self, name: &str) -> Option<&Arc<Flow>> {
        self.flows.iter().find(|flow| flow.name() == name)
    }
}

/// What a version says; nothing if it says "as configured".
pub fn document_of(version: &FlowVersion) -> Result<Option<Document>, Vec<Fault>> {
    if version.definition == AS_CONFIGURED {
        return Ok(None);
    }
    let origin = format!("{}, version {}", version.name, version.version);
    Document::read(&version.definition, &origin, &no_files).map(Some)
}

fn no_files(_: &str) -> Result<String, String> {
    Err("a stored version has its plan in itself".to_owned())
}

fn compile(known: &[Known]) -> Result<Vec<Arc<Flow>>, Vec<Fault>> {
    let mut flows = Vec::new();
    let mut faults = Vec::new();
    for known in known.iter().filter(|known| known.document.definition().enabled) {
        match Flow::compile(known.document.definition(), &no_files) {
            Ok(flow) => flows.push(Arc::new(flow)),
            Err(found) => faults.extend(found),
        }
    }
    faults.extend(confusable(&flows));
    faults.extend(flows.get(MAX_FLOWS).map(|flow| Fault {
        flow: flow.name().to_owned(),
        place: "enabled".to_owned(),
        message: format!("more than {MAX_FLOWS} flows would run; put some together as subscriptions of one"),
    }));
    if faults.is_empty() { Ok(flows) } else { Err(faults) }
}

/// Message ids tell flows apart by a number made from the name. Two flows with the same number would make the same ids,
/// and Segment would drop one of two messages as a repetition.
fn confusable(flows: &[Arc<Flow>]) -> Vec<Fault> {
    let mut numbers = HashMap::new();
    let mut faults = Vec::new();
    for flow in flows {
        if let Some(other) = numbers.insert(flow_number(flow.name()), flow.name()) {
            let message = format!("its messages would have the ids of flow {other:?}; choose another name");
            faults.push(Fault { flow: flow.name().to_owned(), place: "name".to_owned(), message });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str, text: &str) -> FlowVersion {
        FlowVersion {
            name: name.to_owned(),
            version: 1,
            active: true,
            at: 0,
            author: String::new(),
            definition: text.to_owned(),
        }
    }

    fn flow(name: &str) -> FlowVersion {
        version(name, &format!("name = {name:?}\nmapping = {{ event = \"E\" }}\n"))
    }

    #[test]
    fn a_version_stands_over_what_is_configured_until_it_hands_back() {
        let document = |text: &str| document_of(&version("a", text)).unwrap().unwrap();
        let recipe = document("name = \"a\"\nmapping = { event = \"Recipe\" }");
        let configured = [Known { document: recipe, origin: Origin::Recipe }];
        let over = Catalogue::new(&configured, &[flow("a"), flow("b")]).unwrap();
        let origins: Vec<String> = over.known().iter().map(|known| known.origin.to_string()).collect();
        assert_eq!(origins, ["version 1", "version 1"]);
        let back = Catalogue::new(&configured, &[version("a", AS_CONFIGURED)]).unwrap();
        assert_eq!(back.find("a").unwrap().origin, Origin::Recipe);
        let off = version("a", "name = \"a\"\nenabled = false\nmapping = { event = \"E\" }");
        assert!(Catalogue::new(&configured, &[off]).unwrap().flows().is_empty());
    }

    #[test]
    fn flows_that_would_be_taken_for_each_other_or_are_too_many_are_faults() {
        let number = flow_number("f0");
        let twin = (1..100_000).map(|n| format!("f{n}")).find(|name| flow_number(name) == number).unwrap();
        let faults = Catalogue::new(&[], &[flow("f0"), flow(&twin)]).unwrap_err();
        assert!(faults[0].message.contains("\"f0\""), "{}", faults[0]);
        let many: Vec<FlowVersion> = (0..=MAX_FLOWS).map(|n| flow(&format!("many-{n}"))).collect();
        let faults = Catalogue::new(&[], &many).unwrap_err();
        assert!(faults.iter().any(|fault| fault.message.contains("more than 250")));
    }
}
