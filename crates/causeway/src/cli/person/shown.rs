//! A person, for a terminal of 100 columns.

use crate::moment;
use crate::people::Described;
use causeway_engine::identity::{Identifier, Link, Standing};
use causeway_engine::search_context::SearchContext;
use causeway_engine::trace::Latest;

/// No line is longer; `--json` has everything whole.
const COLUMNS: usize = 100;

/// The lines to print.
pub(super) fn lines(known: &Described) -> Vec<String> {
    let mut lines = vec![headline(known)];
    section("identifiers", identifiers(known), &mut lines);
    section("links", known.links.iter().map(link), &mut lines);
    section("traits", traits(known), &mut lines);
    section("audiences", audiences(known), &mut lines);
    section("search context", search_context(&known.search_context), &mut lines);
    section("latest", known.latest.iter().map(latest), &mut lines);
    lines.iter().map(|line| cut(line)).collect()
}

fn headline(known: &Described) -> String {
    match &known.person.user {
        Some(user) => format!("user {user}"),
        None => format!("{} {}: nobody has logged in", known.asked.kind.word(), known.asked.id),
    }
}

fn section(title: &str, content: impl IntoIterator<Item = String>, lines: &mut Vec<String>) {
    let mut content = content.into_iter().peekable();
    if content.peek().is_some() {
        lines.extend([String::new(), title.to_owned()]);
        lines.extend(content.map(|line| format!("  {line}")));
    }
}

fn identifiers(known: &Described) -> Vec<String> {
    let users = known.person.users.iter().map(Identifier::user);
    let ids = users.chain(known.person.anonymous.iter().map(Identifier::anonymous));
    let with_token = ids.zip(&known.tokens).map(|(id, token)| {
        let token = if *token == id.id { String::new() } else { format!("  token {token}") };
        format!("{:9}  {}{token}", id.kind.word(), id.id)
    });
    with_token.collect()
}

fn link(link: &Link) -> String {
    let standing = match link.standing {
        Standing::Counts => "counts",
        Standing::Undone => "undone",
        Standing::TooMany => "too many",
    };
    let reasons: Vec<&str> = link.reasons.iter().map(|reason| reason.word()).collect();
    let since = moment::print(link.first);
    format!("{standing:8}  {since}  {} = {}  {}", link.from.id, link.to.id, reasons.join(", "))
}

fn traits(known: &Described) -> Vec<String> {
    let width = known.traits.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    let line = |(name, known): (&String, &crate::people::Trait)| {
        format!("{}  {name:width$}  {:7}  {}", moment::print(known.at), known.kind, known.value)
    };
    known.traits.iter().map(line).collect()
}

fn audiences(known: &Described) -> Vec<String> {
    let line = |(key, audience): (&String, &crate::people::Audience)| {
        let instant = |word: &str, at: Option<i64>| at.map(|at| format!("  {word} {}", moment::print(at)));
        let (entered, left) = (instant("entered", audience.entered), instant("left", audience.left));
        let standing = if audience.member { "in " } else { "out" };
        format!("{standing}  {key}{}{}", entered.unwrap_or_default(), left.unwrap_or_default())
    };
    known.audiences.iter().map(line).collect()
}

fn search_context(context: &SearchContext) -> Vec<String> {
    let lists = [
        ("ruleContexts", &context.rule_contexts),
        ("optionalFilters", &context.optional_filters),
        ("analyticsTags", &context.analytics_tags),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists = lists.map(|(name, list)| format!("{name:15}  {}", list.join(", ")));
    let personalization = context.enable_personalization.map(|on| format!("enablePersonalization  {on}"));
    [format!("{:15}  {}", "userToken", context.user_token)]
        .into_iter()
        .chain(lists)
        .chain(personalization)
        .collect()
}

fn latest(latest: &Latest) -> String {
    let (time, kind) = (moment::print(latest.time), &latest.kind);
    let name = latest.name.as_deref().unwrap_or_default();
    format!("{time}  {kind:10}  {name}  {}", latest.about.join(", ")).trim_end().to_owned()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        assert_eq!(cut(&"é".repeat(100)).chars().count(), 100);
        assert!(cut(&"é".repeat(101)).ends_with("é…") && cut(&"é".repeat(101)).chars().count() == 100);
    }
}
