//! The multi-thread server: a thread for each client.
//!
//! Python's `Thread(target=handle_client, args=(socket,)).start()` is [`thread::Builder::spawn`] with a
//! closure that *moves* the socket in: the compiler sees to it that the accepting thread cannot touch it any
//! more, and the socket closes when the closure ends. Python's threads take turns at running Python; Rust's
//! run at the same time.
//!
//! A thread costs memory, so their number is limited: at the limit the server stops accepting, and the next
//! client waits in the system's queue.

use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use super::{Limits, accept, serve_client};
use crate::terminal;

/// Serves for ever.
pub(super) fn serve(listener: &TcpListener, limits: Limits) -> ! {
    let places = Places::new(limits.clients);
    loop {
        let place = places.take();
        let stream = accept(listener);
        let serve = move || {
            serve_client(stream, limits.idle);
            drop(place);
        };
        if let Err(error) = thread::Builder::new().name("client".to_owned()).spawn(serve) {
            // The closure was dropped, and with it the connection and the place.
            terminal::note(&format!("no thread for a client: {error}"));
        }
    }
}

/// A counter of free places that can be waited for.
#[derive(Clone)]
struct Places(Arc<(Mutex<usize>, Condvar)>);

/// One taken place, free again when dropped.
struct Place(Places);

impl Places {
    fn new(count: usize) -> Self {
        Self(Arc::new((Mutex::new(count), Condvar::new())))
    }

    fn take(&self) -> Place {
        let (free, freed) = &*self.0;
        // A count is whole at every moment, so a thread that panicked has not spoilt it.
        let free = free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = freed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (free, freed) = &*self.0.0;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        freed.notify_one();
    }
}
