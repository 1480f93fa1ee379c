//! Where calculations run: a bounded pool of threads, with room for a bounded number of callers.
//!
//! A call passes three gates: a place among the calculations that may run or wait (or it is
//! refused at once), one of the running slots, and the memory it is predicted to need. It gives
//! them back when the work has really ended, not when its caller goes away. A caller that goes
//! away raises the [`Stop`] flag that the work looks at.

use crate::error::Error;
use crate::numeric::Stop;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How much the calculations may take together and each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Threads, and calculations that run at the same time.
    pub workers: usize,
    /// Calculations that may run or wait; further ones are refused.
    pub calculations: usize,
    /// Most memory of one calculation, in bytes.
    pub call_memory: u64,
    /// Most memory of all calculations that run, in bytes.
    pub memory: u64,
}

/// The pool, its gates and its ledger; clones share them.
#[derive(Debug, Clone)]
pub struct Compute {
    limits: Limits,
    pool: Arc<ThreadPool>,
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// What a running calculation holds; given back on drop.
struct Permits {
    _place: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

/// Raises the flag when the caller stops waiting; harmless once the work is done.
struct RaiseOnDrop(Stop);

impl Drop for RaiseOnDrop {
    fn drop(&mut self) {
        self.0.raise();
    }
}

impl Compute {
    /// A pool of `limits.workers` threads.
    ///
    /// # Errors
    /// [`Error::Internal`] when the threads cannot be started.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(limits.workers)
            .thread_name(|i| format!("compute-{i}"))
            .build()
            .map_err(|e| Error::Internal(format!("cannot start the compute threads: {e}")))?;
        let memory = mebibytes(limits.memory.max(limits.call_memory));
        Ok(Self {
            limits,
            pool: Arc::new(pool),
            places: Arc::new(Semaphore::new(limits.calculations)),
            running: Arc::new(Semaphore::new(limits.workers)),
            memory: Arc::new(Semaphore::new(memory as usize)),
        })
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Checks what one call is predicted to need.
    ///
    /// # Errors
    /// [`Error::Limit`] when `bytes` is more than one call may use.
    pub fn check_memory(&self, bytes: u64) -> Result<(), Error> {
        if bytes > self.limits.call_memory {
            return Err(Error::Limit { what: "memory", needed: bytes, limit: self.limits.call_memory, unit: "bytes" });
        }
        Ok(())
    }

    /// Runs `work`, which is predicted to need `bytes`, on the pool; its parallel iterators use the pool's threads.
    ///
    /// Dropping the future raises the work's [`Stop`].
    ///
    /// # Errors
    /// [`Error::Limit`] and [`Error::Busy`] at once, before anything is allocated; [`Error::Internal`] when the work
    /// panics; else the work's own.
    pub async fn run<T, F>(&self, bytes: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Stop) -> Result<T, Error> + Send + 'static,
    {
        self.check_memory(bytes)?;
        let permits = self.admit(bytes).await?;
        let stop = Stop::default();
        let _raise = RaiseOnDrop(stop.clone());
        let (answer, waiting) = oneshot::channel();
        self.pool.spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| stop.check().and_then(|()| work(&stop))))
                .unwrap_or_else(|panic| Err(Error::Internal(format!("a calculation panicked: {}", text_of(&*panic)))));
            drop(permits);
            // The caller may have gone; then nobody needs the outcome.
            let _ = answer.send(outcome);
        });
        waiting.await.map_err(|_| Error::Internal("a calculation ended without an outcome".to_owned()))?
    }

    async fn admit(&self, bytes: u64) -> Result<Permits, Error> {
        let closed = |_| Error::Internal("a semaphore of the compute pool is closed".to_owned());
        let busy = |_| Error::Busy { limit: self.limits.calculations };
        Ok(Permits {
            _place: self.places.clone().try_acquire_owned().map_err(busy)?,
            _running: self.running.clone().acquire_owned().await.map_err(closed)?,
            _memory: self.memory.clone().acquire_many_owned(mebibytes(bytes)).await.map_err(closed)?,
        })
    }
}

/// Bytes in whole mebibytes, the unit of the ledger, rounded up.
fn mebibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX)
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn compute() -> Compute {
        Compute::new(Limits { workers: 1, calculations: 2, call_memory: 8 << 20, memory: 8 << 20 }).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_the_pool_lives_on() {
        let compute = compute();
        let outcome = compute.run(0, |_| -> Result<(), Error> { panic!("no such row {}", 7) }).await;
        assert!(matches!(outcome, Err(Error::Internal(text)) if text.contains("no such row 7")));
        assert_eq!(compute.run(0, |_| Ok(5)).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn what_does_not_fit_is_refused_with_the_numbers() {
        let outcome = compute().run(9 << 20, |_| Ok(())).await;
        assert!(matches!(outcome, Err(Error::Limit { needed: 9_437_184, limit: 8_388_608, .. })));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_runs_one_waits_the_third_is_refused_and_leaving_stops_the_work() {
        let compute = compute();
        let (started, has_started) = mpsc::channel();
        let (stopped, has_stopped) = mpsc::channel();
        let running = tokio::spawn({
            let compute = compute.clone();
            async move {
                let work = move |stop: &Stop| {
                    started.send(()).unwrap();
                    while !stop.raised() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    stopped.send(()).unwrap();
                    stop.check()
                };
                compute.run(0, work).await
            }
        });
        has_started.recv_timeout(Duration::from_secs(5)).unwrap();
        let waiting = tokio::spawn({
            let compute = compute.clone();
            async move { compute.run(0, |_| Ok("ran")).await }
        });
        while compute.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(compute.run(0, |_| Ok(())).await, Err(Error::Busy { limit: 2 })));
        running.abort();
        has_stopped.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), "ran");
    }
}
