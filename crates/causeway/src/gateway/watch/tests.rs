use super::*;
use causeway_engine::searches::{Seen, Via};
use serde_json::json;
use std::sync::Mutex;

/// Where records go in a test.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Bytes>>>);

impl Kept {
    fn records(&self) -> Vec<Vec<String>> {
        let queries = |body: &Bytes| {
            let seen: Seen<'_> = serde_json::from_slice(body).unwrap();
            seen.searches.iter().map(|search| search.query.clone().into_owned()).collect()
        };
        self.0.lock().unwrap().iter().map(queries).collect()
    }
}

/// A watcher that works on the test's runtime, whose journal answers by turns what `outcomes` says, then only well.
fn watcher(outcomes: Vec<Result<(), Refused>>) -> (Watcher, Kept, Arc<Metrics>) {
    let (metrics, kept) = (Arc::new(Metrics::new()), Kept::default());
    let unseen = Arc::new(Unseen::new(Arc::clone(&metrics), Clock::fixed(0)));
    let (watcher, queue) = Watcher::new(Arc::new(Health::new(1_000)), Arc::clone(&unseen));
    let (journal, mut outcomes) = (kept.clone(), outcomes.into_iter());
    let keep = async move |body| {
        let outcome = outcomes.next().unwrap_or(Ok(()));
        if outcome.is_ok() {
            journal.0.lock().unwrap().push(body);
        }
        outcome
    };
    tokio::spawn(run(queue, Recorder::new(keep, unseen)));
    (watcher, kept, metrics)
}

fn asked(query: &str) -> Asked {
    Asked { index: "products".to_owned(), query: query.to_owned(), analytics: true, ..Asked::default() }
}

fn observed(asked: Vec<Asked>, answer: &serde_json::Value) -> Observed {
    let body = vec![Bytes::from(answer.to_string())];
    Observed { asked, held_out: false, at: 1_000, took: Duration::from_millis(7), encoding: None, body }
}

fn search(query: &str) -> Observed {
    observed(vec![asked(query)], &json!({"hits": [], "nbHits": 0}))
}

fn unseen(metrics: &Metrics) -> Vec<String> {
    let text = metrics.encode();
    let lines = text.lines().filter_map(|line| line.strip_prefix("causeway_searches_unseen_total"));
    lines.map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_within_the_gathering_shares_a_record_in_the_order_in_which_it_was_asked() {
    let (watcher, kept, _) = watcher(Vec::new());
    watcher.saw(search("b"));
    tokio::time::sleep(GATHERED / 2).await;
    watcher.saw(Observed { at: 900, ..search("a") });
    assert!(kept.records().is_empty());
    tokio::time::sleep(GATHERED).await;
    watcher.saw(search("c"));
    tokio::time::sleep(GATHERED * 2).await;
    assert_eq!(kept.records(), [vec!["a", "b"], vec!["c"]]);
}

#[tokio::test(start_paused = true)]
async fn every_query_stands_with_its_own_answer_and_what_builds_the_page_is_no_search() {
    let (watcher, kept, metrics) = watcher(Vec::new());
    let queries = vec![
        asked("shoe"),
        Asked { hits_per_page: Some(0), ..asked("count") },
        Asked { analytics: false, ..asked("robot") },
        Asked { is_facet: true, ..asked("facet") },
        Asked { user_token: Some("ann@example.com".to_owned()), page: 2, ..asked("lost") },
    ];
    let hit = json!({"hits": [{"objectID": "a"}], "nbHits": 21, "page": 1, "hitsPerPage": 20,
        "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "facets": {"brand": {"Apple": 2}}});
    let none = json!({"hits": [], "nbHits": 0});
    let facet = json!({"facetHits": []});
    watcher.saw(Observed {
        held_out: true,
        ..observed(queries, &json!({"results": [hit, none, none, facet, none]}))
    });
    tokio::time::sleep(GATHERED * 2).await;
    let body = kept.0.lock().unwrap()[0].clone();
    let seen: Seen<'_> = serde_json::from_slice(&body).unwrap();
    let [found, lost] = &seen.searches[..] else { panic!("{seen:?}") };
    assert_eq!((found.at, found.took_ms, &*found.index, &*found.query), (1_000, 7, "products", "shoe"));
    assert_eq!((found.nb_hits, found.page, found.hits_per_page), (21, 1, 20));
    assert_eq!((&found.object_ids[..], &found.facets["brand"]), (&["a".into()][..], &"Apple".into()));
    assert_eq!(found.query_id.as_deref(), Some("43b15df305339e827f0ac0bdc5ebcaa7"));
    assert_eq!((&*lost.query, lost.nb_hits, lost.page, lost.held_out), ("lost", 0, 2, true));
    assert_eq!((&lost.user_token, lost.via), (&None, Via::Gateway), "an e-mail address is no token");
    assert_eq!(unseen(&metrics), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_memory_for_is_counted_and_nobody_waits() {
    let (watcher, kept, metrics) = watcher(Vec::new());
    let large = || Observed { body: vec![vec![b' '; MEMORY / 2 - UNIT].into()], ..search("large") };
    let twice = || Observed { asked: vec![asked("one"), asked("two")], ..search("") };
    for observed in [large(), large(), twice(), search("")] {
        watcher.saw(observed);
    }
    assert_eq!(unseen(&metrics), [r#"{reason="memory"} 3"#]);
    tokio::time::sleep(GATHERED * 2).await;
    watcher.saw(search("after"));
    tokio::time::sleep(GATHERED * 2).await;
    assert_eq!(kept.records(), [["after"]]);
    assert!(unseen(&metrics).contains(&r#"{reason="unreadable"} 2"#.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_refuses_is_left_alone_for_a_moment_and_what_waits_meanwhile_is_kept_after() {
    let (watcher, kept, metrics) = watcher(vec![Err(Refused::Full)]);
    watcher.saw(search("lost"));
    tokio::time::sleep(GATHERED * 2).await;
    watcher.saw(search("waits"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((kept.records().len(), unseen(&metrics)), (0, vec![r#"{reason="disk"} 1"#.to_owned()]));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(kept.records(), [["waits"]]);
}

#[tokio::test(start_paused = true)]
async fn while_the_engine_is_too_far_behind_nothing_is_read() {
    let (watcher, kept, metrics) = watcher(Vec::new());
    watcher.health.accepted(1_001);
    watcher.saw(search("a"));
    tokio::time::sleep(GATHERED * 2).await;
    assert_eq!((kept.records().len(), unseen(&metrics)), (0, vec![r#"{reason="backlog"} 1"#.to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn many_searches_become_records_of_bounded_size_and_none_is_missing() {
    let (watcher, kept, _) = watcher(Vec::new());
    let hits: Vec<_> = (0..20).map(|at| json!({"objectID": format!("{at:0>100}")})).collect();
    let answer = json!({"hits": hits, "nbHits": 20});
    for at in 0..1_000 {
        watcher.saw(observed(vec![asked(&at.to_string())], &answer));
    }
    tokio::time::sleep(GATHERED * 2).await;
    let sizes: Vec<usize> = kept.0.lock().unwrap().iter().map(Bytes::len).collect();
    assert!(sizes.len() > 4 && sizes.iter().all(|size| *size < 300 << 10), "{sizes:?}");
    let queries: Vec<String> = kept.records().concat();
    assert_eq!(queries, (0..1_000).map(|at| at.to_string()).collect::<Vec<_>>());
}
