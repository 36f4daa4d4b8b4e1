//! The multiplexing server: one thread that watches all sockets.
//!
//! Python's `select.poll` is `mio` here, which is a thin layer over epoll, kqueue or their like. The slides
//! keep three dictionaries by descriptor, one for the sockets, one for what was received, one for what is to
//! be sent; here one map leads to a [`Client`] that owns all three, so they cannot get out of step.
//!
//! The slides ask to be told as long as a socket *is* ready, and must switch `POLLOUT` on and off, for else
//! the loop never rests. mio tells when a socket *becomes* ready: register once for both directions, and
//! after each event go on until the system says `WouldBlock`. A client has its turn in [`Client::turn`]:
//! first send what is waiting, then, only when nothing is waiting any more, read the next piece. So a client
//! that does not read is not read from either, and costs one piece of memory. After some pieces the turn
//! passes on, for a client that sends without a pause must not starve the others.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use super::upper::Upper;
use super::{Limits, PIECE};
use crate::terminal;

const LISTENER: Token = Token(0);
const STOP: Token = Token(1);
const FIRST_CLIENT: usize = 2;

/// How many pieces a client may send before the turn passes on.
const PIECES_A_TURN: usize = 16;
/// How long to wait when the system refuses to accept, for want of descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server that is ready to run.
pub(super) struct Server {
    poll: Poll,
    listener: TcpListener,
    limits: Limits,
    stop: Arc<AtomicBool>,
    clients: HashMap<Token, Client>,
    /// Clients whose turn it is: an event named them, or their last turn ended early.
    due: HashSet<Token>,
    /// Whether somebody may be waiting to be accepted.
    knocking: bool,
    next_client: usize,
    next_sweep: Instant,
}

impl Server {
    pub(super) fn new(listener: net::TcpListener, limits: Limits) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new().context("opening the poll")?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let stop = Arc::new(AtomicBool::new(false));
        let waker = Waker::new(poll.registry(), STOP)?;
        let told = Arc::clone(&stop);
        terminal::on_ctrl_c(move || {
            told.store(true, Ordering::Release);
            if let Err(error) = waker.wake() {
                terminal::note(&format!("waking the server: {error}"));
            }
        })?;
        Ok(Self {
            poll,
            listener,
            limits,
            stop,
            clients: HashMap::new(),
            due: HashSet::new(),
            knocking: false,
            next_client: FIRST_CLIENT,
            next_sweep: Instant::now(),
        })
    }

    /// Serves until Ctrl-C, then says how often it woke up: a server that turns round in vain would show
    /// here.
    pub(super) fn run(mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut rounds = 0_u64;
        loop {
            match self.poll.poll(&mut events, self.longest_wait()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
                result => result.context("waiting for events")?,
            }
            if self.stop.load(Ordering::Acquire) {
                terminal::note(&format!("stopped after {rounds} rounds"));
                return Ok(());
            }
            rounds += 1;
            self.round(&events);
        }
    }

    /// Until when nothing needs to be done unless an event comes.
    fn longest_wait(&self) -> Option<Duration> {
        if !self.due.is_empty() {
            return Some(Duration::ZERO);
        }
        let sweep = self.next_sweep.saturating_duration_since(Instant::now());
        match (self.clients.is_empty(), self.may_accept()) {
            (true, false) => None,
            (false, false) => Some(sweep),
            (_, true) => Some(sweep.min(ACCEPT_PAUSE)),
        }
    }

    fn may_accept(&self) -> bool {
        self.knocking && self.clients.len() < self.limits.clients
    }

    fn round(&mut self, events: &Events) {
        for event in events {
            match event.token() {
                LISTENER => self.knocking = true,
                STOP => {}
                client => _ = self.due.insert(client),
            }
        }
        for token in mem::take(&mut self.due) {
            self.give_turn(token);
        }
        self.sweep();
        self.accept_all();
    }

    fn give_turn(&mut self, token: Token) {
        let Some(client) = self.clients.get_mut(&token) else {
            return;
        };
        match client.turn() {
            Ok(Turn::Waiting) => {}
            Ok(Turn::Unfinished) => _ = self.due.insert(token),
            Ok(Turn::Finished) => _ = self.clients.remove(&token),
            Err(error) => {
                terminal::note(&format!("a client failed: {error}"));
                self.clients.remove(&token);
            }
        }
    }

    /// Disconnects clients that have been idle too long; looked at four times in that span.
    fn sweep(&mut self) {
        let now = Instant::now();
        if now >= self.next_sweep {
            let idle = self.limits.idle;
            self.clients
                .retain(|_, client| now.duration_since(client.last_progress) < idle);
            self.next_sweep = now + idle / 4;
        }
    }

    fn accept_all(&mut self) {
        while self.may_accept() {
            match self.listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.knocking = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Tried again after the pause.
                    terminal::note(&format!("accepting: {error}"));
                    return;
                }
            }
        }
    }

    fn admit(&mut self, mut stream: TcpStream) {
        let token = Token(self.next_client);
        self.next_client += 1;
        match self
            .poll
            .registry()
            .register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)
        {
            Ok(()) => _ = self.clients.insert(token, Client::new(stream)),
            Err(error) => terminal::note(&format!("registering a client: {error}")),
        }
    }
}

/// One connection and everything known about it. Closing the socket ends its registration too.
struct Client {
    stream: TcpStream,
    upper: Upper,
    /// What is to be sent: the upper-cased piece that was read last.
    output: Vec<u8>,
    sent: usize,
    input_ended: bool,
    last_progress: Instant,
}

/// How a client's turn ended.
enum Turn {
    /// Nothing can be done before the next event.
    Waiting,
    /// There is more to do, but it is somebody else's turn.
    Unfinished,
    /// Everything was received and everything was sent.
    Finished,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            upper: Upper::default(),
            output: Vec::new(),
            sent: 0,
            input_ended: false,
            last_progress: Instant::now(),
        }
    }

    fn turn(&mut self) -> io::Result<Turn> {
        for _ in 0..PIECES_A_TURN {
            if !done(self.send())? {
                return Ok(Turn::Waiting);
            }
            if self.input_ended {
                return Ok(Turn::Finished);
            }
            if !done(self.receive())? {
                return Ok(Turn::Waiting);
            }
        }
        Ok(Turn::Unfinished)
    }

    /// Sends all that is waiting.
    fn send(&mut self) -> io::Result<()> {
        while self.sent < self.output.len() {
            match self.stream.write(&self.output[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            self.last_progress = Instant::now();
        }
        Ok(())
    }

    /// Receives one piece and turns it into output; called when all output is sent.
    fn receive(&mut self) -> io::Result<()> {
        let mut piece = [0; PIECE];
        self.output = loop {
            match self.stream.read(&mut piece) {
                Ok(0) => {
                    self.input_ended = true;
                    break mem::take(&mut self.upper).finish();
                }
                Ok(length) => break self.upper.push(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        self.sent = 0;
        self.last_progress = Instant::now();
        Ok(())
    }
}

/// Whether a step was done; `false` when it has to wait for an event.
fn done(step: io::Result<()>) -> io::Result<bool> {
    match step {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
