//! Refuses to build on an SQLite that cannot wipe erased bytes.

use std::env;

const VARIABLE: &str = "LIBSQLITE3_FLAGS";
const FLAG: &str = "SQLITE_ENABLE_DBPAGE_VTAB";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    if !env::var(VARIABLE).is_ok_and(|flags| flags.contains(FLAG)) {
        println!(
            "cargo::error={VARIABLE} lacks {FLAG}; build inside the repository, whose .cargo/config.toml sets it, or add it"
        );
    }
}
