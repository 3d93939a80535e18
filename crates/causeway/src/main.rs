//! Causeway: connects Algolia and Segment in both directions.

use std::process::ExitCode;

/// Freed memory goes back to the system sooner and threads contend less than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    causeway::cli::main()
}
