//! Looking into an envelope without believing it.

use crate::code::Rejection;
use crate::envelope::Envelope;
use crate::manifest::Statement;
use crate::statement;

/// A statement that nobody has verified: for showing what an envelope claims, and to whom it still
/// has to go for signing. It can never become a [`crate::Bundle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    statement: Statement,
    claimed_signers: Vec<String>,
}

impl Unverified {
    /// What an envelope claims. Its texts are foreign: escape them before they reach a terminal.
    ///
    /// # Errors
    /// When it has not even the shape of a bundle's envelope.
    pub fn read(envelope: &Envelope) -> Result<Self, Rejection> {
        let statement = statement::read(envelope.payload())?;
        let claimed_signers = envelope.claimed_signers().map(str::to_owned).collect();
        Ok(Unverified {
            statement,
            claimed_signers,
        })
    }

    /// The statement that was perhaps signed.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The key ids that claim to have signed.
    #[must_use]
    pub fn claimed_signers(&self) -> &[String] {
        &self.claimed_signers
    }
}
