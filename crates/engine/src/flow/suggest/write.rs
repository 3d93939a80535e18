//! The proposal as a flow file, with what it rests on as comments.

use super::matching::{self, Proposal, Source};
use super::{Kind, Pair, Subject};
use causeway_segment::plan::Field;
use std::fmt::Write;

/// Writing to a text can't fail.
macro_rules! line {
    ($out:expr, $($words:tt)*) => { _ = writeln!($out, $($words)*) };
}

pub(super) fn file(events: u64, pairs: &[Pair<'_>], event: Option<&str>, plan_file: &str) -> String {
    let mut out = String::new();
    line!(out, "# Proposed from {events} events. Each line says how sure it is; go over them, then");
    line!(out, "# `causeway flow lint` this file on events, and `causeway flow import` it.");
    line!(out, "name = {}", text(&name(event)));
    line!(out, "plan = {}", text(plan_file));
    line!(out, "on_violation = \"flag\"");
    for pair in pairs {
        subscription(&mut out, events, pair);
    }
    out
}

/// A legal name of a flow.
fn name(event: Option<&str>) -> String {
    let Some(event) = event else { return "planned-events".to_owned() };
    let words: Vec<String> = super::names::words(event)
        .into_iter()
        .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let joined: String = words.join("-").chars().take(64).collect();
    if joined.is_empty() { "planned-event".to_owned() } else { joined }
}

fn subscription(out: &mut String, events: u64, pair: &Pair<'_>) {
    line!(
        out,
        "\n# {} of {events} events are of this kind; it fits {:?} {}",
        pair.seen.properties.objects,
        pair.event,
        sure(pair.fit)
    );
    line!(out, "[[subscriptions]]");
    line!(out, "name = {}", text(&format!("{} from {}", pair.event, describe(pair.kind))));
    line!(out, "trigger = {}", literal(&trigger(pair.kind)));
    if pair.each {
        line!(out, "each = \"$.properties.products\"");
    }
    line!(out, "[subscriptions.mapping]\nevent = {}", text(pair.event));
    line!(out, "[subscriptions.mapping.properties]");
    pair.proposals.iter().for_each(|proposal| property(out, proposal));
}

fn describe(kind: &Kind) -> String {
    let subject = match kind.subject {
        Subject::Products => " of products",
        Subject::Filters => " of filters",
        Subject::Nothing => "",
    };
    format!("{}{subject}", kind.subtype.as_deref().unwrap_or(&kind.event_type))
}

fn trigger(kind: &Kind) -> String {
    let mut tests = vec![format!("properties.eventType = {}", text(&kind.event_type))];
    tests.push(match &kind.subtype {
        Some(subtype) => format!("properties.eventSubtype = {}", text(subtype)),
        None => "properties.eventSubtype = null".to_owned(),
    });
    match kind.subject {
        Subject::Products => tests.push("properties.products != null".to_owned()),
        Subject::Filters => tests.push("properties.filters != null".to_owned()),
        Subject::Nothing => {}
    }
    tests.join(" and ")
}

fn property(out: &mut String, proposal: &Proposal<'_>) {
    let field = proposal.field;
    let Some(source) = &proposal.source else {
        line!(out, "# {}: {} ({})", lacking(field), quoted(&field.name), wanted(field));
        return;
    };
    let example = source.observed.example.as_deref().map(|example| format!(", as in {}", comment(example)));
    let often =
        if source.share < 1.0 { format!(", in {:.0} %", 100.0 * source.share) } else { String::new() };
    line!(out, "# {}{often}{}", sure(source.confidence), example.unwrap_or_default());
    for item in &source.items {
        let words =
            item.source.as_ref().map_or_else(|| lacking(item.field).to_owned(), |item| sure(item.confidence));
        line!(out, "#   its {} ({}): {words}", quoted(&item.field.name), wanted(item.field));
    }
    line!(out, "{} = {}", quoted(&field.name), directive(source));
}

/// Why there is no source.
fn lacking(field: &Field) -> &'static str {
    if matching::can_be_made(field) {
        "NOTHING FOUND"
    } else {
        "NOT POSSIBLE, a mapping takes it as a directive"
    }
}

fn directive(source: &Source<'_>) -> String {
    if !source.items.is_empty() {
        let shape = source.items.iter().filter_map(|item| {
            let inner = item.source.as_ref()?;
            Some(format!("{} = {}", quoted(&item.field.name), directive(inner)))
        });
        let shape: Vec<String> = shape.collect();
        return format!("{{ \"@arrayPath\" = [{}, {{ {} }}] }}", text(&source.path), shape.join(", "));
    }
    if source.as_text {
        let slot = source.path.trim_start_matches("$.");
        return format!("{{ \"@template\" = {} }}", text(&format!("{{{{{slot}}}}}")));
    }
    format!("{{ \"@path\" = {} }}", text(&source.path))
}

fn wanted(field: &Field) -> String {
    let types = if field.types.is_empty() { "any type".to_owned() } else { field.types.join(" or ") };
    let required = if field.required { ", required" } else { "" };
    let choices: Vec<String> = field.choices.iter().take(5).map(ToString::to_string).collect();
    let choices = if choices.is_empty() { String::new() } else { format!(", one of {}", choices.join(", ")) };
    comment(&format!("{types}{required}{choices}"))
}

fn sure(confidence: f64) -> String {
    let word = match confidence {
        sure if sure >= 0.85 => "high",
        sure if sure >= 0.65 => "medium",
        _ => "low",
    };
    format!("{word} ({confidence:.2})")
}

/// A text in one line: JSON's escapes are TOML's and FQL's as well.
fn text(words: &str) -> String {
    serde_json::Value::from(words).to_string().replace('\u{7f}', "\\u007f")
}

/// A text as it is, where TOML can have it so: triggers are full of quotes.
fn literal(words: &str) -> String {
    if words.contains('\'') || words.chars().any(char::is_control) {
        text(words)
    } else {
        format!("'{words}'")
    }
}

/// A key; names of other letters and signs are quoted.
fn quoted(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { text(name) }
}

/// Words that may stand in a comment.
fn comment(words: &str) -> String {
    words.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}
