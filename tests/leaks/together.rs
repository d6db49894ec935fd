//! Two suites at once, as in two terminals.

use serial_test::serial;

use crate::suite::Suite;
use crate::victims;

/// They use the same names, addresses and ports.
#[test]
#[serial(suites)]
fn two_suites_at_once_do_not_disturb_one_another() {
    let runs = [(); 2].map(|()| Suite::of("victims::", victims::NUMBER / 2).start());
    for run in runs {
        run.ended().assert_all_passed(victims::NUMBER + 1);
    }
}
