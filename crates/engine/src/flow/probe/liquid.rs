//! A Liquid template under watch.

use super::rules::{LIQUID_NUMBER, LIQUID_OUTPUT, LIQUID_TEXT};
use super::{Probe, Watch};
use causeway_mapping::{LiquidProbe, Saw, Sighting, Value};

#[derive(Debug)]
pub(super) struct Template {
    place: String,
    liquid: LiquidProbe,
    /// One for each thing that was seen, in the order of the template.
    pub(super) probes: Vec<Probe>,
}

impl Template {
    /// Nothing for a template that doesn't compile: that is the whole mapping's fault to report.
    pub(super) fn of(template: &str, place: &str) -> Option<Self> {
        let liquid = LiquidProbe::parse(template).ok()?;
        Some(Self { place: place.to_owned(), liquid, probes: Vec::new() })
    }

    pub(super) fn look(&mut self, value: &Value<'_>) {
        for sighting in self.liquid.look(value).1 {
            let example = sighting.example.as_ref();
            self.probe(&sighting).count(sighting.hit, example);
        }
    }

    fn probe(&mut self, sighting: &Sighting) -> &mut Probe {
        let place = format!("{} {}", self.place, sighting.place);
        let watch = watch(sighting);
        let same = |probe: &Probe| {
            probe.place == place && probe.words == sighting.words && probe.watch.is_same(watch)
        };
        let at = self.probes.iter().position(same).unwrap_or_else(|| {
            self.probes.push(Probe::new(place.clone(), sighting.words.clone(), watch));
            self.probes.len() - 1
        });
        &mut self.probes[at]
    }
}

fn watch(sighting: &Sighting) -> Watch {
    match sighting.saw {
        Saw::Path => Watch::Path,
        Saw::Condition => Watch::Condition,
        Saw::Comparison => Watch::Comparison,
        Saw::Number => Watch::Value(&LIQUID_NUMBER),
        Saw::Text if sighting.words.is_empty() => Watch::Value(&LIQUID_OUTPUT),
        Saw::Text => Watch::Value(&LIQUID_TEXT),
    }
}
