//! The reference: which types map to which, what is accepted and emitted, what errors say.

pub mod accepted {
    //! What is accepted.
}
pub mod types {
    //! Types.
}
