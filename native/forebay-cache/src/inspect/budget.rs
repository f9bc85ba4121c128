//! The budget of a directory, shown and changed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::{ErrorKind, Result};

use super::{Inspection, error, failed};
use crate::evict;
use crate::ledger::{Change, Ledger, Record};
use crate::settings::SMALLEST_BUDGET;

/// How long a sweep of another process is waited for: one takes some tenths of a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the ledger says, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetFacts {
    /// What all files together may take.
    pub budget: u64,
    /// An upper bound of what they take.
    pub used: u64,
    /// What a process is granted at a time.
    pub chunk: u64,
    /// Processes that have written to the directory and live.
    pub living: u64,
}

/// A budget that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetChange {
    /// What it was.
    pub before: u64,
    /// What is true now.
    pub now: BudgetFacts,
    /// Bytes that had to go.
    pub freed: u64,
}

impl Inspection {
    /// What the ledger says; `None` where no process has written one yet.
    ///
    /// # Errors
    /// `Origin` where it cannot be read.
    pub fn budget(&self) -> Result<Option<BudgetFacts>> {
        let mut ledger = self.ledger(None);
        let Some(record) = ledger.peek().map_err(|e| self.failed("ledger", "read", e))? else {
            return Ok(None);
        };
        self.facts(&mut ledger, record).map(Some)
    }

    /// Gives the directory another budget and makes room where it is smaller. Processes that use the
    /// directory heed it from their next write on.
    ///
    /// # Errors
    /// `InvalidArgument` for a budget that is too small or too large, `TimedOut` where another process
    /// held the ledger.
    pub fn set_budget(&self, budget: u64) -> Result<BudgetChange> {
        let refuse = |message: String| Err(error(ErrorKind::InvalidArgument, self.path(), message));
        let space = self.directory.space().map_err(|e| failed(self.path(), "examined", e))?;
        if budget < SMALLEST_BUDGET {
            return refuse(format!("a budget of {budget} bytes is too small; give at least 1MB"));
        }
        if budget > space.total {
            return refuse(format!(
                "a budget of {budget} bytes is more than the whole disk ({} bytes)",
                space.total
            ));
        }
        let mut ledger = self.ledger(Some(budget));
        let change =
            ledger.change(budget, space.block).map_err(|e| self.failed("ledger", "written", e))?;
        match change {
            Change::Done { before } => {
                let freed = self.settle()?;
                match self.budget()? {
                    Some(now) => Ok(BudgetChange { before, now, freed }),
                    None => Err(self.busy()),
                }
            }
            Change::TooSmall { least } => refuse(format!(
                "a budget of {budget} bytes is too small for the processes that use the directory \
                 now; give at least {least}, or try again when fewer run"
            )),
            Change::Busy => Err(self.busy()),
        }
    }

    /// Counts what is there and makes room where it is more than the budget: how many bytes went.
    ///
    /// # Errors
    /// `TimedOut` where another process was at it all the time, `Origin` where the disk fails.
    pub fn settle(&self) -> Result<u64> {
        let mut ledger = self.ledger(None);
        if ledger.peek().map_err(|e| self.failed("ledger", "read", e))?.is_none() {
            return Ok(0);
        }
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let swept = evict::sweep(&self.directory, &mut ledger, 0)
                .map_err(|e| failed(self.path(), "swept", e))?;
            if let Some(swept) = swept {
                return Ok(swept.freed);
            }
            // Another process sweeps, under a lock of the file system, which tells nobody when it is free.
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(self.busy())
    }

    fn ledger(&self, wanted: Option<u64>) -> Ledger {
        Ledger::new(Arc::clone(&self.directory), wanted)
    }

    fn facts(&self, ledger: &mut Ledger, record: Record) -> Result<BudgetFacts> {
        let living = ledger.living().map_err(|e| self.failed("locks", "examined", e))?;
        let Record { budget, used, chunk, .. } = record;
        Ok(BudgetFacts { budget, used, chunk, living })
    }

    fn busy(&self) -> forebay_types::Error {
        let message = "another process holds the ledger; try again";
        error(ErrorKind::TimedOut, self.path(), message)
    }
}
