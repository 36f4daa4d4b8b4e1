//! The commands, a module each: what it takes, and what it does.

mod batch;
pub(crate) mod call;
pub(crate) mod completions;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod generate;
pub(crate) mod help;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod multicall;
pub(crate) mod proxy;
pub(crate) mod serve;
pub(crate) mod signature;
