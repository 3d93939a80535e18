//! Servers as processes of their own: this program again, in another role, on a processor of its own.

use std::ffi::OsStr;
use std::fs;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Where our server runs.
pub(crate) const SERVER_CPU: usize = 0;

/// Where the load and the stand-ins run.
pub(crate) const LOAD_CPU: usize = 1;

const ROLE: &str = "CAUSEWAY_BENCH_ROLE";
const CPU: &str = "CAUSEWAY_BENCH_CPU";

/// What a child process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The real program.
    Causeway,
    /// A server that only reads bodies.
    Bare,
    /// A host that answers searches.
    Host,
}

/// The role that this process was started in, if it is a child.
pub(crate) fn role() -> Option<Role> {
    let role = std::env::var(ROLE).ok()?;
    Role::ALL.into_iter().find(|known| known.name() == role)
}

impl Role {
    const ALL: [Self; 3] = [Self::Causeway, Self::Bare, Self::Host];

    fn name(self) -> &'static str {
        match self {
            Self::Causeway => "causeway",
            Self::Bare => "bare",
            Self::Host => "host",
        }
    }

    /// Pins the process and becomes the server.
    pub(crate) fn run(self) -> ExitCode {
        if let Some(cpu) = std::env::var(CPU).ok().and_then(|cpu| cpu.parse().ok()) {
            pin(cpu);
        }
        match self {
            Self::Causeway => causeway::cli::main(),
            Self::Bare => crate::bare::run(),
            Self::Host => crate::host::run(),
        }
    }
}

/// Keeps this process on one processor. A machine with a single one runs everything there.
pub(crate) fn pin(cpu: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    if rustix::thread::sched_setaffinity(None, &set).is_err() {
        eprintln!("processor {cpu} is not to be had; ratios will suffer");
    }
}

/// A child process; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts this program in a role on a processor.
    pub(crate) fn start(role: Role, cpu: usize, arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(ROLE, role.name()).env(CPU, cpu.to_string()).args(arguments);
        Ok(Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
    }

    /// Processor time used so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            // A thread may end between being listed and being read.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            total += text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(total))
    }

    /// Resident memory in MiB: now, and at its highest.
    pub(crate) fn memory(&self) -> anyhow::Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        Ok((field("VmRSS:").unwrap_or(0) / 1024, field("VmHWM:").unwrap_or(0) / 1024))
    }
}

impl Process {
    /// Ends it where it stands (SIGKILL).
    pub(crate) fn kill(&mut self) {
        // A process that ended by itself is what we want anyway.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
