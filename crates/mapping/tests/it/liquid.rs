//! `@liquid`: what is taken from Segment's Liquid, and what is refused.

use crate::{check, compile, faults, map, value};

const PAYLOAD: &str = r#"{"properties": {
    "name": "SpongeBob", "world": "Bikini Bottom", "price": 1.50, "big": 1e21, "empty": "", "none": null, "no": false,
    "list": [1, "a", null, [2, 3]], "object": {"a": 1, "b": null}, "products": [{"id": "p1"}, {"id": "p2"}]
}}"#;

/// What a template makes of the payload.
fn render(template: &str) -> String {
    let definition = serde_json::json!({ "@liquid": template }).to_string();
    serde_json::from_str(&map(&definition, PAYLOAD)).expect("a text")
}

/// Why a template is refused.
fn refusal(template: &str) -> String {
    faults(&serde_json::json!({ "@liquid": template }).to_string()).join("\n")
}

#[test]
fn values_are_written_as_javascript_writes_them() {
    for (template, text) in [
        ("Hello, {{ properties.name }}!", "Hello, SpongeBob!"),
        ("[{{ properties.missing.too }}{{ properties.none }}{{ properties.empty }}]", "[]"),
        ("{{ properties.price }} {{ properties.big }} {{ properties.no }}", "1.5 1e+21 false"),
        ("{{ properties.list }} {{ properties.object }}", "1a23 [object Object]"),
        ("{{ properties.products[1].id }}{{ properties['name'] }}", "p2SpongeBob"),
        ("{{ properties.name.size }} {{ properties.list.size }} {{ properties.products.last.id }}", "9 4 p2"),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}

#[test]
fn conditions_compare_as_javascript_compares() {
    for (condition, holds) in [
        ("properties.world == \"Bikini Bottom\"", true),
        ("properties.empty", true),
        ("properties.missing", false),
        ("properties.missing == nil", true),
        ("properties.empty == blank and properties.name != blank", true),
        ("properties.price > \"1\"", true),
        ("properties.price == \"1.5\"", false),
        ("properties.missing < 1", false),
        ("properties.none < 1", true),
        ("properties.name contains \"Bob\"", true),
        ("properties.list contains \"a\"", true),
        ("properties.missing contains \"a\"", false),
        ("false and false or true", false),
        ("true or false and false", true),
    ] {
        let template = format!("{{% if {condition} %}}yes{{% else %}}no{{% endif %}}");
        assert_eq!(render(&template), if holds { "yes" } else { "no" }, "{condition}");
    }
}

#[test]
fn tags_that_need_no_loop_work() {
    for (template, text) in [
        ("{% assign n = properties.name | upcase %}{{ n }}", "SPONGEBOB"),
        ("{% assign p = properties.products | first %}{{ p.id }}", "p1"),
        ("{% capture c %}<{{ properties.price }}>{% endcapture %}{{ c }}", "<1.5>"),
        ("{% unless properties.no %}a{% else %}b{% endunless %}", "a"),
        ("{% if false %}a{% elsif true %}b{% else %}c{% endif %}", "b"),
        ("{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% increment n %}{% increment n %}", "ab01"),
        ("{% comment %}{{ x }}{% endcomment %}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a {{- properties.price -}} b", "a1.5b"),
    ] {
        assert_eq!(render(template), text, "{template}");
    }
}

#[test]
fn filters_give_what_segments_engine_gives() {
    for (expression, text) in [
        ("properties.name | append: '!' | prepend: 1.0", "1SpongeBob!"),
        ("'hELLO wORLD' | capitalize", "Hello world"),
        ("'  x ' | strip | append: '|'", "x|"),
        ("'aXbX' | replace: 'X', '$&' | remove_last: '$&'", "a$&b"),
        ("'aaa' | replace: '', '-'", "a-a-a"),
        ("'hello world foo' | truncate: 8", "hello..."),
        ("'a b c' | truncatewords: 2", "a b..."),
        ("'abcdef' | slice: -3, 2", "de"),
        ("'a,b,,c,' | split: ',' | join: '|'", "a|b||c"),
        ("properties.list | compact | join", "1 a 2,3"),
        ("properties.missing | default: 'd'", "d"),
        ("properties.object | json", r#"{"a":1,"b":null}"#),
        ("'<b>&\"' | escape", "&lt;b&gt;&amp;&#34;"),
        ("'a b&c/é' | url_encode", "a+b%26c%2F%C3%A9"),
        ("7 | divided_by: 2", "3.5"),
        ("'3' | plus: 2 | times: 'x'", "0"),
        ("-7 | modulo: 3", "2"),
        ("4.567 | round: 2", "4.57"),
        ("1 | divided_by: 0", "Infinity"),
    ] {
        assert_eq!(render(&format!("{{{{ {expression} }}}}")), text, "{expression}");
    }
}

#[test]
fn what_segment_disables_is_refused_by_name() {
    for tag in ["case", "for", "include", "layout", "render", "tablerow"] {
        assert_eq!(refusal(&format!("{{% {tag} %}}")), format!("@liquid: tag \"{tag}\" is disabled"));
    }
    for filter in ["sort", "map", "where_exp", "newline_to_br", "group_by"] {
        let expected = format!("@liquid: filter \"{filter}\" is disabled");
        assert_eq!(refusal(&format!("{{{{ a | {filter} }}}}")), expected);
    }
}

#[test]
fn what_is_unknown_or_malformed_is_refused_at_load() {
    for (template, reason) in [
        ("{{ a | shout }}", "unknown filter: \"shout\""),
        ("{% shout %}", "unknown tag: \"shout\""),
        ("{{ a | date: '%Y' }}", "filter \"date\" is not supported"),
        ("{{ a | append }}", "filter \"append\" takes 1 to 1 arguments, this one has 0"),
        ("{{ a b }}", "expected"),
        ("{% if a %}", "Unclosed block. {% endif %} tag expected"),
        ("{{ 12345678901234567890 }}", "at most 18 digits"),
    ] {
        assert!(refusal(template).contains(reason), "{template}: {}", refusal(template));
    }
    assert!(refusal(&"é".repeat(1_001)).ends_with("at most 1000 characters, this one has 1001"));
    assert_eq!(render(&"é".repeat(1_000)).chars().count(), 1_000);
}

#[test]
fn a_template_that_multiplies_its_text_is_stopped() {
    let payload = format!(r#"{{"a": "{}"}}"#, "x".repeat(50_000));
    for template in [
        "{% assign a = a | append: a %}".repeat(30),
        "{% capture a %}{{a}}{{a}}{{a}}{% endcapture %}".repeat(20),
        "{{ a | replace: '', a }}".to_owned(),
        "{{ a | split: '' | join: a }}".to_owned(),
        "{{a}}".repeat(200),
    ] {
        let mapping = compile(&serde_json::json!({ "@liquid": template }).to_string());
        assert!(mapping.resolve(&value(&payload)).is_err(), "{template}");
    }
}

#[test]
fn a_template_stands_among_other_directives() {
    check(
        PAYLOAD,
        &[(
            r#"{"@case": {"operator": "upper", "value": {"@liquid": "{{ properties.name }}"}}}"#,
            r#""SPONGEBOB""#,
        )],
    );
}
