//! What a watched Liquid template tells of.

use causeway_mapping::{LiquidProbe, Saw};

use crate::{map, value};

const PAYLOAD: &str = r#"{"p": {"name": "Sponge", "none": null, "price": 5, "word": "five", "lang": "en",
    "names": {"en": "coat"}, "list": [1, 2], "object": {"a": 1}}}"#;

/// What is seen, a line each: `?` for an answer of yes, `!` for one of no.
fn seen(template: &str) -> Vec<String> {
    let (text, sightings) = LiquidProbe::parse(template).expect(template).look(&value(PAYLOAD));
    let definition = serde_json::json!({ "@liquid": template }).to_string();
    let made: String = serde_json::from_str(&map(&definition, PAYLOAD)).expect("a text");
    assert_eq!(text.expect(template), made, "{template}");
    let line = |one: &causeway_mapping::Sighting| {
        format!("{:?} {} {} {}", one.saw, if one.hit { "yes" } else { "no" }, one.words, one.place)
    };
    // that an output writes a plain text is of no interest here
    sightings.iter().filter(|one| one.saw != Saw::Text || one.hit).map(line).collect()
}

#[test]
fn each_path_is_told_where_it_is_written_and_only_where_it_is_reached() {
    for (template, expected) in [
        ("{{ p.name }}{{p.none}}", &["Path yes p.name {{ p.name }}", "Path no p.none {{p.none}}"][..]),
        (
            "a {{- p.no | default: p.nor -}} b",
            &["Path no p.no {{ p.no | default: p.nor }}", "Path no p.nor {{ p.no | default: p.nor }}"],
        ),
        ("{{ p.names[p.lang] }}", &["Path yes p.names[p.lang] {{ p.names[p.lang] }}"]),
        (
            "{% assign x = p.no %}{{ x }}{% capture y %}{{ p.nor }}{% endcapture %}{{ y }}",
            &["Path no p.no {% assign x = p.no %}", "Path no p.nor {{ p.nor }}"],
        ),
        (
            "{% if p.no %}{{ never.reached }}{% endif %}{% raw %}{{ p.no }}{% endraw %}",
            &["Condition no  {% if p.no %}"],
        ),
        (
            "{% cycle p.name, p.no %}",
            &["Path yes p.name {% cycle p.name, p.no %}", "Path no p.no {% cycle p.name, p.no %}"],
        ),
    ] {
        assert_eq!(seen(template), expected, "{template}");
    }
}

#[test]
fn conditions_tell_what_they_say_and_their_comparisons_where_there_are_several() {
    for (template, expected) in [
        (
            "{% if p.no == 1 %}a{% elsif p.price > 4 %}b{% elsif p.name %}c{% else %}d{% endif %}",
            &[
                "Condition no  {% if p.no == 1 %}",
                "Path no p.no {% if p.no == 1 %}",
                "Condition yes  {% elsif p.price > 4 %}",
                "Path yes p.price {% elsif p.price > 4 %}",
            ][..],
        ),
        ("{%- unless p.no == nil -%}a{% endunless %}", &["Condition yes  {% unless p.no == nil %}"]),
        (
            "{% if p.name or p.no == 1 %}a{% endif %}",
            &[
                "Condition yes  {% if p.name or p.no == 1 %}",
                "Comparison yes p.name {% if p.name or p.no == 1 %}",
                "Path no p.no {% if p.name or p.no == 1 %}",
                "Comparison no p.no == 1 {% if p.name or p.no == 1 %}",
            ],
        ),
    ] {
        assert_eq!(seen(template), expected, "{template}");
    }
}

#[test]
fn what_becomes_text_or_a_number_on_the_way_is_told() {
    for (template, expected) in [
        ("{{ p.list }}", &["Text yes  {{ p.list }}"][..]),
        ("{{ p.object | json }}{{ p.list | join: ',' }}{{ p.price }}", &[]),
        ("{{ p.list | upcase }}", &["Text yes upcase {{ p.list | upcase }}"]),
        ("{{ p.word | times: 2 }}", &["Number yes times {{ p.word | times: 2 }}"]),
        ("{{ p.price | times: p.word }}", &["Number yes times {{ p.price | times: p.word }}"]),
        (
            "{{ '5' | plus: 1 }}{{ p.price | minus: p.none }}",
            &["Number no plus {{ '5' | plus: 1 }}", "Number no minus {{ p.price | minus: p.none }}"],
        ),
    ] {
        let found: Vec<_> = seen(template).into_iter().filter(|line| !line.starts_with("Path")).collect();
        assert_eq!(found, expected, "{template}");
    }
}

#[test]
fn the_value_that_was_written_as_text_is_shown() {
    let (_, sightings) = LiquidProbe::parse("{{ p.object }}").expect("fine").look(&value(PAYLOAD));
    let example = sightings.iter().find_map(|one| one.example.clone());
    assert_eq!(example, Some(value(r#"{"a": 1}"#)));
}
