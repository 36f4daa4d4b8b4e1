//! One method of the table.

use std::iter;
use std::sync::Arc;

use xmlrpc_core::MethodName;

use crate::argument::Parameters;
use crate::describe::{Described, Type};
use crate::handler::Start;
use crate::layer::{Nested, Stack};
use crate::system::System;

/// One method.
#[derive(Clone)]
pub(crate) struct Method {
    pub(crate) run: Run,
    /// What it takes and gives, for each of its handlers.
    pub(crate) shapes: Vec<Shape>,
    /// What its parameters are called, as far as that is known.
    pub(crate) names: Names,
    pub(crate) help: Box<str>,
    /// Whether lists of methods leave it out.
    pub(crate) is_hidden: bool,
}

/// Names of parameters, in their order.
pub(crate) type Names = Arc<[Box<str>]>;

/// How a method runs.
#[derive(Clone)]
pub(crate) enum Run {
    Handler(Arc<dyn Start>),
    /// The first whose parameters fit.
    Overloaded(Vec<Arc<dyn Start>>),
    System(System),
    /// `system.multicall`, by whatever name.
    Multicall,
    /// A method of a table with layers that was merged into this one.
    Nested(Nested),
}

/// What a handler takes and gives.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) parameters: Parameters,
    pub(crate) result: Described,
}

/// The type of the result, then those of the parameters.
pub(crate) type Signature = Vec<&'static str>;

impl Method {
    pub(crate) fn new(run: Run, parameters: Parameters, result: Described) -> Self {
        Self {
            run,
            shapes: vec![Shape { parameters, result }],
            names: Names::default(),
            help: "".into(),
            is_hidden: false,
        }
    }

    /// The same method, behind the layers of the table in which it has this name.
    ///
    /// What answers from a table answers from the one that it is merged into, so that a multicall by another name does not take its
    /// entries past the layers there.
    pub(crate) fn behind(mut self, layers: &Arc<Stack>, name: &str) -> Self {
        if matches!(self.run, Run::System(_) | Run::Multicall) {
            return self;
        }
        // No call has a name that is none.
        if let Ok(name) = MethodName::try_from(name) {
            self.run = Run::Nested(Nested::new(layers.clone(), name));
        }
        self
    }

    /// Adds the handler of another method to those of this one. Says whether both are methods that handlers answer.
    pub(crate) fn overload(&mut self, other: Self) -> bool {
        let Run::Handler(handler) = other.run else {
            return false;
        };
        match &mut self.run {
            Run::Handler(first) => self.run = Run::Overloaded(vec![first.clone(), handler]),
            Run::Overloaded(handlers) => handlers.push(handler),
            Run::System(_) | Run::Multicall | Run::Nested(_) => return false,
        }
        self.shapes.extend(other.shapes);
        true
    }

    /// All signatures, those of the first handler first, and of one handler the shortest first; `None` where any of them is not known.
    pub(crate) fn signatures(&self) -> Option<Vec<Signature>> {
        let mut all = Vec::new();
        for shape in &self.shapes {
            for signature in shape.signatures()? {
                if !all.contains(&signature) {
                    all.push(signature);
                }
            }
        }
        Some(all)
    }
}

impl Shape {
    /// A signature for each number of parameters.
    pub(crate) fn signatures(&self) -> Option<Vec<Signature>> {
        let named = |known: &Described| (known.kind != Type::Undefined).then(|| known.kind.name());
        let signature = |types: &[Described]| iter::once(&self.result).chain(types).map(named).collect();
        self.parameters.lists()?.map(signature).collect()
    }
}
