//! The real program in a process of its own.

use crate::http::{Answer, Http};
use crate::stage::{APP, KEY};
use causeway_sandbox::Sandbox;
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the program may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory with a `causeway.toml`, and ports of its own.
pub(crate) struct Home {
    pub(crate) directory: TempDir,
    pub(crate) public: u16,
    pub(crate) admin: u16,
    http: Http,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The one JSON document that it printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON documents that it printed, one a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Itself, if it ended with this code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs the program in a directory, with this on standard input.
pub(crate) fn causeway(directory: &Path, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.current_dir(directory).args(arguments).env_remove("CAUSEWAY_CONFIG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone before everything is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Ports in one block; each test process has a block of its own.
const BLOCK: u16 = 200;

/// The first port of this process's block, held as long as the process lives, so that no other takes the block: a
/// bridge that is killed leaves its port free for a moment. Below the ports that systems give to clients.
fn block() -> u16 {
    static HELD: OnceLock<(u16, TcpListener)> = OnceLock::new();
    let take = || {
        let blocks = (0..100).map(|step| 10_000 + (std::process::id() as u16 % 100 + step) % 100 * BLOCK);
        let mut free = blocks.filter_map(|port| Some((port, TcpListener::bind(("127.0.0.1", port)).ok()?)));
        free.next().expect("a hundred test processes at once are too many")
    };
    HELD.get_or_init(take).0
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    loop {
        let port = block() + NEXT.fetch_add(1, Ordering::SeqCst) % BLOCK;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Home {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let (public, admin) = (free_port(), free_port());
        let text = format!(
            r#"
            listen = "127.0.0.1:{public}"
            [admin]
            listen = "127.0.0.1:{admin}"
            [store]
            reserve = "0 B"
            [algolia]
            app_id = "SANDBOXAPP"
            api_key = "sandbox-search-key"
            insights_url = "{url}"
            [segment]
            write_key = "sandbox-write-key"
            tracking_url = "{url}"
            [recipes]
            search-events = true
            [delivery]
            linger = "5ms"
            retry_first = "10ms"
            retry_longest = "50ms"
            drain = "2s"
            "#,
            url = sandbox.url()
        );
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("causeway.toml"), text).unwrap();
        Self { directory, public, admin, http: Http::new() }
    }

    /// Adds lines to a table of the configuration.
    pub(crate) fn set(&self, table: &str, lines: &str) {
        let path = self.directory.path().join("causeway.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let head = format!("[{table}]\n");
        let text = if text.contains(&head) { text } else { format!("{text}\n{head}") };
        let text = text.replace(&head, &format!("{head}{lines}\n"));
        std::fs::write(path, text).unwrap();
    }

    /// Runs a command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        causeway(self.directory.path(), arguments, "")
    }

    /// Starts `causeway run`; when this returns, it is ready.
    pub(crate) async fn start(&self) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
        command.arg("run");
        self.start_by(command).await
    }

    /// The same where the system lets the process open so few files.
    pub(crate) async fn start_with_few_files(&self, files: u32) -> Running {
        self.start_after(&[], &format!("ulimit -n {files}")).await
    }

    /// The same after commands of the shell, which `wrapper` runs.
    pub(crate) async fn start_after(&self, wrapper: &[&str], commands: &str) -> Running {
        self.start_by(shell(wrapper, &format!("{commands}; exec \"$0\" run"))).await
    }

    async fn start_by(&self, mut command: Command) -> Running {
        let log = std::fs::File::create(self.directory.path().join("log")).unwrap();
        command.current_dir(self.directory.path()).env_remove("CAUSEWAY_CONFIG");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut running = Running { child };
        let began = Instant::now();
        while self.get(self.public, "/readyz").await.is_none_or(|answer| answer.status != 200) {
            let ended = running.child.try_wait().unwrap();
            assert!(began.elapsed() < PATIENCE && ended.is_none(), "{ended:?} {}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running
    }

    /// Changes what the configuration says.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let path = self.directory.path().join("causeway.toml");
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// The answer to a question to the admin side.
    pub(crate) async fn ask(&self, path: &str) -> Answer {
        self.get(self.admin, path).await.expect("an answer")
    }

    /// Waits until the metrics have this line.
    pub(crate) async fn until_measured(&self, line: &str) {
        let began = Instant::now();
        while !self.ask("/metrics").await.text().lines().any(|found| found == line) {
            assert!(began.elapsed() < PATIENCE, "{line} never came\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    pub(crate) async fn get(&self, port: u16, path: &str) -> Option<Answer> {
        self.http.try_send("GET", &format!("http://127.0.0.1:{port}{path}"), &[], "").await
    }

    /// Posts events; nothing if no answer came.
    pub(crate) async fn try_events(&self, events: &[Value]) -> Option<Answer> {
        let url = format!("http://127.0.0.1:{}/1/events", self.public);
        self.http.try_send("POST", &url, &[APP, KEY], json!({ "events": events }).to_string()).await
    }

    /// Posts events that must be accepted.
    pub(crate) async fn accept(&self, events: &[Value]) {
        let answer = self.try_events(events).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Waits until the running bridge has processed everything and nothing is pending.
    pub(crate) async fn settled(&self) {
        let began = Instant::now();
        loop {
            // In this order: what is processed when the metrics are read is pending or done when the ledger is.
            let metrics = self.get(self.admin, "/metrics").await.expect("an answer").text();
            let ledger = self.get(self.admin, "/api/ledger").await.expect("an answer").json();
            let flows = ledger["flows"].as_array().unwrap();
            let lag = metrics.lines().any(|line| line == "causeway_journal_lag_records 0");
            if lag && !flows.is_empty() && flows.iter().all(|flow| flow["pending"] == 0) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "still pending: {ledger}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A command that has the shell run these, with the program as `$0`.
pub(crate) fn shell(wrapper: &[&str], commands: &str) -> Command {
    let mut words = wrapper.iter().chain(&["sh", "-c"]);
    let mut command = Command::new(words.next().expect("a word"));
    command.args(words).args([commands, env!("CARGO_BIN_EXE_causeway")]);
    command
}

/// A running bridge; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// SIGTERM; answers the exit code.
    pub(crate) async fn terminate(mut self) -> i32 {
        self.signal("-TERM");
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(began.elapsed() < PATIENCE, "it does not stop");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already, after `kill` and `terminate`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Plays a story with the sandbox as both vendors and the program beside it; at its end the ledger in the store must
/// balance.
pub(crate) fn play(story: impl AsyncFnOnce(&Sandbox, &Home)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(causeway_sandbox::Options::default()).await.unwrap();
        let home = Home::new(&sandbox);
        story(&sandbox, &home).await;
        home.run(&["ledger"]).ended(0);
        sandbox.stop().await;
    });
}
