//! Bytes in, bytes out: from a document to its method and back.

use std::any::Any;
use std::borrow::Cow;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::HeaderValue;
use xmlrpc_core::fault::code;
use xmlrpc_core::{
    Call, Category, Decoder, Dialect, EncodedValue, Encoder, Encoding, Fault, Forbidden, Limits, MethodName,
    NilForm, Policy, Reading, WideForm,
};

use crate::argument::Failure;
use crate::context::CallContext;
use crate::handler::{Outcome, Request, Started};
use crate::layer::{Around, Stack};
use crate::method::Run;
use crate::methods::{Methods, Table};
use crate::metrics;
use crate::multicall;
use crate::observe::{Observed, Shown};
use crate::overload;
use crate::reply::{Form, Reply, not_encodable};

/// Bytes that a result may take, unless [`Methods::reply_bytes`] says otherwise.
const REPLY_BYTES: usize = 64 * 1024 * 1024;

impl Methods {
    /// Answers one document.
    ///
    /// `body` is the whole `methodCall` in bytes. Whatever it holds, there is an answer: what cannot be read or run is a fault. This is
    /// what [`Server`](crate::Server) does with the body of a request, and what tests call without a socket.
    ///
    /// ```
    /// use xmlrpc_server::{CallContext, Methods, fault};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let reply = Methods::new().dispatch("<methodCall>", CallContext::new()).await;
    /// assert_eq!(reply.fault().unwrap().code(), fault::code::NOT_WELL_FORMED);
    /// assert_eq!(reply.content_type(), "text/xml; charset=utf-8");
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops that of the handler; a handler on the blocking pool goes on.
    pub async fn dispatch(&self, body: impl Into<Bytes>, context: CallContext) -> Reply {
        self.answer(body.into().into(), &context).await
    }

    /// Answers a call of which the method's name has been read, through the layers of the table.
    ///
    /// The context is the [`CallContext`] among the call's extensions, or else an empty one.
    ///
    /// # Errors
    ///
    /// The fault of a layer, of the handler, or that of the table in [`Methods`].
    pub async fn call(&self, call: Call) -> Result<EncodedValue, Fault> {
        let context = call.extensions.get::<CallContext>().cloned();
        self.run(call, &context.unwrap_or_default(), self.table.around())
            .await
    }

    /// The methods with their layers as a `tower` service for calls, below which no HTTP is left.
    pub fn into_service(self) -> MethodsService {
        self.into()
    }

    pub(crate) async fn answer(&self, body: Vec<u8>, context: &CallContext) -> Reply {
        tracing::trace!(document = %String::from_utf8_lossy(&body), "request");
        let around = Around {
            document_bytes: Some(body.len()),
            ..self.table.around()
        };
        let outcome = match self.table.codec.decoder(context.charset()).call(body) {
            Ok(call) if self.has_layers() => self.run_layered(call, context, around).await,
            Ok(mut call) => self.table.run(&mut call, context, around).await,
            Err(error) => {
                metrics::refused_document(&error);
                let fault = Fault::from(error);
                tracing::debug!(fault = fault.code(), "a document that is no call");
                metrics::no_call(&fault);
                Err(fault)
            }
        };
        let reply = self.table.codec.reply(outcome);
        tracing::trace!(document = %String::from_utf8_lossy(reply.body()), "reply");
        reply
    }

    /// Answers a request whose document cannot be got at.
    #[cfg(feature = "http")]
    pub(crate) fn refuse(&self, fault: Fault) -> Reply {
        self.table.codec.reply(Err(fault))
    }

    async fn run(&self, mut call: Call, context: &CallContext, around: Around) -> Outcome {
        match self.has_layers() {
            true => self.run_layered(call, context, around).await,
            false => self.table.run(&mut call, context, around).await,
        }
    }

    /// Runs a call through its layers. In a box, as all that few calls need, so that connections have no room for it.
    fn run_layered<'c>(
        &'c self,
        call: Call,
        context: &'c CallContext,
        around: Around,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'c>> {
        Box::pin(async move {
            let stack = catch_unwind(AssertUnwindSafe(|| self.stack()))
                .map_err(|panic| panicked("a layer", &call.method, &*panic))?;
            stack.run(call, context, around).await
        })
    }
}

impl Table {
    /// Runs one call that has no layers to pass.
    pub(crate) async fn run(&self, call: &mut Call, context: &CallContext, around: Around) -> Outcome {
        match Observed::begin(self, call, context, around) {
            None => self.invoke(call, context, around, &self.codec, None).await,
            // In a box, as all that few calls need.
            Some(observed) => {
                let running = self.invoke(call, context, around, &self.codec, None);
                Box::pin(observed.watch(running)).await
            }
        }
    }

    /// Runs one call behind all layers, in the form of `codec`.
    pub(crate) async fn invoke(
        &self,
        call: &mut Call,
        context: &CallContext,
        around: Around,
        codec: &Arc<Codec>,
        stack: Option<&Stack>,
    ) -> Outcome {
        let found = self.methods.get(call.method.as_str());
        let Some(method) = found.or(self.fallback.as_ref()) else {
            return Err(unknown(call));
        };
        let request = Request {
            call,
            context,
            codec,
            around,
            names: &method.names,
        };
        let started = match &method.run {
            Run::Handler(handler) => guarded(call, || handler.start(request).map_err(Failure::into_fault)),
            Run::Overloaded(handlers) => guarded(call, || overload::start(handlers, &method.shapes, request)),
            Run::Nested(nested) => return Box::pin(nested.run(call, context, around, codec)).await,
            Run::Multicall if around.in_multicall => return Err(multicall::nested()),
            Run::Multicall => return multicall::run(self, call, context, around, codec, stack).await,
            Run::System(method) => return method.run(self, request),
        };
        match started? {
            Started::Done(outcome) => outcome,
            started => Box::pin(finish(started, call, around)).await,
        }
    }

    /// What is around a call that came alone.
    pub(crate) fn around(&self) -> Around {
        Around {
            time: self.handler_time,
            ..Around::default()
        }
    }
}

/// Waits for a handler.
async fn finish(started: Started, call: &Call, around: Around) -> Outcome {
    match started {
        Started::Done(outcome) => outcome,
        Started::Running(running) => {
            let finished = AssertUnwindSafe(around.time.limit(running)).catch_unwind().await;
            finished.unwrap_or_else(|panic| Err(panicked("a handler", &call.method, &*panic)))?
        }
        Started::Blocking(job) => {
            let task = guarded(call, || Ok(tokio::task::spawn_blocking(job)))?;
            match around.time.limit(task).await? {
                Ok(outcome) => outcome,
                Err(error) => Err(match error.try_into_panic() {
                    Ok(panic) => panicked("a handler", &call.method, &*panic),
                    Err(_) => Fault::new(code::INTERNAL_ERROR, "the server is shutting down"),
                }),
            }
        }
    }
}

/// The fault for a method that is not there, unless the document is not well formed behind its name.
#[cold]
fn unknown(call: &Call) -> Fault {
    let read = call
        .params
        .reader()
        .and_then(|mut parameters| parameters.skip_all());
    match read {
        // A parameter that is wrong in itself says nothing to one who asks for a method that is not there.
        Err(error) if error.category() != Category::Data => {
            metrics::refused_document(&error);
            error.into()
        }
        _ => no_such_method(&call.method),
    }
}

#[cold]
pub(crate) fn no_such_method(name: &str) -> Fault {
    Fault::new(
        code::METHOD_NOT_FOUND,
        format!("there is no method {}", shown(name)),
    )
}

/// The name of a method that a peer made up, for a fault: in quotes, and cut.
pub(crate) fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(100).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Runs a part of a handler; a panic is a fault.
fn guarded<T>(call: &Call, run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|panic| Err(panicked("a handler", &call.method, &*panic)))
}

/// The fault for a panic, the text of which is for the log alone.
#[cold]
pub(crate) fn panicked(who: &str, method: &MethodName, panic: &(dyn Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    tracing::error!(method = %Shown(method), panic = text, "{who} panicked");
    Fault::new(
        code::INTERNAL_ERROR,
        format!("{} failed inside the server", Shown(method)),
    )
}

/// How documents are read and written.
#[derive(Clone)]
pub(crate) struct Codec {
    decoder: Decoder,
    /// For what HTTP says to be UTF-8, which is nearly everything that it says anything of.
    utf8_decoder: Decoder,
    plain: Encoders,
    /// For peers that send Apache's types.
    extended: Encoders,
    content_type: HeaderValue,
    dialect: Dialect,
    reply_bytes: usize,
}

/// How replies are written.
#[derive(Clone)]
struct Encoders {
    results: Form,
    /// Faults may have any text, and are never refused for it.
    faults: Encoder,
}

impl Encoders {
    fn new(dialect: Dialect, reply_bytes: usize) -> Self {
        let faults = dialect.clone().forbidden_characters(Forbidden::Replace);
        Self {
            results: Form::new(Encoder::new().dialect(dialect), reply_bytes),
            faults: Encoder::new().dialect(faults),
        }
    }
}

impl Codec {
    fn new(decoder: Decoder, dialect: Dialect, reply_bytes: usize) -> Self {
        let apache = dialect
            .clone()
            .nil(NilForm::Extension)
            .wide_integers(WideForm::Extension);
        Self {
            utf8_decoder: decoder.clone().charset("utf-8"),
            decoder,
            content_type: content_type(dialect.encoding),
            extended: Encoders::new(apache, reply_bytes),
            plain: Encoders::new(dialect.clone(), reply_bytes),
            dialect,
            reply_bytes,
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.set_decoder(self.decoder.clone().limits(limits));
    }

    pub(crate) fn set_reading(&mut self, reading: Reading) {
        self.set_decoder(self.decoder.clone().reading(reading));
    }

    pub(crate) fn set_dialect(&mut self, dialect: Dialect) {
        *self = Self::new(self.decoder.clone(), dialect, self.reply_bytes);
    }

    pub(crate) fn set_reply_bytes(&mut self, bytes: usize) {
        *self = Self::new(self.decoder.clone(), self.dialect.clone(), bytes);
    }

    fn set_decoder(&mut self, decoder: Decoder) {
        self.utf8_decoder = decoder.clone().charset("utf-8");
        self.decoder = decoder;
    }

    fn decoder(&self, charset: Option<&str>) -> Cow<'_, Decoder> {
        match charset {
            None => Cow::Borrowed(&self.decoder),
            Some(charset) if charset.eq_ignore_ascii_case("utf-8") => Cow::Borrowed(&self.utf8_decoder),
            Some(charset) => Cow::Owned(self.decoder.clone().charset(charset)),
        }
    }

    /// The form of the result of a request, by whether Apache's types were met in it.
    pub(crate) fn form(&self, extensions: bool) -> &Form {
        &self.encoders(extensions).results
    }

    /// The encoder for faults, likewise.
    pub(crate) fn fault_encoder(&self, extensions: bool) -> &Encoder {
        &self.encoders(extensions).faults
    }

    /// Whether nil comes and goes as `<nil/>`.
    pub(crate) fn has_nil(&self) -> bool {
        self.dialect.nil == NilForm::Element && self.decoder.reading_in_force().nil == Policy::Accept
    }

    fn encoders(&self, extensions: bool) -> &Encoders {
        match extensions {
            false => &self.plain,
            true => &self.extended,
        }
    }

    fn reply(&self, outcome: Outcome) -> Reply {
        let written =
            outcome.and_then(|result| result.into_response().map_err(|error| not_encodable(&error)));
        match written {
            Ok(body) => Reply::new(body, self.content_type.clone(), None),
            Err(fault) => {
                let body = self.plain.faults.fault(&fault).unwrap_or_else(|error| {
                    tracing::error!(%error, "a fault that cannot be encoded");
                    Vec::new()
                });
                Reply::new(body, self.content_type.clone(), Some(fault))
            }
        }
    }
}

impl Default for Codec {
    fn default() -> Self {
        Self::new(Decoder::new(), Dialect::default(), REPLY_BYTES)
    }
}

fn content_type(encoding: Encoding) -> HeaderValue {
    const UTF_8: HeaderValue = HeaderValue::from_static("text/xml; charset=utf-8");
    if encoding == Encoding::UTF_8 {
        return UTF_8;
    }
    // The names of encodings are ASCII.
    HeaderValue::try_from(format!("text/xml; charset={}", encoding.name())).unwrap_or(UTF_8)
}

/// [`Methods`] as a service from [`Call`] to [`EncodedValue`] or [`Fault`], the form in which layers on calls are stacked.
#[derive(Clone, Debug)]
pub struct MethodsService(Arc<Methods>);

impl From<Methods> for MethodsService {
    fn from(methods: Methods) -> Self {
        Self(Arc::new(methods))
    }
}

impl From<Arc<Methods>> for MethodsService {
    fn from(methods: Arc<Methods>) -> Self {
        Self(methods)
    }
}

impl tower_service::Service<Call> for MethodsService {
    type Response = EncodedValue;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<EncodedValue, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let methods = self.0.clone();
        Box::pin(async move { methods.call(call).await })
    }
}
