//! What the server costs, beside bare hyper and the peers: the parts of the program `server`.
//!
//! ```text
//! Contender (a program that serves) -> Child (its process) <- Exchange by Connection (checked) and by wrk (timed)
//! ```
//!
//! Every contender is a process of its own, so that its processor time and its memory are known to the system. The load is on
//! another processor.

pub mod child;
pub mod client;
pub mod exchange;
pub mod load;
pub mod multicall;
pub mod peers;
