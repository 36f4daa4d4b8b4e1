//! What codec and server cost, beside JSON and their peers: the parts that the programs of this package share.
//!
//! ```text
//! workloads -> Document (value, XML, JSON) -> contenders -> Contender (checked, then timed) -> tables
//! ```
//!
//! A workload is one document and the types it holds; a contender is one library that reads or writes it. The programs differ in
//! what they ask of the contenders: `ratios` times them in turns, `heap` counts their allocations, `instructions` runs them under
//! callgrind, and the benchmark `codec` hands them to criterion. The programs `server` and `client` are about something else: their
//! contenders are processes, and stand in [`server`] and [`client`]. `README.md` says how to run them and what they said last.

pub mod arguments;
pub mod callgrind;
pub mod client;
pub mod contender;
pub mod contenders;
pub mod machine;
pub mod measure;
pub mod server;
pub mod table;
pub mod targets;
pub mod workloads;
