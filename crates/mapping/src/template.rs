//! `@template`: text with `{{placeholders}}`.

use std::borrow::Cow;

use crate::{
    ResolveError,
    limits::{MAX_PLACEHOLDERS, MAX_TEMPLATE_LENGTH},
    meter::Meter,
    path::Path,
    text::{is_js_space, js_string},
    value::{Value, write_str_body},
};

/// A template, cut into its parts once.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Box<[Part]>,
}

#[derive(Debug)]
enum Part {
    Text {
        text: Box<str>,
        /// The text as it stands inside a JSON string.
        json: Box<[u8]>,
    },
    Slot(Path),
}

impl Part {
    fn text(text: &str) -> Part {
        let mut json = Vec::with_capacity(text.len());
        write_str_body(text, &mut json);
        Part::Text { text: text.into(), json: json.into() }
    }
}

impl Template {
    /// Cuts a template. `{{{a}}}` and `{{a}}` mean the same: nothing is escaped.
    pub(crate) fn parse(template: &str) -> Result<Template, String> {
        if template.len() > MAX_TEMPLATE_LENGTH {
            return Err(format!(
                "a template may have at most {MAX_TEMPLATE_LENGTH} bytes, this one has {}",
                template.len()
            ));
        }
        let mut parts = Vec::new();
        for (outer, is_slot) in cut(template, "{{{", "}}}") {
            if is_slot {
                parts.push(slot(outer)?);
                continue;
            }
            for (inner, is_slot) in cut(outer, "{{", "}}") {
                parts.push(if is_slot { slot(inner)? } else { Part::text(inner) });
            }
        }
        match parts.iter().filter(|part| matches!(part, Part::Slot(_))).count() {
            count if count > MAX_PLACEHOLDERS => Err(format!(
                "a template may have at most {MAX_PLACEHOLDERS} placeholders, this one has {count}"
            )),
            _ => Ok(Template { parts: parts.into() }),
        }
    }

    /// The text with every placeholder filled in; missing and null ones are empty.
    pub(crate) fn render(
        &self,
        scope: Option<&Value<'_>>,
        meter: &mut Meter,
    ) -> Result<String, ResolveError> {
        let mut rendered = String::new();
        for part in &self.parts {
            let before = rendered.len();
            match part {
                Part::Text { text, .. } => rendered.push_str(text),
                Part::Slot(path) => fill(path, scope, |text| rendered.push_str(text)),
            }
            meter.spend(rendered.len() - before)?;
        }
        Ok(rendered)
    }

    /// Appends the rendered text as a JSON string.
    pub(crate) fn write_json(&self, scope: Option<&Value<'_>>, out: &mut Vec<u8>) {
        out.push(b'"');
        for part in &self.parts {
            match part {
                Part::Text { json, .. } => out.extend_from_slice(json),
                Part::Slot(path) => fill(path, scope, |text| write_str_body(text, out)),
            }
        }
        out.push(b'"');
    }
}

fn fill(path: &Path, scope: Option<&Value<'_>>, put: impl FnOnce(&str)) {
    match path.find(scope).as_value() {
        None | Some(Value::Null) => {}
        Some(value) => put(&js_string(value)),
    }
}

fn slot(path: &str) -> Result<Part, String> {
    Path::of_template(path.trim_matches(is_js_space)).map(Part::Slot).map_err(|error| error.to_string())
}

/// Cuts text at `open…close`, where the inside is not empty and has no `}`. Slots are marked true.
fn cut<'t>(text: &'t str, open: &str, close: &str) -> Vec<(&'t str, bool)> {
    let (mut pieces, mut done, mut from) = (Vec::new(), 0, 0);
    while let Some(found) = text[from..].find(open).map(|at| from + at) {
        let Some(brace) = text[found..].find('}').map(|at| found + at) else { break };
        if brace > found + open.len() && text[brace..].starts_with(close) {
            pieces.push((&text[done..found], false));
            pieces.push((&text[found + open.len()..brace], true));
            done = brace + close.len();
            from = done;
        } else {
            from = brace; // no opening before this brace can do better
        }
    }
    pieces.push((&text[done..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// The template's text, borrowed where it has no placeholder.
pub(crate) fn without_slots(template: &Template) -> Option<Cow<'_, str>> {
    match &*template.parts {
        [] => Some(Cow::Borrowed("")),
        [Part::Text { text, .. }] => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, payload: &str) -> String {
        let payload = Value::parse(payload.as_bytes()).unwrap();
        Template::parse(template).unwrap().render(Some(&payload), &mut Meter::new()).unwrap()
    }

    #[test]
    fn values_become_text_as_in_javascript() {
        let payload =
            r#"{"a": true, "b": 1.50, "c": {"d": "e"}, "f": null, "g": [1, null, "x"], "h": "\"q\""}"#;
        assert_eq!(
            render("{{a}} {{ b }} {{{c}}} {{c.d}} [{{f}}{{nope}}] {{g}} {{h}}", payload),
            "true 1.5 [object Object] e [] 1,,x \"q\""
        );
        assert_eq!(render("{{ }}", payload), "[object Object]");
    }

    #[test]
    fn stray_braces_stay() {
        let payload = r#"{"a": "hello"}"#;
        assert_eq!(render("{{a}}}", payload), "hello}");
        assert_eq!(render("{{{a}}", payload), "");
        assert_eq!(render("{{}} {a} {{a} {{{}}}", payload), "{{}} {a} {{a} }");
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(render("{{{a}}}", r#"{"a": "{{b}}", "b": "secret"}"#), "{{b}}");
    }
}
