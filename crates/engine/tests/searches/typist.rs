//! Sessions of people who search, with the searches that an analyst would count: a drawn sequence is the same for the same
//! seed.

use serde_json::{Value, json};

/// A stream of numbers (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// A log-normal gap in milliseconds.
    fn gap(&mut self, median: f64, spread: f64) -> i64 {
        let (one, other) = (self.share().max(1e-12), self.share());
        let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
        (median * (spread * normal).exp()).round() as i64
    }
}

/// How somebody searches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// A keystroke is asked about only after so long without another, as front ends do; 0: each is.
    pub(crate) debounce: i64,
    /// Pauses within a query never reach the settle window. What a debounced front end does not ask about for longer than that
    /// leaves an answer on the page for so long: that is a search of its own by definition.
    pub(crate) window: Option<i64>,
}

/// One query that was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: i64,
    pub(crate) index: &'static str,
    pub(crate) query: String,
    pub(crate) page: u32,
    pub(crate) filters: Option<&'static str>,
}

/// A search that counts: index, text, page, filters.
pub(crate) type Meant = (&'static str, String, u32, Option<&'static str>);

/// What one person asks, and which searches that are.
pub(crate) struct Session {
    pub(crate) asked: Vec<Asked>,
    pub(crate) meant: Vec<Meant>,
}

/// The shop's index and that of its suggestions.
const SHOP: &str = "products";
const SUGGESTIONS: &str = "suggestions";

/// Slower than this nobody's results are looked at.
const LOOKING: f64 = 6_000.0;

struct Typist<'a> {
    dice: &'a mut Dice,
    habits: Habits,
    now: i64,
    text: String,
    suggests: bool,
    keys: Vec<(i64, String)>,
    session: Session,
}

/// Draws a session over these queries.
pub(crate) fn session(dice: &mut Dice, queries: &[String], habits: Habits, start: i64) -> Session {
    let suggests = dice.chance(0.3);
    let session = Session { asked: Vec::new(), meant: Vec::new() };
    let mut typist =
        Typist { dice, habits, now: start, text: String::new(), suggests, keys: Vec::new(), session };
    let mut left = queries.to_vec();
    for _ in 0..=typist.dice.below(4) {
        // Nobody searches for the same twice: within half a minute that would be one search.
        let query = left.swap_remove(typist.dice.below(left.len()));
        typist.search(&query, &left);
    }
    typist.session
}

impl Typist<'_> {
    fn search(&mut self, query: &str, others: &[String]) {
        self.clear();
        if self.dice.chance(0.12) {
            let other = others[self.dice.below(others.len())].clone();
            self.abandon(&other, query);
        }
        self.type_to(query);
        self.flush();
        self.mean(query, 0, None);
        self.look();
        self.go_on(query);
    }

    /// What somebody does with the results.
    fn go_on(&mut self, query: &str) {
        let filters = self.dice.chance(0.15).then_some("brand:Apple");
        if filters.is_some() {
            self.ask(SHOP, query, 0, filters);
            self.session.meant.push((SHOP, query.to_owned(), 0, filters));
            self.look();
        }
        for page in 1..=self.dice.below(8).saturating_sub(5) as u32 {
            self.ask(SHOP, query, page, filters);
            self.session.meant.push((SHOP, query.to_owned(), page, filters));
            if self.dice.chance(0.5) { self.look() } else { self.now += self.dice.gap(900.0, 0.3) }
        }
        if filters.is_none() && self.dice.chance(0.15) {
            // Back from a product: the page asks the same again.
            self.ask(SHOP, query, 0, None);
            self.look();
        }
    }

    /// Types something else first, and clears it at once.
    fn abandon(&mut self, wrong: &str, query: &str) {
        let typed: String = wrong.chars().take(4 + self.dice.below(12)).collect();
        let (typed, first) = (typed.trim_end().to_owned(), query.chars().next());
        if typed.chars().count() < 4 || typed.chars().next() == first {
            return;
        }
        self.type_to(&typed);
        self.now += self.habits.debounce + self.dice.gap(300.0, 0.3);
        self.key();
        self.flush();
        self.mean(&typed, 0, None);
        self.clear();
    }

    fn type_to(&mut self, query: &str) {
        let picks = self.dice.chance(0.25) && query.len() > 6;
        let until = if picks { 3 + self.dice.below(query.len() - 5) } else { usize::MAX };
        for (place, letter) in query.chars().enumerate().take(until).collect::<Vec<_>>() {
            if place > 2 && self.dice.chance(0.03) {
                self.slip(letter);
            }
            self.text.push(letter);
            self.stroke(letter == ' ');
        }
        if picks {
            query.clone_into(&mut self.text);
            self.wait(700.0, 0.4);
            self.key();
        }
    }

    /// A wrong letter, noticed after none, one or two more, deleted again.
    fn slip(&mut self, right: char) {
        let wrong = if right == 'x' { 'q' } else { 'x' };
        let before = self.text.clone();
        self.text.push(wrong);
        self.stroke(false);
        for _ in 0..self.dice.below(3) {
            self.text.push(right);
            self.stroke(false);
        }
        self.wait(350.0, 0.4);
        while self.text.len() > before.len() {
            self.text.pop();
            self.stroke(false);
        }
    }

    /// Deletes all that is in the box, key by key or at once.
    fn clear(&mut self) {
        if self.text.is_empty() {
            return;
        }
        if self.dice.chance(0.5) {
            while !self.text.is_empty() {
                self.text.pop();
                self.now += self.dice.gap(60.0, 0.2);
                self.key();
            }
        } else {
            self.text.clear();
            self.key();
        }
        self.wait(400.0, 0.4);
    }

    fn stroke(&mut self, word_ends: bool) {
        self.key();
        if word_ends && self.dice.chance(0.3) { self.wait(600.0, 0.5) } else { self.wait(170.0, 0.5) }
    }

    fn wait(&mut self, median: f64, spread: f64) {
        self.now += self.dice.gap(median, spread);
        if let (Some(window), Some((last, _))) = (self.habits.window, self.keys.last()) {
            self.now = self.now.min(last + window - 50 - self.habits.debounce);
        }
    }

    fn look(&mut self) {
        self.now += self.dice.gap(LOOKING, 0.6).max(2_500);
    }

    fn key(&mut self) {
        self.keys.push((self.now, self.text.clone()));
    }

    /// Asks what was typed, of those keys after which nothing was typed for long enough.
    fn flush(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        let mut shown: Option<(i64, &str)> = None;
        for (place, (at, text)) in keys.iter().enumerate() {
            let next = keys.get(place + 1).map(|(next, _)| next - at);
            if next.is_none_or(|gap| gap >= self.habits.debounce) {
                self.ask_at(at + self.habits.debounce, text);
                if let (Some((since, shown)), Some(window)) = (shown, self.habits.window)
                    && at - since > window
                    && !shown.is_empty()
                {
                    self.mean(shown, 0, None);
                }
                shown = Some((*at, text));
            }
        }
        self.now += self.habits.debounce;
    }

    fn ask_at(&mut self, at: i64, text: &str) {
        let asked = |index| Asked { at, index, query: text.to_owned(), page: 0, filters: None };
        self.session.asked.push(asked(SHOP));
        if self.suggests {
            self.session.asked.push(asked(SUGGESTIONS));
        }
    }

    fn ask(&mut self, index: &'static str, query: &str, page: u32, filters: Option<&'static str>) {
        self.session.asked.push(Asked { at: self.now, index, query: query.to_owned(), page, filters });
    }

    fn mean(&mut self, query: &str, page: u32, filters: Option<&'static str>) {
        let indexes: &[&'static str] = if self.suggests { &[SHOP, SUGGESTIONS] } else { &[SHOP] };
        for index in indexes {
            self.session.meant.push((index, query.to_owned(), page, filters));
        }
    }
}

impl Asked {
    pub(crate) fn json(&self, token: &str) -> Value {
        let mut search = json!({
            "at": self.at, "index": self.index, "query": self.query, "userToken": token, "page": self.page,
            "queryID": format!("{:032x}", xxh(token, self)), "nbHits": 3, "hitsPerPage": 20, "objectIDs": ["a", "b"],
            "via": "gateway",
        });
        if let Some(filters) = self.filters {
            search["filters"] = filters.into();
        }
        search
    }
}

fn xxh(token: &str, asked: &Asked) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{token} {asked:?}").as_bytes())
}
