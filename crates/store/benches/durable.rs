//! How fast the embedded store makes things durable, beside what the disk itself takes.
//!
//! `cargo bench -p causeway-store --bench durable [-- SECONDS]`. The store is made in `CAUSEWAY_BENCH_DIR`, by default
//! in the build's target directory, so that a disk is measured and not a memory file system.

use bytes::Bytes;
use causeway_store::sqlite::{self, Options, Store};
use causeway_store::state::{Block, BlockId, Change, Settlement};
use causeway_store::{Journal, Position, Record, Retention, Source, State};
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

const EVENT_BYTES: usize = 250;

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(5.0);
    let load = Duration::from_secs_f64(seconds);
    println!(
        "{:44} {:>10} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9}",
        "", "a second", "MB/s", "p50 ms", "p99 ms", "p99.9", "max", "CPU us"
    );
    raw_disk("raw: write 64 KB + fdatasync", 64 << 10, load.min(Duration::from_secs(1)));
    raw_disk("raw: write 250 KB + fdatasync", 250 << 10, load.min(Duration::from_secs(1)));
    append("append: 10 requests x 100 events (events)", &requests(10), 100, load);
    append("append: 10 x 100, while a reader tails", &requests(10), 100, load);
    append("append: 1024 x 300 B (records)", &small(1024), 1, load);
    append("append: 16 x 300 B (records)", &small(16), 1, load);
    append("append: 256 x 300 B (records)", &small(256), 1, load);
    append("append: 1 x 300 B (records)", &small(1), 1, load);
    commit("commit: block of 3000 entries, 1 MB (entries)", 0, load);
    commit("commit: the same, 3000 new facts (entries)", 3000, load);
}

/// Times of many calls, and what they did.
struct Run {
    name: &'static str,
    began: Instant,
    processor: Duration,
    times: Vec<Duration>,
}

impl Run {
    fn start(name: &'static str) -> Self {
        Self { name, began: Instant::now(), processor: processor_time(), times: Vec::new() }
    }

    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.times.push(start.elapsed());
        done
    }

    fn report(mut self, things_each: usize, bytes_each: usize) {
        let seconds = self.began.elapsed().as_secs_f64();
        let processor = processor_time().saturating_sub(self.processor);
        self.times.sort();
        let calls = self.times.len() as f64;
        let percentile = |share: f64| self.times[(share * (calls - 1.0)) as usize].as_secs_f64() * 1e3;
        println!(
            "{:44} {:>10.0} {:>9.1} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>9.2}",
            self.name,
            calls * things_each as f64 / seconds,
            calls * bytes_each as f64 / seconds / 1e6,
            percentile(0.5),
            percentile(0.99),
            percentile(0.999),
            percentile(1.0),
            processor.as_secs_f64() * 1e6 / (calls * things_each as f64),
        );
    }
}

/// What this process has used of the processor, kernel and all, to a hundredth of a second. The last column is this for
/// each thing.
fn processor_time() -> Duration {
    let times = std::fs::read_to_string("/proc/self/stat").expect("this runs on Linux");
    let (_, after_name) = times.rsplit_once(')').expect("the name is in brackets");
    let user_and_system = after_name.split_whitespace().skip(11).take(2);
    user_and_system.map(|ticks| Duration::from_millis(10 * ticks.parse::<u64>().expect("a number"))).sum()
}

fn directory() -> tempfile::TempDir {
    let parent = std::env::var("CAUSEWAY_BENCH_DIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").into());
    tempfile::tempdir_in(parent).expect("the bench's directory can be written")
}

fn open(directory: &tempfile::TempDir) -> Store {
    sqlite::open(directory.path(), &Options::default()).expect("an empty directory opens")
}

fn raw_disk(name: &'static str, bytes: usize, load: Duration) {
    let directory = directory();
    let mut file = File::create(directory.path().join("raw")).expect("the bench's directory can be written");
    let noise = noise(bytes);
    let mut run = Run::start(name);
    while run.began.elapsed() < load {
        run.time(|| file.write_all(&noise).and_then(|()| file.sync_data())).expect("the disk takes bytes");
    }
    run.report(1, bytes);
}

fn append(name: &'static str, records: &[Record], things_each: usize, load: Duration) {
    let directory = directory();
    let Store { journal, .. } = open(&directory);
    let bytes = records.iter().map(|record| record.body.len()).sum();
    let mut run = Run::start(name);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        if name.contains("reader") {
            scope.spawn(|| tail(&journal, &done));
        }
        while run.began.elapsed() < load {
            run.time(|| journal.append(records)).expect("the disk has room");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    run.report(records.len() * things_each, bytes);
    let wal = std::fs::metadata(directory.path().join("journal.db-wal")).map_or(0, |wal| wal.len());
    let extent = journal.extent().expect("the journal answers");
    println!("{:44} WAL {} MB, journal {} MB", "", wal >> 20, extent.bytes >> 20);
    if things_each > 1 {
        read_all(&journal, extent.last, bytes / records.len());
        retain_all(&journal, extent.last);
    }
}

fn tail(journal: &impl Journal, done: &std::sync::atomic::AtomicBool) {
    let mut after = Position(0);
    while !done.load(std::sync::atomic::Ordering::Relaxed) {
        let entries = journal.read(after, 4 << 20).expect("the journal can be read");
        after = entries.last().map_or(after, |entry| entry.position);
        black_box(entries);
    }
}

fn read_all(journal: &impl Journal, last: Position, record_bytes: usize) {
    let mut run = Run::start("  read all of it in reads of 4 MB (records)");
    let mut after = Position(0);
    while after < last {
        let entries = run.time(|| journal.read(after, 4 << 20)).expect("the journal can be read");
        after = entries.last().expect("there are more").position;
    }
    let each = last.0 as usize / run.times.len();
    run.report(each, each * record_bytes);
}

fn retain_all(journal: &impl Journal, last: Position) {
    let mut run = Run::start("  remove all of it (records)");
    let policy = Retention { keep_since: i64::MAX, max_bytes: 0, processed: last };
    let removed = run.time(|| journal.retain(policy)).expect("the journal can be cut");
    run.report(removed as usize, 0);
}

fn commit(name: &'static str, facts: u64, load: Duration) {
    let directory = directory();
    let Store { state, .. } = open(&directory);
    let payload = Bytes::from(request(4000, 0).body.to_vec());
    let mut run = Run::start(name);
    for number in 1.. {
        let change = change(number, payload.clone(), facts);
        run.time(|| state.commit(&change)).expect("the disk has room");
        if run.began.elapsed() > load {
            break;
        }
    }
    run.report(3000, payload.len());
}

/// A block, the end of the block before the last, facts under keys far from each other, and a cursor.
fn change(number: u64, payload: Bytes, facts: u64) -> Change {
    let block = Block {
        id: BlockId(number),
        destination: "segment".into(),
        hour: 0,
        from: (Position(number), Position(number)),
        entries: 3000,
        heads: noise(3000 * 32).into(),
        payload,
        settled: Bytes::new(),
    };
    let fact = |n: u64| (hash(number * facts + n).to_be_bytes().to_vec(), Some(noise(60)));
    Change {
        cursor: Some(Position(number)),
        facts: (0..facts).map(fact).collect(),
        outbox: vec![block],
        settlements: vec![Settlement::Finished(BlockId(number.saturating_sub(2)))],
        ..Change::default()
    }
}

/// A request of events that look like those of a shop, so that they compress like them.
fn request(events: u64, seed: u64) -> Record {
    let mut body = String::from("{\"events\":[");
    let first = seed * events;
    for n in first..first + events {
        let separator = if n == first { "" } else { "," };
        let _ = write!(
            body,
            "{separator}{{\"eventType\":\"click\",\"eventName\":\"Product Clicked\",\"index\":\"products_en\",\
             \"userToken\":\"anonymous-{:016x}\",\"timestamp\":{},\"objectIDs\":[\"SKU-{:08}\"],\"positions\":[{}],\
             \"queryID\":\"{:016x}{:016x}\"}}",
            hash(n),
            1_790_000_000_000 + n * 37,
            hash(n + 7) % 100_000_000,
            n % 20,
            hash(n + 1),
            hash(n + 2),
        );
    }
    body.push_str("]}");
    assert!(body.len() as u64 >= events * EVENT_BYTES as u64 * 9 / 10, "events of about {EVENT_BYTES} bytes");
    record(body)
}

/// Requests of 100 events each; none is like another, or they would compress as no shop's do.
fn requests(count: u64) -> Vec<Record> {
    (0..count).map(|seed| request(100, seed)).collect()
}

fn small(count: u64) -> Vec<Record> {
    let meta = Bytes::from_static(b"{\"source\":\"insights\",\"key\":\"k\"}");
    (0..count).map(|seed| Record { meta: meta.clone(), ..request(1, seed) }).collect()
}

fn record(body: String) -> Record {
    Record { source: Source(0), received_at: 1_790_000_000_000, meta: Bytes::new(), body: body.into() }
}

/// Bytes that do not compress.
fn noise(bytes: usize) -> Vec<u8> {
    (0..=bytes as u64 / 8).flat_map(|n| hash(n).to_le_bytes()).take(bytes).collect()
}

fn hash(number: u64) -> u64 {
    let mixed = (number.wrapping_add(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (mixed >> 32)
}
