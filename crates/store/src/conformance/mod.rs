//! A suite that every backend passes.
