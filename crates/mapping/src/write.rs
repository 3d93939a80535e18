//! Running a mapping straight into JSON, without building the result first.

use crate::{
    ResolveError,
    meter::Meter,
    node::{Member, Node},
    value::Value,
};

impl Node {
    /// Appends what this part resolves to; says whether there is anything. Writes the same as resolving would, and
    /// stops soon after `out` is longer than `limit`.
    pub(crate) fn write_json<'e>(
        &'e self,
        scope: Option<&'e Value<'e>>,
        out: &mut Vec<u8>,
        limit: usize,
        meter: &mut Meter,
    ) -> Result<bool, ResolveError> {
        match self {
            Node::Literal(literal) => out.extend_from_slice(&literal.json),
            Node::Object(members) => write_members(members, scope, out, limit, meter)?,
            Node::Path(path) => return path.find(scope).write_json(out, limit),
            Node::Template(template) => template.write_json(scope, out),
            Node::If(condition) => {
                return condition.branch(scope, meter)?.write_json(scope, out, limit, meter);
            }
            other => return other.resolve(scope, meter)?.write_json(out, limit),
        }
        if out.len() > limit { Err(ResolveError::TooLarge) } else { Ok(true) }
    }
}

fn write_members<'e>(
    members: &'e [Member],
    scope: Option<&'e Value<'e>>,
    out: &mut Vec<u8>,
    limit: usize,
    meter: &mut Meter,
) -> Result<(), ResolveError> {
    out.push(b'{');
    let start = out.len();
    for member in members {
        let before = out.len();
        if before > start {
            out.push(b',');
        }
        out.extend_from_slice(&member.json);
        if !member.node.write_json(scope, out, limit, meter)? {
            out.truncate(before);
        }
    }
    out.push(b'}');
    Ok(())
}
