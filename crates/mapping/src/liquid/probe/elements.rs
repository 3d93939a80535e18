//! Tags and outputs that note what they see, and do what they do otherwise.

use std::io::{self, Write};

use liquid_core::{
    BlockReflection, Expression, Language, ParseBlock, Renderable, Result, Runtime, TagBlock, TagTokenIter,
    Template,
    model::{KString, Value as Liquid},
    parser::{self, BlockElement},
    runtime::Variable,
};

use super::{
    Log, Saw,
    filters::{Watched as WatchedFilter, Written},
    variables,
};
use crate::liquid::{
    condition::{Branches, Comparison, Condition, Conditional, IF, UNLESS},
    filters, language as plain,
    runtime::Allowance,
    view::read,
};

/// The block around a whole watched template.
pub(super) const WHOLE: &str = "watched";

/// The language of flows, in which everything that can be watched is.
pub(super) fn language() -> Language {
    let mut language = plain();
    for filter in filters::all() {
        language.filters.register(filter.name.to_owned(), Box::new(WatchedFilter(filter)));
    }
    language.filters.register(Written::NAME.to_owned(), Box::new(Written));
    let blocks: [Box<dyn ParseBlock>; 4] =
        [Box::new(Whole), Box::new(Capture), Box::new(Asking(IF)), Box::new(Asking(UNLESS))];
    for block in blocks {
        language.blocks.register(block.reflection().start_tag().to_owned(), block);
    }
    language
}

/// Parses what stands in a block, to be watched.
fn element<'a>(
    element: BlockElement<'a>,
    block: &mut TagBlock<'a, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    let (place, inside) = (tidy(element.as_str()), inside(element.as_str()).to_owned());
    let (paths, written) = match &element {
        BlockElement::Expression(_) => (inside.as_str(), Some(written(&inside, options)?)),
        BlockElement::Tag(tag) if tag.name() == "assign" => {
            (inside.split_once('=').map_or("", |(_, value)| value), None)
        }
        BlockElement::Tag(tag) if tag.name() == "cycle" => (inside.trim_start_matches("cycle"), None),
        _ => return element.parse(block, options),
    };
    let paths = variables::paths(paths).into_iter().filter_map(path).collect();
    Ok(Box::new(Element { place, paths, written, plain: element.parse(block, options)? }))
}

fn elements(block: &mut TagBlock<'_, '_>, options: &Language) -> Result<Template> {
    let mut elements = Vec::new();
    while let Some(next) = block.next()? {
        elements.push(element(next, block, options)?);
    }
    Ok(Template::new(elements))
}

fn path(text: &str) -> Option<(String, Variable)> {
    Some((text.to_owned(), parser::parse_variable(text).ok()?))
}

/// The same output, which writes nothing and notes what it would write.
fn written(inside: &str, options: &Language) -> Result<Template> {
    parser::parse(&format!("{{{{ {inside} | {} }}}}", Written::NAME), options).map(Template::new)
}

/// What stands between the braces of a tag or an output.
fn inside(tag: &str) -> &str {
    let tag = tag.trim();
    tag.get(2..tag.len().saturating_sub(2)).unwrap_or_default().trim_matches('-').trim()
}

/// A tag on one line, without the marks that only take space away.
fn tidy(tag: &str) -> String {
    let tag = tag.trim().replace("{%-", "{%").replace("-%}", "%}").replace("{{-", "{{").replace("-}}", "}}");
    tag.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An output, or a tag that takes a value.
#[derive(Debug)]
struct Element {
    place: String,
    paths: Vec<(String, Variable)>,
    /// For an output: the same, to be asked what it writes.
    written: Option<Template>,
    plain: Box<dyn Renderable>,
}

impl Renderable for Element {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        Log::enter(runtime, &self.place);
        for (words, variable) in &self.paths {
            note_path(runtime, words, &Expression::Variable(variable.clone()));
        }
        if let Some(written) = &self.written {
            // what fails here fails below as well
            let _ = Allowance::aside(runtime, || written.render_to(&mut io::sink(), runtime));
        }
        self.plain.render_to(writer, runtime)
    }
}

fn note_path(runtime: &dyn Runtime, words: &str, path: &Expression) {
    let found = Allowance::aside(runtime, || path.evaluate(runtime).ok().map(|found| read(found.as_view())));
    let hit = found.flatten().is_some_and(|found| found != crate::Value::Null);
    Log::note(runtime, Saw::Path, words, hit, None);
}

/// The block around the whole template.
#[derive(Clone, Copy, Debug)]
struct Whole;

impl ParseBlock for Whole {
    fn parse(
        &self,
        _: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let template = elements(&mut block, options)?;
        block.assert_empty();
        Ok(Box::new(template))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl BlockReflection for Whole {
    fn start_tag(&self) -> &str {
        WHOLE
    }

    fn end_tag(&self) -> &'static str {
        "endwatched"
    }

    fn description(&self) -> &'static str {
        "watches what stands in it"
    }
}

/// `capture`, as the crates have it, with what stands in it watched.
#[derive(Clone, Copy, Debug)]
struct Capture;

impl ParseBlock for Capture {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name is missing")?.expect_identifier().into_result()?;
        let name = KString::from_ref(name);
        let template = elements(&mut block, options)?;
        block.assert_empty();
        Ok(Box::new(Captured { name, template }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl BlockReflection for Capture {
    fn start_tag(&self) -> &'static str {
        "capture"
    }

    fn end_tag(&self) -> &'static str {
        "endcapture"
    }

    fn description(&self) -> &'static str {
        "keeps what stands in it under a name"
    }
}

#[derive(Debug)]
struct Captured {
    name: KString,
    template: Template,
}

impl Renderable for Captured {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let mut text = Vec::new();
        self.template.render_to(&mut text, runtime)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        runtime.set_global(self.name.clone(), Liquid::scalar(text));
        Ok(())
    }
}

/// `if` or `unless`, which note what their conditions say.
#[derive(Clone, Copy, Debug)]
struct Asking(Conditional);

impl ParseBlock for Asking {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Asked(self.0.branches(arguments, block, options, element)?)))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct Asked(Branches);

impl Renderable for Asked {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        match self.0.choose(runtime, |condition, held| note_condition(runtime, condition, held))? {
            Some(template) => template.render_to(writer, runtime),
            None => Ok(()),
        }
    }
}

/// Notes a condition and, where it has several, its comparisons: also those that the first ones decided.
fn note_condition(runtime: &dyn Runtime, condition: &Condition, held: bool) {
    Log::enter(runtime, &condition.to_string());
    Log::note(runtime, Saw::Condition, "", held, None);
    let several = condition.comparisons().count() > 1;
    for comparison in condition.comparisons() {
        if let Some(held) = compared(runtime, comparison).filter(|_| several) {
            Log::note(runtime, Saw::Comparison, &comparison.to_string(), held, None);
        }
    }
}

/// Whether a comparison holds; notes its paths, unless it only asks whether they lead somewhere.
fn compared(runtime: &dyn Runtime, comparison: &Comparison) -> Option<bool> {
    if !comparison.asks_for_presence() {
        let variables = comparison.sides().filter(|side| matches!(side.expression, Expression::Variable(_)));
        variables.for_each(|side| note_path(runtime, &side.words, &side.expression));
    }
    Allowance::aside(runtime, || comparison.holds(runtime).ok())
}
