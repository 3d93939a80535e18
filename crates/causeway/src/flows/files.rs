//! Flow files.

use super::{Known, Origin, Problem};
use causeway_engine::flow::{Document, Fault};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The endings of flow files. Plain `.json` is none of them: tracking plans lie beside flows.
const ENDINGS: [&str; 2] = [".toml", ".flow.json"];

/// Reads one flow file; the plan that it names is looked for beside it.
pub fn read_file(path: &Path) -> Result<Document, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Problem::Unreadable { path: path.to_owned(), source })?;
    let home = path.parent().unwrap_or(Path::new(""));
    let plans = |name: &str| {
        std::fs::read_to_string(home.join(name)).map_err(|error| format!("failed to read it: {error}"))
    };
    Ok(Document::read(&text, &path.display().to_string(), &plans)?)
}

/// Reads every flow file of a directory, in the order of their names. Whatever is wrong with any of them is told at once.
pub fn read_directory(directory: &Path) -> Result<Vec<Known>, Problem> {
    let (mut known, mut faults) = (Vec::new(), Vec::new());
    for path in flow_files(directory)? {
        match read_file(&path) {
            Ok(document) => known.push(Known { document, origin: Origin::File(path) }),
            Err(Problem::Faults(found)) => faults.extend(found),
            Err(problem) => faults.push(fault(&path, "file", problem.to_string())),
        }
    }
    faults.extend(repeated(&known));
    if faults.is_empty() { Ok(known) } else { Err(faults.into()) }
}

fn fault(path: &Path, place: &str, message: String) -> Fault {
    Fault { flow: path.display().to_string(), place: place.to_owned(), message }
}

fn flow_files(directory: &Path) -> Result<Vec<PathBuf>, Problem> {
    let unreadable = |source| Problem::Unreadable { path: directory.to_owned(), source };
    let entries: Result<Vec<_>, _> = std::fs::read_dir(directory).map_err(unreadable)?.collect();
    let mut files: Vec<PathBuf> =
        entries.map_err(unreadable)?.into_iter().map(|entry| entry.path()).collect();
    let ends = |path: &PathBuf| ENDINGS.iter().any(|ending| path.to_string_lossy().ends_with(ending));
    files.retain(ends);
    files.sort();
    Ok(files)
}

fn repeated(known: &[Known]) -> Vec<Fault> {
    let mut first = BTreeMap::new();
    let mut faults = Vec::new();
    for flow in known {
        if let Some(earlier) = first.insert(flow.name(), &flow.origin) {
            let message = format!("{earlier} has a flow of this name too; keep one of them");
            faults.push(Fault { flow: flow.origin.to_string(), place: "name".to_owned(), message });
        }
    }
    faults
}
