//! Mapping Kit and FQL.
pub mod limits;
pub mod value;

mod compile;
mod fql;
mod liquid;
mod mapping;
mod meter;
mod node;
mod path;
mod query;
mod replace;
mod run;
mod template;
#[cfg(test)]
mod testing;
mod text;
mod tree;
mod write;

pub use compile::Fault;
pub use fql::{Notice, SyntaxError, TreeError, Trigger};
pub use liquid::probe::{LiquidProbe, Saw, Sighting};
pub use mapping::{Mapping, ResolveError};
pub use value::{Number, Object, ParseError, Value};
