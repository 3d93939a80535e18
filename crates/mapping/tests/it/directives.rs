//! Each directive's meaning, in rows.

use crate::{check, map};

const PAYLOAD: &str = r#"{
    "type": "track", "event": "Order Completed", "userId": "u1", "empty": "", "none": null, "zero": 0, "no": false, "yes": true,
    "text": "Cool-Story-cool", "price": 19.90, "big": 1e21, "list": [1, "a", null], "spaces": "  ",
    "traits": {"name": "Ada", "full name": "Ada L.", "a.b": 7, "null": null},
    "products": [{"id": "p1", "price": 5, "tags": ["x"]}, {"id": "p2"}],
    "json": "{\"a\":[1,{\"b\":null}]}"
}"#;

#[test]
fn raw_values_stay_as_they_are_and_in_their_order() {
    check(
        PAYLOAD,
        &[
            (
                r#"{"z": 1, "a": [true, null, {"b": "c"}], "m": {}}"#,
                r#"{"z":1,"a":[true,null,{"b":"c"}],"m":{}}"#,
            ),
            (r#""text""#, r#""text""#),
            ("[]", "[]"),
        ],
    );
}

#[test]
fn an_absent_member_is_left_out_and_a_null_one_stays() {
    check(
        PAYLOAD,
        &[
            (r#"{"a": {"@path": "$.nope"}, "b": {"@path": "$.none"}, "c": null}"#, r#"{"b":null,"c":null}"#),
            (r#"[{"@path": "$.nope"}, {"@path": "$.userId"}]"#, r#"[null,"u1"]"#),
            (r#"{"@path": "$.nope"}"#, "nothing"),
        ],
    );
}

#[test]
fn path_walks_names_indices_and_quoted_names() {
    check(
        PAYLOAD,
        &[
            (r#"{"@path": "$.traits.name"}"#, r#""Ada""#),
            (r#"{"@path": "traits.name"}"#, r#""Ada""#),
            (r#"{"@path": "$.traits.full name"}"#, r#""Ada L.""#),
            (r#"{"@path": "$.traits['full name']"}"#, r#""Ada L.""#),
            (r#"{"@path": "$.traits[\"name\"]"}"#, r#""Ada""#),
            (r#"{"@path": "$.products[1].id"}"#, r#""p2""#),
            (r#"{"@path": "$.products.0.tags.length"}"#, "1"),
            (r#"{"@path": "$.traits['a.b']"}"#, "nothing"),
            (r#"{"@path": {"@template": "$.traits.{{missing}}name"}}"#, r#""Ada""#),
        ],
    );
    assert_eq!(map(r#"{"@path": "$."}"#, r#"{"a":1}"#), r#"{"a":1}"#);
}

#[test]
fn a_path_beyond_a_false_value_gives_that_value() {
    check(
        PAYLOAD,
        &[
            (r#"{"@path": "$.empty.x"}"#, r#""""#),
            (r#"{"@path": "$.zero.x.y"}"#, "0"),
            (r#"{"@path": "$.none.x"}"#, "null"),
            (r#"{"@path": "$.text.x"}"#, "nothing"),
        ],
    );
}

#[test]
fn a_path_with_more_than_names_and_indices_is_a_jsonpath() {
    check(
        PAYLOAD,
        &[
            (r#"{"@path": "$.products[*].id"}"#, r#"["p1","p2"]"#),
            (r#"{"@path": "$.products[?@.price > 1].id"}"#, r#"["p1"]"#),
            (r#"{"@path": "$..id"}"#, r#"["p1","p2"]"#),
            (r#"{"@path": "$.products[-1].id"}"#, r#""p2""#),
            (r#"{"@path": "$.products[*].nope"}"#, "nothing"),
            (
                r#"{"@arrayPath": ["$.products[*]", {"sku": {"@path": "$.id"}}]}"#,
                r#"[{"sku":"p1"},{"sku":"p2"}]"#,
            ),
        ],
    );
}

#[test]
fn template_writes_values_as_javascript_does() {
    check(
        PAYLOAD,
        &[
            (r#"{"@template": "Hello, {{traits.name}}!"}"#, r#""Hello, Ada!""#),
            (r#"{"@template": "{{ traits.full name }}{{{userId}}}"}"#, r#""Ada L.u1""#),
            (r#"{"@template": "[{{nope}}|{{none}}|{{zero}}|{{no}}|{{empty}}]"}"#, r#""[||0|false|]""#),
            (
                r#"{"@template": "{{price}} {{big}} {{list}} {{traits}}"}"#,
                r#""19.9 1e+21 1,a, [object Object]""#,
            ),
            (r#"{"@template": "{{}} {single} {{userId}}}"}"#, r#""{{}} {single} u1}""#),
            (r#"{"@template": ""}"#, r#""""#),
        ],
    );
}

#[test]
fn literal_gives_its_value_with_directives_inside_resolved() {
    check(
        PAYLOAD,
        &[
            (r#"{"@literal": false}"#, "false"),
            (r#"{"@literal": "{{userId}}"}"#, r#""{{userId}}""#),
            (r#"{"@literal": {"a": {"@path": "$.userId"}}}"#, r#"{"a":"u1"}"#),
        ],
    );
}

#[test]
fn if_exists_asks_for_neither_absent_nor_null() {
    for (path, branch) in
        [("userId", "1"), ("empty", "1"), ("zero", "1"), ("no", "1"), ("none", "2"), ("nope", "2")]
    {
        let definition = format!(r#"{{"@if": {{"exists": {{"@path": "$.{path}"}}, "then": 1, "else": 2}}}}"#);
        assert_eq!(map(&definition, PAYLOAD), branch, "{path}");
    }
}

#[test]
fn if_blank_asks_for_something_that_is_not_loosely_empty() {
    let rows = [
        ("userId", "1"),
        ("spaces", "1"),
        ("traits", "1"),
        ("empty", "2"),
        ("zero", "2"),
        ("no", "2"),
        ("none", "2"),
    ];
    for (path, branch) in rows {
        let definition = format!(r#"{{"@if": {{"blank": {{"@path": "$.{path}"}}, "then": 1, "else": 2}}}}"#);
        assert_eq!(map(&definition, PAYLOAD), branch, "{path}");
    }
}

#[test]
fn a_branch_that_is_missing_gives_nothing() {
    check(
        PAYLOAD,
        &[
            (r#"{"a": {"@if": {"exists": {"@path": "$.nope"}, "then": 1}}}"#, "{}"),
            (r#"{"a": {"@if": {"exists": {"@path": "$.userId"}, "else": 1}}}"#, "{}"),
            (r#"{"a": {"@if": {"exists": {"@path": "$.userId"}, "then": null}}}"#, r#"{"a":null}"#),
            (r#"{"a": {"@if": {"exists": {"@path": "$.nope"}, "then": 1, "else": false}}}"#, "{}"),
        ],
    );
}

#[test]
fn case_changes_text_and_leaves_the_rest() {
    check(
        PAYLOAD,
        &[
            (r#"{"@case": {"operator": "lower", "value": {"@path": "$.event"}}}"#, r#""order completed""#),
            (r#"{"@case": {"operator": "upper", "value": "straße"}}"#, r#""STRASSE""#),
            (
                r#"{"@case": {"operator": "upper", "value": {"@path": "$.products[0]"}}}"#,
                r#"{"id":"p1","price":5,"tags":["x"]}"#,
            ),
            (r#"{"@case": {"operator": "upper"}}"#, "nothing"),
        ],
    );
}

#[test]
fn replace_takes_patterns_as_plain_text() {
    check(
        PAYLOAD,
        &[
            (
                r#"{"@replace": {"pattern": "-", "replacement": "", "value": {"@path": "$.text"}}}"#,
                r#""CoolStorycool""#,
            ),
            (
                r#"{"@replace": {"pattern": "-", "replacement": "_", "global": false, "value": {"@path": "$.text"}}}"#,
                r#""Cool_Story-cool""#,
            ),
            (
                r#"{"@replace": {"pattern": "COOL", "replacement": "x", "ignorecase": true, "value": {"@path": "$.text"}}}"#,
                r#""x-Story-x""#,
            ),
            (
                r#"{"@replace": {"pattern": ".", "replacement": ",", "value": {"@path": "$.price"}}}"#,
                r#""19,9""#,
            ),
            (
                r#"{"@replace": {"pattern": "true", "replacement": "1", "value": {"@path": "$.yes"}}}"#,
                r#""1""#,
            ),
            (
                r#"{"@replace": {"pattern": "-", "value": {"@path": "$.text"}, "pattern2": "ool", "replacement2": "old"}}"#,
                r#""ColdStorycold""#,
            ),
            (r#"{"@replace": {"pattern": "-", "value": {"@path": "$.traits"}}}"#, r#""""#),
        ],
    );
}

#[test]
fn array_path_shapes_each_item_or_gives_the_list_as_it_is() {
    check(
        PAYLOAD,
        &[
            (
                r#"{"@arrayPath": ["$.products", {"sku": {"@path": "$.id"}, "price": {"@path": "price"}}]}"#,
                r#"[{"sku":"p1","price":5},{"sku":"p2"}]"#,
            ),
            (r#"{"@arrayPath": ["$.products[0]", {"sku": {"@path": "$.id"}}]}"#, r#"[{"sku":"p1"}]"#),
            (r#"{"@arrayPath": ["$.list"]}"#, r#"[1,"a",null]"#),
            (r#"{"@arrayPath": ["$.list", {"v": {"@path": "$."}}]}"#, r#"[{"v":1},{"v":"a"},{"v":null}]"#),
            (r#"{"@arrayPath": ["$.userId", {"v": 1}]}"#, r#""u1""#),
            (r#"{"@arrayPath": ["$.nope", {"v": 1}]}"#, "nothing"),
        ],
    );
}

#[test]
fn merge_lets_the_objects_in_its_direction_win() {
    let objects =
        r#"[{"name": "?", "x": 1}, {"@path": "$.traits"}, {"@path": "$.none"}, {"@path": "$.nope"}]"#;
    let merge = |direction: &str| {
        map(&format!(r#"{{"@merge": {{"objects": {objects}, "direction": "{direction}"}}}}"#), PAYLOAD)
    };
    assert_eq!(merge("right"), r#"{"name":"Ada","x":1,"full name":"Ada L.","a.b":7,"null":null}"#);
    assert_eq!(merge("left"), r#"{"name":"?","full name":"Ada L.","a.b":7,"null":null,"x":1}"#);
}

#[test]
fn an_absent_member_of_a_later_object_takes_the_earlier_one_away() {
    let definition =
        r#"{"@merge": {"direction": "right", "objects": [{"a": 1, "b": 2}, {"a": {"@path": "$.nope"}}]}}"#;
    assert_eq!(map(definition, PAYLOAD), r#"{"b":2}"#);
}

#[test]
fn transform_maps_what_its_first_mapping_gave() {
    check(
        PAYLOAD,
        &[(
            r#"{"@transform": {"apply": {"n": {"@path": "$.traits.name"}}, "mapping": {"name": {"@path": "$.n"}, "user": {"@path": "$.userId"}}}}"#,
            r#"{"name":"Ada"}"#,
        )],
    );
}

#[test]
fn flatten_joins_keys_with_its_separator() {
    check(
        PAYLOAD,
        &[
            (
                r#"{"@flatten": {"value": {"@path": "$.products"}, "separator": "."}}"#,
                r#"{"0.id":"p1","0.price":5,"0.tags.0":"x","1.id":"p2"}"#,
            ),
            (
                r#"{"@flatten": {"value": {"p": {"@path": "$.products[0]"}}, "separator": "_", "omitArrays": true}}"#,
                r#"{"p_id":"p1","p_price":5,"p_tags":["x"]}"#,
            ),
            (r#"{"@flatten": {"value": {"a": {}, "b": []}, "separator": "."}}"#, "{}"),
            (r#"{"@flatten": {"value": 5, "separator": "."}}"#, r#"{"":5}"#),
        ],
    );
}

#[test]
fn json_encodes_values_and_decodes_texts() {
    check(
        PAYLOAD,
        &[
            (r#"{"@json": {"mode": "encode", "value": {"@path": "$.list"}}}"#, r#""[1,\"a\",null]""#),
            (r#"{"@json": {"mode": "encode", "value": {"@path": "$.text"}}}"#, r#""\"Cool-Story-cool\"""#),
            (r#"{"@json": {"mode": "encode", "value": {"@path": "$.nope"}}}"#, "nothing"),
            (r#"{"@json": {"mode": "decode", "value": {"@path": "$.json"}}}"#, r#"{"a":[1,{"b":null}]}"#),
            (r#"{"@json": {"mode": "decode", "value": {"@path": "$.text"}}}"#, r#""Cool-Story-cool""#),
            (r#"{"@json": {"mode": "decode", "value": {"@path": "$.list"}}}"#, r#"[1,"a",null]"#),
        ],
    );
}

#[test]
fn exclude_when_null_drops_nulls_in_objects_and_keeps_them_in_arrays() {
    check(
        PAYLOAD,
        &[
            (r#"{"a": {"@excludeWhenNull": {"@path": "$.none"}}, "b": 1}"#, r#"{"b":1}"#),
            (
                r#"{"a": {"@excludeWhenNull": {"@path": "$.traits"}}}"#,
                r#"{"a":{"name":"Ada","full name":"Ada L.","a.b":7}}"#,
            ),
            (r#"{"a": {"@excludeWhenNull": {"@path": "$.list"}}}"#, r#"{"a":[1,"a",null]}"#),
        ],
    );
}

#[test]
fn the_root_directive_wraps_the_mapping_beside_it() {
    let definition = r#"{
        "__segment_internal_directive": {"@transform": {"apply": {"n": {"@path": "$.traits.name"}}}},
        "name": {"@path": "$.n"}
    }"#;
    assert_eq!(map(definition, PAYLOAD), r#"{"name":"Ada"}"#);
}
