//! Speed of mappings and triggers.

fn main() {}
