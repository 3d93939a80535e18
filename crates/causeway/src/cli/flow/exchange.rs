//! `causeway flow export` and `causeway flow import`: flows as files.

use super::{described, find, stored, versions};
use crate::cli::audit::user;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::remote;
use crate::cli::streams::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::flows::{self, Catalogue, Change, Desk, Known};
use causeway_engine::flow::{Document, Flow};
use causeway_store::State;
use http::Method;
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How an import goes about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) dry_run: bool,
    pub(super) yes: bool,
}

pub(super) fn export(
    catalogue: &Catalogue,
    names: &[String],
    to: &str,
    json: bool,
) -> Result<Outcome, Failure> {
    let chosen: Vec<&Known> = match names {
        [] => catalogue.known().iter().collect(),
        names => names.iter().map(|name| find(catalogue, name)).collect::<Result<_, _>>()?,
    };
    match to {
        "stdout" | "-" if json => chosen.iter().try_for_each(|known| print(&whole(known)))?,
        "stdout" | "-" => print_one(&chosen)?,
        directory => write_all(&chosen, Path::new(directory))?,
    }
    Ok(Outcome::Fine)
}

fn whole(known: &Known) -> String {
    let mut line = described(known);
    line["text"] = known.document.text().into();
    line.to_string()
}

fn print_one(chosen: &[&Known]) -> Result<(), Failure> {
    match chosen {
        [known] => print(known.document.text().trim_end()),
        others => Err(Failure::usage(format!(
            "a file holds one flow, and there are {}; name one, or give --to DIR",
            others.len()
        ))),
    }
}

fn write_all(chosen: &[&Known], directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)?;
    chosen.iter().try_for_each(|known| write(&known.document, directory))
}

/// Writes a flow's file, and the plan beside it: a plan is read and compared as a file of its own.
fn write(document: &Document, directory: &Path) -> Result<(), Failure> {
    let name = &document.definition().name;
    let mut document = document.clone();
    if let Some(plan) = document.definition().inline_plan() {
        let file = format!("{name}.plan.json");
        std::fs::write(directory.join(&file), plan)?;
        print(&directory.join(&file).display().to_string())?;
        document = document.with_plan(file);
    }
    let path = directory.join(format!("{name}.{}", document.extension()));
    std::fs::write(&path, document.text())?;
    print(&path.display().to_string())
}

pub(super) fn import(config: &Config, files: &[PathBuf], mode: Mode, json: bool) -> Result<Outcome, Failure> {
    let documents = read(files)?;
    let preview = previewed(config, &documents)?;
    if mode.dry_run {
        show(&preview, json)?;
        return Ok(Outcome::Fine);
    }
    if !json {
        show(&preview, json)?;
    }
    if !mode.yes && !agreed()? {
        print("nothing was imported")?;
        return Ok(Outcome::Fine);
    }
    keep(config, &documents)?;
    if json { show(&preview, json) } else { print(&format!("{} imported", documents.len())) }?;
    Ok(Outcome::Fine)
}

/// Reads and compiles every file; answers what is wrong with all of them at once.
fn read(files: &[PathBuf]) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        match flows::read_file(file).and_then(compilable) {
            Ok(document) => documents.push(document),
            Err(flows::Problem::Faults(faults)) => wrong.extend(
                faults.iter().map(|fault| format!("{}: {}: {}", file.display(), fault.place, fault.message)),
            ),
            Err(problem) => return Err(problem.into()),
        }
    }
    if wrong.is_empty() { Ok(documents) } else { Err(Failure::usage(wrong.join("\n"))) }
}

fn compilable(document: Document) -> Result<Document, flows::Problem> {
    Flow::compile(document.definition(), &|_| Err("it was not read".to_owned()))?;
    Ok(document)
}

fn previewed(config: &Config, documents: &[Document]) -> Result<Vec<Change>, Failure> {
    let shelf = stored(config)?.map(|store| Arc::new(store.state) as Arc<dyn State>);
    Ok(versions::desk(config, shelf)?.preview(documents)?)
}

fn show(changes: &[Change], json: bool) -> Result<(), Failure> {
    changes
        .iter()
        .try_for_each(|change| print(&if json { json!(change).to_string() } else { change.to_string() }))
}

/// Asks whoever sits at the terminal. A script has said yes by running the command.
fn agreed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Ok(true);
    }
    print!("import? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn keep(config: &Config, documents: &[Document]) -> Result<(), Failure> {
    let author = user();
    let names: Vec<&str> = documents.iter().map(|document| document.definition().name.as_str()).collect();
    let here = |desk: &Desk, state: &dyn State| {
        let import = || desk.import(documents, &author, Clock::system().now());
        versions::noted(desk, state, ("flow import", &names), import).map(drop)
    };
    let texts: Vec<_> = documents.iter().map(|document| json!({ "text": document.text() })).collect();
    let body = json!({ "flows": texts, "author": author });
    let there = || remote::send(config, Method::PUT, "/api/flows", &body).map(drop);
    versions::here_or_there(config, here, there)
}
