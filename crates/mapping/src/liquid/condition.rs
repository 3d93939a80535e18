//! `if` and `unless`, with JavaScript's comparisons.

use std::{cmp::Ordering, io::Write};

use liquid_core::{
    BlockReflection, Expression, Language, ParseBlock, Renderable, Result, Runtime, TagBlock, TagTokenIter,
    Template,
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
        mut block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let mut branches = Branches::default();
        let mut condition = Some((parse_condition(arguments)?, self.wanted));
        let mut elements = Vec::new();
        while let Some(element) = block.next()? {
            match element {
                BlockElement::Tag(tag) if matches!(tag.name(), "else" | "elsif") => {
                    branches.add(condition.take(), std::mem::take(&mut elements));
                    if tag.name() == "elsif" {
                        condition = Some((parse_condition(tag.into_tokens())?, true));
                    }
                }
                element => elements.push(element.parse(&mut block, options)?),
            }
        }
        branches.add(condition, elements);
        block.assert_empty();
        Ok(Box::new(branches))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

/// What stands between the tags, each with the condition it asks for and the answer it wants; `else` asks for nothing.
#[derive(Debug, Default)]
struct Branches(Vec<(Option<(Condition, bool)>, Template)>);

impl Branches {
    fn add(&mut self, condition: Option<(Condition, bool)>, elements: Vec<Box<dyn Renderable>>) {
        self.0.push((condition, Template::new(elements)));
    }
}

impl Renderable for Branches {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        for (condition, template) in &self.0 {
            let taken = match condition {
                Some((condition, wanted)) => condition.holds(runtime)? == *wanted,
                None => true,
            };
            if taken {
                return template.render_to(writer, runtime);
            }
        }
        Ok(())
    }
}

/// Comparisons, each joined to all that follow it: `and` and `or` bind equally, from the right.
#[derive(Debug)]
struct Condition {
    first: Comparison,
    rest: Vec<(bool, Comparison)>,
}

#[derive(Debug)]
struct Comparison {
    left: Expression,
    right: Option<(Operator, Expression)>,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

fn parse_condition(mut tokens: TagTokenIter<'_>) -> Result<Condition> {
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
    Ok(Condition { first, rest })
}

/// A comparison, and the token after it.
fn parse_comparison<'t>(
    start: TagToken<'t>,
    tokens: &mut TagTokenIter<'t>,
) -> Result<(Comparison, Option<TagToken<'t>>)> {
    let left = start.expect_value().into_result()?;
    let Some(next) = tokens.next() else { return Ok((Comparison { left, right: None }, None)) };
    let Some(operator) = operator(next.as_str()) else {
        return Ok((Comparison { left, right: None }, Some(next)));
    };
    let right = tokens.expect_next("expected a value to compare with")?.expect_value().into_result()?;
    Ok((Comparison { left, right: Some((operator, right)) }, tokens.next()))
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

impl Condition {
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
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        let left = Operand::of(&self.left, runtime)?;
        let Some((operator, right)) = &self.right else { return Ok(left.is_truthy()) };
        let right = Operand::of(right, runtime)?;
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
