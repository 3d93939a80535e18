//! The key that reports are signed with.

use crate::secret::Secret;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file in the store's directory that a key is made in, where none is configured.
pub const KEY_FILE: &str = "ledger.key";

/// Bytes of an Ed25519 key.
const BYTES: usize = 32;

/// Signs reports.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Signer({})", self.public)
    }
}

impl Signer {
    /// From a configured key: 64 hexadecimal digits.
    pub fn parse(key: &Secret) -> Result<Self, String> {
        let seed = hex::decode(key.expose().trim()).ok().filter(|seed| seed.len() == BYTES);
        let pair = seed.and_then(|seed| Ed25519KeyPair::from_seed_unchecked(&seed).ok());
        let pair =
            pair.ok_or("is no Ed25519 key of 64 hexadecimal digits; make one with `openssl rand -hex 32`")?;
        let public = hex::encode(pair.public_key().as_ref());
        Ok(Self { pair, public })
    }

    /// The configured key, else the store's own, if there is one that may be read.
    pub fn existing(configured: Option<&Secret>, store: &Path) -> Option<Self> {
        let own = || Some(std::fs::read_to_string(store.join(KEY_FILE)).ok()?.as_str().into());
        Self::parse(&configured.cloned().or_else(own)?).ok()
    }

    /// The configured key, else the store's own, which is made if there is none yet.
    pub fn load(configured: Option<&Secret>, store: &Path) -> Result<Self, String> {
        if let Some(key) = configured {
            return Self::parse(key);
        }
        let path = store.join(KEY_FILE);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        if !path.exists() {
            make(&path).map_err(failed)?;
        }
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        Self::parse(&text.as_str().into()).map_err(|fault| format!("{}: {fault}", path.display()))
    }

    /// The public key, hexadecimal.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// A signature, hexadecimal.
    pub fn sign(&self, text: &[u8]) -> String {
        hex::encode(self.pair.sign(text).as_ref())
    }
}

/// Only the owner may read it. It is whole or not there.
fn make(path: &Path) -> std::io::Result<()> {
    let mut seed = [0; BYTES];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    let unfinished = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{}", hex::encode(seed))?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}
