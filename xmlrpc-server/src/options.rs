//! What can be set for all methods of a table.

use std::time::Duration;

use xmlrpc_core::{Dialect, Limits, Reading};

use crate::methods::Methods;

impl Methods {
    /// Sets the limits on documents; [`Limits::default`] unless set. What is beyond them is answered with fault -32600.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.codec_mut().set_limits(limits);
        self
    }

    /// Sets what is accepted in documents; [`Reading::default`] unless set.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.codec_mut().set_reading(reading);
        self
    }

    /// Sets the form of replies; [`Dialect::default`] unless set.
    ///
    /// A request that declares or uses Apache's namespace is answered with its `ex:nil` and `ex:i8` all the same.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.codec_mut().set_dialect(dialect);
        self
    }

    /// Sets how many bytes the result of one call may take, encoded; 64 MiB unless set. A larger one is answered with fault -32603.
    ///
    /// A result of [`Items`](crate::Items) is given up as soon as the items that came take more; another one is looked at when it is
    /// encoded. What a `system.multicall` gives as a whole is a matter of [`Methods::multicall_reply_bytes`]; this holds for each of
    /// its entries.
    ///
    /// ```
    /// use xmlrpc_server::{Items, Methods};
    ///
    /// let methods = Methods::new().method("numbers", || Items(1_u64..)).reply_bytes(1_000_000);
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn reply_bytes(mut self, bytes: usize) -> Self {
        self.codec_mut().set_reply_bytes(bytes);
        self
    }

    /// Sets how long a handler may take; 5 minutes unless set, and without limit for `None`. A call whose handler takes longer is
    /// answered with fault -32400.
    ///
    /// The time counts from when the handler first has to wait: for its arguments and for layers there are limits elsewhere. The entries
    /// of a `system.multicall` have this time together: those that are not begun when it is over are not called, and keep the fault
    /// for it, while results that are there stay.
    ///
    /// | handler | when the time is over |
    /// |---|---|
    /// | [`async_method`](Methods::async_method) | its future is dropped where it waits |
    /// | [`blocking_method`](Methods::blocking_method) | it goes on in its thread, and its result is thrown away |
    /// | [`method`](Methods::method) | nothing can cut it off: it is to answer at once |
    ///
    /// The limit is kept by the timer of tokio's runtime. In a runtime without one (that is, without `enable_time`) calls of handlers that
    /// wait are answered with fault -32603 unless the limit is `None`; outside of any runtime there is no limit. A handler that never
    /// waits costs no timer.
    ///
    /// ```
    /// use std::time::Duration;
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().handler_timeout(Duration::from_secs(20));
    /// let patient = Methods::new().handler_timeout(None);
    /// # let _ = (methods, patient);
    /// ```
    #[must_use]
    pub fn handler_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.table_mut().handler_time = limit.into().into();
        self
    }

    /// Sets how many entries one `system.multicall` may have; 1,000 unless set. One with more is answered with fault -32600, and
    /// none of its entries runs.
    #[must_use]
    pub fn multicall_entries(mut self, count: usize) -> Self {
        self.table_mut().multicall_entries = count;
        self
    }

    /// Sets how many entries of one `system.multicall` may run at a time; 1 unless set, which is one after the other. 0 is taken for 1.
    ///
    /// The results stand in the order of the entries all the same, so that no more than this number of results waits for one before them:
    /// an entry that takes long holds up those behind it in the end. Entries run in one task, async handlers while others wait, and
    /// blocking ones each in a thread. Peers that count on the order of calls, as for a change and a look at what it did, want 1.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().multicall_concurrency(8);
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn multicall_concurrency(mut self, entries: usize) -> Self {
        self.table_mut().multicall_concurrency = entries;
        self
    }

    /// Sets how many bytes the results and faults of one `system.multicall` may take together, encoded; 64 MiB unless set.
    ///
    /// The entry whose result or fault is too much for it is answered with fault -32603, and so are those behind it, which are not
    /// called (unless they run [at the same time](Methods::multicall_concurrency)). These faults, of some 300 bytes each, are not counted.
    ///
    /// ```
    /// use xmlrpc_server::Methods;
    ///
    /// let methods = Methods::new().method("dump", || "x".repeat(1000)).multicall_reply_bytes(1_000_000);
    /// # let _ = methods;
    /// ```
    #[must_use]
    pub fn multicall_reply_bytes(mut self, bytes: usize) -> Self {
        self.table_mut().multicall_reply_bytes = bytes;
        self
    }
}
