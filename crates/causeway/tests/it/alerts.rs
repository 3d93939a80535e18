//! People are told what is wrong, once, and that it is well again.

use crate::events::views;
use crate::process::causeway;
use crate::receivers::{LOGIN, MailServer, Place};
use crate::stage::{Scene, Stage, until};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use causeway::alerts::receivers::Tls;
use causeway::alerts::{Condition, Severity};
use causeway::config::Settings;
use causeway::config::settings::{AlertWebhook, Email, PagerDuty, Slack};
use causeway::config::units::Span;
use causeway_sandbox::{Fault, Target};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const VENDOR: &str = "vendor/segment";

/// More than it takes until something is told, and until its recovery is.
const HOLD_MS: i64 = 31_000;
const RECOVER_MS: i64 = 121_000;

/// Looks often, and asks the sandbox about keys. What the machine's own disk is like is of no interest.
fn watching(settings: &mut Settings) {
    settings.alerts.every = Span::ms(20);
    settings.alerts.off = vec![Condition::Disk];
    settings.algolia.search_hosts = settings.algolia.insights_url.clone().map(|url| vec![url]);
}

fn slack(place: &Place) -> Slack {
    Slack { url: place.url().as_str().into(), at_least: None }
}

fn webhook(place: &Place) -> AlertWebhook {
    AlertWebhook { url: place.url().as_str().into(), secret: WEBHOOK_SECRET.into(), at_least: None }
}

fn pagerduty(place: &Place) -> PagerDuty {
    PagerDuty { routing_key: ROUTING_KEY.into(), url: Some(place.url()), at_least: Some(Severity::Critical) }
}

fn email(server: &MailServer, tls: Tls, password: &str) -> Email {
    Email {
        host: "localhost".to_owned(),
        port: Some(server.port()),
        tls: Some(tls),
        ca_file: None,
        username: Some(LOGIN.0.to_owned()),
        password: Some(password.into()),
        from: "Causeway <causeway@example.com>".to_owned(),
        to: vec!["ops@example.com".to_owned()],
        at_least: None,
    }
}

async fn alerts(stage: &Stage) -> Value {
    stage.admin("GET", "/api/alerts").await.json()
}

async fn alert(stage: &Stage, key: &str) -> Value {
    let mut alerts = alerts(stage).await;
    let open = alerts["open"].as_array_mut().unwrap().iter_mut();
    open.filter(|alert| alert["key"] == key).map(Value::take).next().unwrap_or_default()
}

/// Waits until an alert is in this state, and fits.
async fn until_it_is(stage: &Stage, key: &str, state: &str, fits: impl Fn(&Value) -> bool) {
    let began = Instant::now();
    loop {
        let found = alert(stage, key).await;
        if found["state"].as_str().unwrap_or("over") == state && fits(&found) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(15), "{key} is not {state}: {found}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Time for a dozen looks.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[test]
fn a_refused_write_key_is_told_once_everywhere_and_so_is_its_recovery_even_over_a_restart() {
    let (chat, hook, pager, mail) = (Place::new(), Place::new(), Place::new(), MailServer::new());
    let settings = {
        let (chat, hook, pager) = (slack(&chat), webhook(&hook), pagerduty(&pager));
        let mail = email(&mail, Tls::None, LOGIN.1);
        move |settings: &mut Settings| {
            watching(settings);
            settings.alerts.slack.insert("ops".to_owned(), chat);
            settings.alerts.webhook.insert("own".to_owned(), hook);
            settings.alerts.pagerduty.insert("night".to_owned(), pager);
            settings.alerts.email.insert("team".to_owned(), mail);
        }
    };
    Scene::new().with(settings).play(async |stage| {
        [&chat, &hook, &pager].into_iter().for_each(Place::open);
        mail.open();
        let told = || [chat.count(), hook.count(), pager.count(), mail.mails().len()];
        stage.sandbox.set_fault(Fault::status(Target::Segment, 401));
        stage.accept(&views(7770..7773)).await;
        until_it_is(stage, VENDOR, "pending", |_| true).await;
        a_while().await;
        assert_eq!(told(), [0; 4], "it has to hold first");
        stage.pass(HOLD_MS);
        until_it_is(stage, VENDOR, "firing", |_| true).await;
        until("everybody is told", || told() == [1; 4]).await;
        stage.restart().await;
        until_it_is(stage, VENDOR, "firing", |_| true).await;
        stage.pass(HOLD_MS);
        a_while().await;
        assert_eq!(told(), [1; 4], "nobody is told twice");
        listed_by_the_command(stage);

        stage.sandbox.clear_faults();
        stage.settled().await;
        until_it_is(stage, VENDOR, "recovering", |_| true).await;
        stage.pass(RECOVER_MS);
        until("everybody is told that it is over", || told() == [2; 4]).await;
        assert_eq!(alerts(stage).await["recent"][0]["key"], VENDOR);

        let [chat, hook, pager] = [&chat, &hook, &pager].map(Place::bodies);
        let line = |at: usize| chat[at]["text"].as_str().unwrap();
        assert_eq!(line(0), "[causeway] CRITICAL: Segment denies access");
        assert_eq!(line(1), "[causeway] Recovered: Segment denies access");
        let kinds = hook.iter().map(|body| body["data"]["alerts"][0]["kind"].clone());
        assert_eq!(kinds.collect::<Vec<_>>(), ["firing", "recovered"]);
        let actions = pager.iter().map(|body| body["event_action"].clone());
        assert_eq!(actions.collect::<Vec<_>>(), ["trigger", "resolve"]);
        assert_eq!(pager[0]["dedup_key"], pager[1]["dedup_key"]);
        let mails = mail.mails();
        assert!(mails[0].contains("Subject: [causeway] CRITICAL: Segment denies access\r\n"), "{mails:?}");
        assert!(
            mails[1].contains("To: ops@example.com\r\n") && mails[1].contains("It lasted from"),
            "{mails:?}"
        );
        let everything = format!("{chat:?}{hook:?}{pager:?}{mails:?}");
        for secret in ["person-", "o-777", "Product Viewed", "sandbox-write-key"] {
            assert!(!everything.contains(secret), "{secret} is nobody's business: {everything}");
        }
    });
}

fn listed_by_the_command(stage: &Stage) {
    std::fs::write(stage.home().join("causeway.toml"), "[store]\npath = \"data\"").unwrap();
    let listed = causeway(stage.home(), &["alerts", "list"], "").ended(1).out;
    assert!(listed.contains("critical  firing") && listed.contains(VENDOR), "{listed}");
}

#[test]
fn dead_letters_of_one_cause_are_one_notice_with_count_and_example() {
    let chat = Place::new();
    let to = slack(&chat);
    let settings = |settings: &mut Settings| {
        watching(settings);
        settings.alerts.slack.insert("ops".to_owned(), to);
    };
    Scene::new().with(settings).play(async |stage| {
        chat.open();
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        stage.accept(&views(0..3)).await;
        stage.settled().await;
        let key = "dead-letters/search-events/segment/refused";
        until_it_is(stage, key, "pending", |alert| alert["facts"]["count"] == "3").await;
        stage.pass(HOLD_MS);
        until("it is told", || chat.count() == 1).await;
        let told = chat.bodies().remove(0).to_string();
        let example = alert(stage, key).await["facts"]["example"].as_str().unwrap().to_owned();
        assert!(told.contains("3 events died within 1h") && told.contains(&example), "{told}");
        assert!(stage.dead_letters().await.iter().any(|letter| letter["id"] == *example));
        stage.restart().await;
        a_while().await;
        until_it_is(stage, key, "firing", |alert| alert["facts"]["count"] == "3").await;
        stage.pass(3_700_000);
        until_it_is(stage, key, "recovering", |_| true).await;
        stage.pass(RECOVER_MS);
        until("its end is told", || chat.count() == 2).await;
    });
}

#[test]
fn a_receiver_that_is_down_holds_up_nobody_is_reported_and_gets_everything_later_as_one() {
    let (chat, hook) = (Place::new(), Place::new());
    let to = (slack(&chat), webhook(&hook));
    let settings = |settings: &mut Settings| {
        watching(settings);
        settings.alerts.slack.insert("ops".to_owned(), to.0);
        settings.alerts.webhook.insert("own".to_owned(), to.1);
    };
    Scene::new().with(settings).play(async |stage| {
        [&chat, &hook].into_iter().for_each(Place::open);
        chat.status.store(503, Ordering::SeqCst);
        stage.trouble.journal_damaged.store(true, Ordering::SeqCst);
        until_it_is(stage, "store/damaged", "pending", |_| true).await;
        stage.pass(HOLD_MS);
        until("the other one is told", || hook.count() == 1).await;
        let failing = async |stage: &Stage| alerts(stage).await["receivers"][0].clone();
        while failing(stage).await["failing"].is_null() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(
            (&failing(stage).await["receiver"], &failing(stage).await["waiting"]),
            (&json!("slack.ops"), &json!(1))
        );
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.contains("causeway_notices_failed_total{receiver=\"slack.ops\"}"), "{metrics}");
        assert!(metrics.contains("causeway_notices_sent_total{receiver=\"webhook.own\"} 1"), "{metrics}");
        assert!(metrics.contains("causeway_alerts_open{severity=\"critical\"} 1"), "{metrics}");

        stage.restart().await;
        assert_eq!(failing(stage).await["waiting"], 1, "what it has not taken outlasts a restart");
        stage.trouble.journal_damaged.store(false, Ordering::SeqCst);
        until_it_is(stage, "store/damaged", "recovering", |_| true).await;
        stage.pass(RECOVER_MS);
        until("the other one is told the end", || hook.count() == 2).await;
        chat.status.store(200, Ordering::SeqCst);
        until("the first one is told as well", || chat.count() == 1).await;
        assert!(chat.bodies()[0]["text"].as_str().unwrap().contains("Recovered"), "{:?}", chat.bodies());
    });
}

#[test]
fn what_is_held_back_in_quiet_hours_is_told_at_their_end() {
    let chat = Place::new();
    let to = slack(&chat);
    let settings = |settings: &mut Settings| {
        watching(settings);
        settings.alerts.slack.insert("ops".to_owned(), to);
        let now = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).time();
        let hour = |hours: i64| jiff::SignedDuration::from_hours(hours);
        settings.alerts.quiet_hours.from = Some(now.wrapping_sub(hour(1)).to_string());
        settings.alerts.quiet_hours.to = Some(now.wrapping_add(hour(1)).to_string());
        settings.alerts.quiet_hours.critical_passes = false;
    };
    Scene::new().with(settings).play(async |stage| {
        chat.open();
        stage.trouble.journal_damaged.store(true, Ordering::SeqCst);
        until_it_is(stage, "store/damaged", "pending", |_| true).await;
        stage.pass(HOLD_MS);
        until_it_is(stage, "store/damaged", "firing", |_| true).await;
        a_while().await;
        assert_eq!((chat.count(), &alerts(stage).await["quiet"]), (0, &json!(true)));
        stage.restart().await;
        stage.pass(3_700_000);
        until("it is told", || chat.count() == 1).await;
        let told = chat.bodies().remove(0).to_string();
        assert!(told.contains("Held back during quiet hours"), "{told}");
        a_while().await;
        assert_eq!(chat.count(), 1);
    });
}

#[test]
fn a_test_notice_is_signed_goes_to_whom_it_is_meant_for_and_an_alert_is_acknowledged() {
    let (chat, hook, pager) = (Place::new(), Place::new(), Place::new());
    let to = (slack(&chat), webhook(&hook), pagerduty(&pager));
    let settings = |settings: &mut Settings| {
        watching(settings);
        settings.alerts.slack.insert("ops".to_owned(), to.0);
        settings.alerts.webhook.insert("ops".to_owned(), to.1);
        settings.alerts.pagerduty.insert("night".to_owned(), to.2);
    };
    Scene::new().with(settings).play(async |stage| {
        [&chat, &hook, &pager].into_iter().for_each(Place::open);
        let post = async |route: &str, body: Value| {
            stage.admin_with("POST", &format!("/api/alerts/{route}"), &[], body.to_string()).await
        };
        let tried = post("test", json!({"receiver": "webhook.ops"})).await.json();
        assert_eq!(tried, json!({"results": [{"receiver": "webhook.ops", "sent": true, "error": null}]}));
        signed(&hook);
        assert_eq!(post("test", json!({"receiver": "nobody"})).await.status, 404);
        chat.status.store(404, Ordering::SeqCst);
        let tried = post("test", json!({})).await.json();
        let error = tried["results"][1]["error"].as_str().unwrap();
        assert!(error.contains("404") && !error.contains(&chat.url()), "{tried}");
        assert_eq!((tried["results"].as_array().unwrap().len(), hook.count()), (3, 2));
        let actions = || pager.bodies().iter().map(|body| body["event_action"].clone()).collect::<Vec<_>>();
        assert_eq!(actions(), ["trigger", "resolve"]);

        assert_eq!(post("acknowledge", json!({"key": "store/damaged"})).await.status, 404);
        stage.trouble.journal_damaged.store(true, Ordering::SeqCst);
        until_it_is(stage, "store/damaged", "pending", |_| true).await;
        stage.pass(HOLD_MS);
        until("it is told", || pager.count() == 3).await;
        assert_eq!(post("acknowledge", json!({"key": "store/damaged", "by": "Ann"})).await.status, 200);
        until("it is acknowledged there", || actions().last() == Some(&json!("acknowledge"))).await;
        assert_eq!(alert(stage, "store/damaged").await["acknowledged"], "Ann");
        stage.trouble.journal_damaged.store(false, Ordering::SeqCst);
    });
}

/// Checks the signature as a receiver does.
fn signed(hook: &Place) {
    let taken = hook.taken().remove(0);
    let header = |name: &str| taken.headers[name].to_str().unwrap().to_owned();
    let key = BASE64_STANDARD.decode(&WEBHOOK_SECRET[6..]).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&taken.body);
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), expected);
}

#[test]
fn a_key_that_expires_is_told_before_it_does() {
    let (chat, keys) = (Place::new(), Place::answering("{\"acl\":[\"search\"],\"validity\":259200}"));
    let to = (slack(&chat), keys.url());
    let settings = |settings: &mut Settings| {
        watching(settings);
        settings.alerts.slack.insert("ops".to_owned(), to.0);
        settings.algolia.search_hosts = Some(vec![to.1]);
    };
    Scene::new().with(settings).play(async |stage| {
        [&chat, &keys].into_iter().for_each(Place::open);
        until_it_is(stage, "credentials/algolia.api_key", "pending", |_| true).await;
        stage.pass(HOLD_MS);
        until("it is told", || chat.count() == 1).await;
        let told = chat.bodies().remove(0).to_string();
        assert!(told.contains("algolia.api_key expires") && told.contains("another 2d 23h"), "{told}");
    });
}

#[test]
fn mail_is_encrypted_before_the_password_is_said_and_not_sent_where_that_is_not_possible() {
    let home = TempDir::new().unwrap();
    let authority = home.path().join("authority.pem");
    let (encrypted, plain) = (MailServer::encrypted(&authority), MailServer::new());
    let to = [
        Email { ca_file: Some(authority), ..email(&encrypted, Tls::Starttls, LOGIN.1) },
        email(&encrypted, Tls::Starttls, LOGIN.1),
        email(&plain, Tls::Starttls, LOGIN.1),
        email(&plain, Tls::None, "wrong-s3cret"),
    ];
    let settings = |settings: &mut Settings| {
        watching(settings);
        let names = ["good", "stranger", "plain", "wrong"].map(str::to_owned);
        settings.alerts.email.extend(names.into_iter().zip(to));
    };
    Scene::new().with(settings).play(async |stage| {
        encrypted.open();
        plain.open();
        let tried = stage.admin_with("POST", "/api/alerts/test", &[], "").await.json();
        let results = tried["results"].as_array().unwrap().iter();
        let sent = results.map(|result| (result["receiver"].as_str().unwrap(), result["sent"] == true));
        let expected =
            [("email.good", true), ("email.plain", false), ("email.stranger", false), ("email.wrong", false)];
        assert_eq!(sent.collect::<Vec<_>>(), expected, "{tried}");
        assert!(!tried.to_string().contains("s3cret"), "{tried}");
        assert!(encrypted.mails()[0].contains("This is a test"), "{:?}", encrypted.mails());
        let clear = encrypted.clear.lock().unwrap().clone();
        assert!(
            clear.iter().all(|line| line.starts_with("EHLO") || line.starts_with("STARTTLS")),
            "{clear:?}"
        );
        let clear = plain.clear.lock().unwrap().iter().filter(|line| line.starts_with("AUTH")).count();
        assert_eq!(clear, 1, "only who was told to speaks in clear");
    });
}

#[test]
fn the_command_tries_receivers_of_the_configuration_without_a_bridge() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hook = Place::new();
    runtime.block_on(async { hook.open() });
    let directory = TempDir::new().unwrap();
    let at = directory.path();
    let text = format!("[alerts.webhook.own]\nurl = \"{}\"\nsecret = \"{WEBHOOK_SECRET}\"", hook.url());
    std::fs::write(at.join("causeway.toml"), text).unwrap();
    assert!(causeway(at, &["alerts", "test", "own"], "").ended(0).out.contains("webhook.own: sent"));
    signed(&hook);
    causeway(at, &["alerts", "test", "nobody"], "").ended(2);
    hook.status.store(500, Ordering::SeqCst);
    let tried = causeway(at, &["--json", "alerts", "test"], "").ended(1).json();
    assert_eq!(tried["results"][0]["sent"], false, "{tried}");
    std::fs::write(at.join("causeway.toml"), "").unwrap();
    assert!(causeway(at, &["alerts", "test"], "").ended(2).err.contains("nobody is told"));
}
