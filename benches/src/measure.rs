//! Times of contenders that take turns, so that whatever slows the machine down slows all of them.

use std::time::Duration;

use crate::contender::Contender;

/// How long a round of one contender takes at least, by repeating the work.
///
/// Short, so that most rounds pass between two of the scheduler's turns where the machine has more to do.
pub const ROUND: Duration = Duration::from_micros(500);

/// Seconds that one iteration took, or another figure, round by round.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds the figure of a round.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// How far the middle half of them lies apart, as a part of the median.
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / self.median()
    }

    /// Between two times where none is the one.
    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        let place = part * f64::from(count.saturating_sub(1));
        let below = (0..count)
            .take_while(|&i| f64::from(i) <= place)
            .last()
            .unwrap_or(0);
        let at = |i: u32| {
            sorted
                .get(i as usize)
                .or(sorted.last())
                .copied()
                .unwrap_or(f64::NAN)
        };
        at(below) + (place - f64::from(below)) * (at(below + 1) - at(below))
    }
}

/// Times contenders in turns, each for at least `round` at a time; each round begins with the next one. Before it is timed each does
/// its work once, so that it finds caches and heap as it left them itself.
pub fn in_turns(contenders: &mut [Contender<'_>], rounds: usize, round: Duration) -> Vec<Times> {
    let iterations = contenders
        .iter_mut()
        .map(|contender| iterations_that_fill(round, contender));
    let iterations: Vec<u64> = iterations.collect();
    let mut times = vec![Times::default(); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let index = (round + turn) % contenders.len();
            contenders[index].work.time(1);
            let taken = contenders[index].work.time(iterations[index]);
            times[index].push(taken.div_f64(as_f64(iterations[index])).as_secs_f64());
        }
    }
    times
}

/// How often the work has to be done for a round; finding that out warms it up.
///
/// By the least of three times: one that was interrupted would leave rounds so short that the clock itself is measured.
fn iterations_that_fill(round: Duration, contender: &mut Contender<'_>) -> u64 {
    let mut least = |iterations| (0..3).map(|_| contender.work.time(iterations)).min();
    let mut iterations = 1;
    while least(iterations).is_some_and(|time| time < round) && iterations < 1 << 24 {
        iterations *= 2;
    }
    iterations
}

/// Exact for all that is counted here.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2 to the 53rd")]
pub fn as_f64(count: u64) -> f64 {
    count as f64
}
