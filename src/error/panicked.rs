//! What a panic says.

use std::any::Any;

/// The message of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic whose payload is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, panic_any};

    use super::*;

    #[test]
    fn a_panic_says_its_text_if_it_has_one() {
        let said = |body: fn()| panic_text(&*catch_unwind(body).unwrap_err());
        assert_eq!(said(|| panic!("out of cheese")), "out of cheese");
        assert_eq!(said(|| panic_any("and wine".to_owned())), "and wine");
        assert_eq!(said(|| panic_any(5)), "a panic whose payload is no text");
    }
}
