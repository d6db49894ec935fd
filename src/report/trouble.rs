//! What somebody did to the network before the test failed: what is going on, and what was healed, by the failure's own unwinding, too.

use crate::live::Parts;

pub(super) fn render(parts: &Parts) -> String {
    let lines = |troubles: Vec<String>, end: &str| {
        let lines = troubles.iter().map(|what| format!("  {what}{end}\n"));
        lines.collect::<String>()
    };
    let text = lines(parts.troubles.healed(), " (healed)") + &lines(parts.troubles.told(), "");
    if text.is_empty() {
        text
    } else {
        format!("trouble:\n{text}")
    }
}
