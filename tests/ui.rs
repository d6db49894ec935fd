//! What the attribute accepts and, one mistake a file, what it says and where.
//!
//! Test functions are compiled away in these programs, as they are in any that is not a test: what is seen here is the
//! attribute's own work. After a change of the wording, `TRYBUILD=overwrite cargo test --test ui` writes it down.

#[test]
fn the_attribute_accepts_and_refuses() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
