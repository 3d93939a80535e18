//! `if` and `unless`, with JavaScript's comparisons.

use std::{cmp::Ordering, fmt, io::Write};

use liquid_core::{
    BlockReflection, Expression, Language, ParseBlock, Renderable, Result, Runtime, TagBlock, TagTokenIter,
    Template,
    model::Value as Liquid,
    parser::{BlockElement, TagToken},
};

use super::operand::Operand;

pub(super) const IF: Conditional = Conditional { start: "if", end: "endif", wanted: true };
pub(super) const UNLESS: Conditional = Conditional { start: "unless", end: "endunless", wanted: false };

/// The block `if`, or the block `unless`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditional {
    start: &'static str,
    end: &'static str,
    wanted: bool,
}

impl BlockReflection for Conditional {
    fn start_tag(&self) -> &'static str {
        self.start
    }

    fn end_tag(&self) -> &'static str {
        self.end
    }

    fn description(&self) -> &'static str {
        "takes the first branch whose condition holds"
    }
}

impl ParseBlock for Conditional {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(self.branches(arguments, block, options, unwatched)?))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn unwatched<'a>(
    element: BlockElement<'a>,
    block: &mut TagBlock<'a, '_>,
    options: &Language,
) -> Result<Box<dyn Renderable>> {
    element.parse(block, options)
}

/// How what stands in a block is parsed.
pub(super) type ParseElement =
    for<'a, 'b> fn(BlockElement<'a>, &mut TagBlock<'a, 'b>, &Language) -> Result<Box<dyn Renderable>>;

impl Conditional {
    /// The block's branches, with `parse` for what stands in them.
    pub(super) fn branches(
        &self,
        arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        options: &Language,
        parse: ParseElement,
    ) -> Result<Branches> {
        let mut branches = Branches::default();
        let mut condition = Some((parse_condition(self.start, arguments)?, self.wanted));
        let mut elements = Vec::new();
        while let Some(element) = block.next()? {
            match element {
                BlockElement::Tag(tag) if matches!(tag.name(), "else" | "elsif") => {
                    branches.add(condition.take(), std::mem::take(&mut elements));
                    if tag.name() == "elsif" {
                        condition = Some((parse_condition("elsif", tag.into_tokens())?, true));
                    }
                }
                element => elements.push(parse(element, &mut block, options)?),
            }
        }
        branches.add(condition, elements);
        block.assert_empty();
        Ok(branches)
    }
}

/// What stands between the tags, each with the condition it asks for and the answer it wants; `else` asks for nothing.
#[derive(Debug, Default)]
pub(super) struct Branches(Vec<(Option<(Condition, bool)>, Template)>);

impl Branches {
    fn add(&mut self, condition: Option<(Condition, bool)>, elements: Vec<Box<dyn Renderable>>) {
        self.0.push((condition, Template::new(elements)));
    }

    /// The branch to take. Tells of every condition on the way there whether it held.
    pub(super) fn choose(
        &self,
        runtime: &dyn Runtime,
        mut tell: impl FnMut(&Condition, bool),
    ) -> Result<Option<&Template>> {
        for (condition, template) in &self.0 {
            let Some((condition, wanted)) = condition else { return Ok(Some(template)) };
            let holds = condition.holds(runtime)?;
            tell(condition, holds);
            if holds == *wanted {
                return Ok(Some(template));
            }
        }
        Ok(None)
    }
}

impl Renderable for Branches {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        match self.choose(runtime, |_, _| ())? {
            Some(template) => template.render_to(writer, runtime),
            None => Ok(()),
        }
    }
}

/// Comparisons, each joined to all that follow it: `and` and `or` bind equally, from the right.
#[derive(Debug)]
pub(super) struct Condition {
    /// The tag that asks: `if`, `elsif` or `unless`.
    pub(super) tag: &'static str,
    first: Comparison,
    rest: Vec<(bool, Comparison)>,
}

#[derive(Debug)]
pub(super) struct Comparison {
    left: Side,
    right: Option<(Operator, Side)>,
}

/// One side of a comparison, also as it is written.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) words: Box<str>,
    pub(super) expression: Expression,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

fn parse_condition(tag: &'static str, mut tokens: TagTokenIter<'_>) -> Result<Condition> {
    let start = tokens.expect_next("expected a condition")?;
    let (first, mut joint) = parse_comparison(start, &mut tokens)?;
    let mut rest = Vec::new();
    while let Some(joined) = joint {
        let all = match joined.as_str() {
            "and" => true,
            "or" => false,
            _ => return Err(joined.raise_custom_error("expected and, or, a comparison or the end")),
        };
        let start = tokens.expect_next("expected a condition after and or or")?;
        let (comparison, next) = parse_comparison(start, &mut tokens)?;
        rest.push((all, comparison));
        joint = next;
    }
    Ok(Condition { tag, first, rest })
}

/// A comparison, and the token after it.
fn parse_comparison<'t>(
    start: TagToken<'t>,
    tokens: &mut TagTokenIter<'t>,
) -> Result<(Comparison, Option<TagToken<'t>>)> {
    let left = side(start)?;
    let Some(next) = tokens.next() else { return Ok((Comparison { left, right: None }, None)) };
    let Some(operator) = operator(next.as_str()) else {
        return Ok((Comparison { left, right: None }, Some(next)));
    };
    let right = side(tokens.expect_next("expected a value to compare with")?)?;
    Ok((Comparison { left, right: Some((operator, right)) }, tokens.next()))
}

fn side(token: TagToken<'_>) -> Result<Side> {
    let words = token.as_str().trim().into();
    Ok(Side { words, expression: token.expect_value().into_result()? })
}

fn operator(sign: &str) -> Option<Operator> {
    Some(match sign {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "contains" => Operator::Contains,
        _ => return None,
    })
}

impl fmt::Display for Operator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Contains => "contains",
        })
    }
}

/// The tag as it is written.
impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{% {} {}", self.tag, self.first)?;
        for (all, comparison) in &self.rest {
            write!(out, " {} {comparison}", if *all { "and" } else { "or" })?;
        }
        out.write_str(" %}")
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.left.words)?;
        match &self.right {
            Some((operator, right)) => write!(out, " {operator} {}", right.words),
            None => Ok(()),
        }
    }
}

impl Condition {
    /// Every comparison, in order.
    pub(super) fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, comparison)| comparison))
    }

    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        let mut comparison = &self.first;
        for (all, next) in &self.rest {
            if comparison.holds(runtime)? != *all {
                return Ok(!*all);
            }
            comparison = next;
        }
        comparison.holds(runtime)
    }
}

impl Comparison {
    /// The sides.
    pub(super) fn sides(&self) -> impl Iterator<Item = &Side> {
        std::iter::once(&self.left).chain(self.right.iter().map(|(_, right)| right))
    }

    /// Whether it asks for no more than whether there is something: a value alone, or beside `nil`, `empty` or `blank`.
    pub(super) fn asks_for_presence(&self) -> bool {
        let word =
            |side: &Side| matches!(side.expression, Expression::Literal(Liquid::Nil | Liquid::State(_)));
        self.right.is_none() || self.sides().any(word)
    }

    pub(super) fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        let left = Operand::of(&self.left.expression, runtime)?;
        let Some((operator, right)) = &self.right else { return Ok(left.is_truthy()) };
        let right = Operand::of(&right.expression, runtime)?;
        let order = || left.order(&right);
        Ok(match operator {
            Operator::Equal => left.equals(&right),
            Operator::NotEqual => !left.equals(&right),
            Operator::Less => order() == Some(Ordering::Less),
            Operator::Greater => order() == Some(Ordering::Greater),
            Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
            Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
            Operator::Contains => left.contains(&right),
        })
    }
}
