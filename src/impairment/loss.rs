//! Which packets are lost.

/// Which packets are lost.
///
/// Probabilities are numbers from 0 to 1: 1 % is `0.01`. [`average`](Self::average) says what each comes to in the long run. See
/// [tc-netem(8)](https://man7.org/linux/man-pages/man8/tc-netem.8.html), whose models these are.
///
/// # Examples
///
/// ```
/// use netns_test::Loss;
///
/// // One packet in a hundred opens a burst of three on average, in which all are lost.
/// let bursts = Loss::gilbert_elliott(0.01, 1.0 / 3.0, 1.0, 0.0);
/// assert!((bursts.average() - 0.029).abs() < 0.001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss(pub(crate) LossModel);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LossModel {
    /// Each packet by itself.
    Random { probability: f64 },
    /// A chain of two states: `probability` on the whole, and the correlation of a packet's fate with the one's before.
    Correlated { probability: f64, correlation: f64 },
    /// Gilbert-Elliott: from good to bad with `p`, back with `r`; loss in the bad state, and in the good one.
    GilbertElliott { p: f64, r: f64, bad: f64, good: f64 },
    /// The four states of netem: `p13`, `p31`, `p32`, `p23`, `p14`.
    FourState {
        p13: f64,
        p31: f64,
        p32: f64,
        p23: f64,
        p14: f64,
    },
    /// The nth, the 2nth, ... packet.
    EveryNth(u64),
}

/// A chain of two states, which begins in the good one. A packet meets the loss of the state that it finds; then the chain may move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chain {
    /// From good to bad.
    pub(crate) p: f64,
    /// From bad to good.
    pub(crate) r: f64,
    /// Probability of loss in the bad state.
    pub(crate) bad: f64,
    /// Probability of loss in the good state.
    pub(crate) good: f64,
}

impl Loss {
    /// Each packet by itself, with this probability: 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Loss::random(0.01).average(), 0.01);
    /// ```
    pub fn random(probability: f64) -> Self {
        Self(LossModel::Random { probability })
    }

    /// A packet's fate resembles that of the one before it: losses come in a row.
    ///
    /// `probability` (0 to 1) is the share of packets lost in the long run, exactly; `correlation` (0 to below 1) says how alike
    /// neighbours are. After a loss the next packet is lost with `p + c (1 - p)`, after none with `p (1 - c)`. (What
    /// netem calls correlation loses another share than asked, and its manual advises against it; the kernel gets this chain
    /// as a Gilbert-Elliott model.)
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Loss::correlated(0.02, 0.5).average(), 0.02);
    /// ```
    pub fn correlated(probability: f64, correlation: f64) -> Self {
        Self(LossModel::Correlated {
            probability,
            correlation,
        })
    }

    /// The model of Gilbert and Elliott: a good and a bad state, each of which loses packets with its own probability.
    ///
    /// Before each next packet the good state turns bad with `p`, the bad one good with `r`, so that a bad time lasts `1 / r` packets
    /// on average. `bad` and `good` are the probabilities of loss in them: 1 and 0 for bursts in which all is lost. The link starts good.
    ///
    /// In netem's words `bad` is `1-h` and `good` is `1-k`.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Loss;
    ///
    /// let loss = Loss::gilbert_elliott(0.1, 0.3, 0.8, 0.0);
    /// assert!((loss.average() - 0.8 * 0.25).abs() < 1e-9);
    /// ```
    pub fn gilbert_elliott(p: f64, r: f64, bad: f64, good: f64) -> Self {
        Self(LossModel::GilbertElliott { p, r, bad, good })
    }

    /// The model of four states that netem has: calm (1), received within a burst (2), lost within a burst (3), a loss by itself (4).
    ///
    /// `p13` leads from one packet to the next from state 1 to state 3, and so on; from state 4 it always goes back to 1. The link starts in state 1.
    /// Published as [the "general and intuitive" model](http://netgroup.uniroma2.it/NetemCLG).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Loss;
    ///
    /// let loss = Loss::four_state(0.01, 0.3, 0.2, 0.5, 0.001);
    /// assert!(loss.average() > 0.03 && loss.average() < 0.04);
    /// ```
    pub fn four_state(p13: f64, p31: f64, p32: f64, p23: f64, p14: f64) -> Self {
        Self(LossModel::FourState {
            p13,
            p31,
            p32,
            p23,
            p14,
        })
    }

    /// The nth packet, the 2nth, and so on, without any chance. 1 loses all. Only this crate's own wire can count so.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Loss::every_nth(10).average(), 0.1);
    /// ```
    pub fn every_nth(n: u64) -> Self {
        Self(LossModel::EveryNth(n))
    }

    /// The share of packets lost in the long run: 0 to 1.
    ///
    /// | model | average |
    /// |---|---|
    /// | [`random`](Self::random), [`correlated`](Self::correlated) | the probability |
    /// | [`gilbert_elliott`](Self::gilbert_elliott) | `(bad p + good r) / (p + r)` |
    /// | [`four_state`](Self::four_state) | `(w3 + w4) / (w1 + w2 + w3 + w4)` with the weights `w1 = p31 p23`, `w2 = p13 p32`, `w3 = p13 p23`, `w4 = w1 p14` |
    /// | [`every_nth`](Self::every_nth) | `1 / n` |
    ///
    /// Of a chain that the check of impairments refuses, it says nothing of use.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Loss;
    ///
    /// assert_eq!(Loss::gilbert_elliott(0.5, 0.5, 1.0, 0.0).average(), 0.5);
    /// ```
    pub fn average(&self) -> f64 {
        match self.0 {
            LossModel::Random { probability } | LossModel::Correlated { probability, .. } => {
                probability
            }
            LossModel::GilbertElliott { p, r, bad, good } => (bad * p + good * r) / (p + r),
            LossModel::FourState {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => four_states(p13, p31, p32, p23, p14),
            LossModel::EveryNth(n) => 1.0 / n as f64,
        }
    }
}

impl From<f64> for Loss {
    /// [`random`](Self::random).
    fn from(probability: f64) -> Self {
        Self::random(probability)
    }
}

impl LossModel {
    /// The models that are a chain of two states, as such.
    pub(crate) fn chain(self) -> Option<Chain> {
        match self {
            Self::Correlated {
                probability,
                correlation,
            } => Some(Chain {
                p: probability * (1.0 - correlation),
                r: (1.0 - probability) * (1.0 - correlation),
                bad: 1.0,
                good: 0.0,
            }),
            Self::GilbertElliott { p, r, bad, good } => Some(Chain { p, r, bad, good }),
            Self::Random { .. } | Self::FourState { .. } | Self::EveryNth(_) => None,
        }
    }
}

/// The weights follow from what flows into each state and out of it being the same.
fn four_states(p13: f64, p31: f64, p32: f64, p23: f64, p14: f64) -> f64 {
    if p13 == 0.0 {
        return p14 / (1.0 + p14);
    }
    // Nobody comes to state 2 then, and p23 does not matter.
    let p23 = if p32 == 0.0 { 1.0 } else { p23 };
    let calm = p31 * p23;
    let alone = calm * p14;
    let received = p13 * p32;
    let lost = p13 * p23;
    (lost + alone) / (calm + alone + received + lost)
}
