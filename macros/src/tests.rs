//! The pipeline on tokens, without a compiler: every message, and what becomes of a function that keeps the rules.
//!
//! Where the messages point is seen in `tests/ui`.

use proc_macro2::TokenStream;
use quote::quote;

mod variants;

/// Rust as it would stand in a file.
fn tokens(text: &str) -> TokenStream {
    text.parse().expect("brackets match")
}

/// The messages that `#[netns_test(args)]` gives on `item`.
fn mistakes(args: &str, item: &str) -> Vec<String> {
    match crate::case(tokens(args), tokens(item)) {
        Ok(_) => vec![],
        Err(mistakes) => mistakes
            .into_iter()
            .map(|mistake| mistake.to_string())
            .collect(),
    }
}

#[track_caller]
fn rejects_args(args: &str, message: &str) {
    assert_eq!(mistakes(args, "fn t(net: &Network) {}"), [message]);
}

#[track_caller]
fn rejects_fn(item: &str, message: &str) {
    assert_eq!(mistakes("", item), [message]);
}

#[track_caller]
fn accepts(args: &str, item: &str) {
    assert_eq!(mistakes(args, item), [""; 0]);
}

/// Asserts on the tokens of the whole expansion.
#[track_caller]
fn expands(args: &str, item: &str, expected: TokenStream) {
    assert_eq!(
        crate::attribute(tokens(args), tokens(item)).to_string(),
        expected.to_string()
    );
}

// --- the arguments ---

#[test]
fn arguments_may_come_in_any_order_and_end_with_a_comma() {
    accepts(
        r#"timeout = 5, flavor = "multi_thread", inside = "a", topology = lab(1, 2),"#,
        "async fn t() {}",
    );
}

#[test]
fn unknown_arguments_list_the_known_ones() {
    let unknown = |name: &str| {
        format!(
            "unknown argument `{name}`, expected one of: topology, topologies, families, inside, flavor, timeout, requires \
             (the value of `topology` says the rest)"
        )
    };
    rejects_args("mtu = 1400", &unknown("mtu"));
    rejects_args(r#"hosts("a", "b")"#, &unknown("hosts"));
    rejects_args("bridge", &unknown("bridge"));
    rejects_args(r#"Topology::lan(["a", "b"])"#, &unknown("Topology"));
    rejects_args("type = 1", &unknown("type"));
}

#[test]
fn arguments_are_set_once() {
    rejects_args(
        "timeout = 5, timeout = 5",
        "`timeout` is set twice: keep one",
    );
    rejects_args(
        r#"topology = a(), inside = "x", topology = b()"#,
        "`topology` is set twice: keep one",
    );
}

#[test]
fn arguments_need_a_value() {
    for args in [
        "topology",
        "topology =",
        "topology = , timeout = 1",
        "topology(lab())",
    ] {
        rejects_args(
            args,
            "`topology` needs a value, as in `topology = docker_lab()`",
        );
    }
    rejects_args(
        "inside",
        "`inside` needs a value, as in `inside = \"client\"`",
    );
    rejects_args("timeout", "`timeout` needs a value, as in `timeout = 5`");
}

#[test]
fn arguments_have_a_name() {
    let message = "expected `name = value`, as in `topology = docker_lab()`";
    rejects_args(r#""client""#, message);
    rejects_args("5", message);
}

#[test]
fn inside_is_the_name_of_a_host() {
    let message = "`inside` takes a host's name in quotes, as in `inside = \"client\"`";
    rejects_args("inside = client", message);
    rejects_args("inside = CLIENT.name()", message);
    rejects_args(r#"inside = b"client""#, message);
    let empty = "`inside` is empty: name a host of the topology, as in `inside = \"client\"`";
    rejects_args(r#"inside = """#, empty);
}

#[test]
fn flavor_is_one_of_two_and_for_async_fns() {
    let item = "async fn t() {}";
    let unknown = "unknown flavor `current`, expected \"current_thread\" or \"multi_thread\"";
    assert_eq!(mistakes(r#"flavor = "current""#, item), [unknown]);
    let unquoted =
        "`flavor` takes a name in quotes, expected \"current_thread\" or \"multi_thread\"";
    assert_eq!(mistakes("flavor = multi_thread", item), [unquoted]);
    let sync = "`flavor` is for an `async fn`: make it one, or remove `flavor`";
    rejects_args(r#"flavor = "multi_thread""#, sync);
    rejects_args(r#"flavor = "current""#, sync);
}

#[test]
fn timeout_is_whole_seconds_or_a_duration() {
    for args in ["timeout = 0", "timeout = 0u64", "timeout = 0x0"] {
        rejects_args(
            args,
            "`timeout` is zero: no test could pass, write one second or more",
        );
    }
    for args in [
        "timeout = 1.5",
        "timeout = -5",
        r#"timeout = "5s""#,
        "timeout = 99999999999999999999",
    ] {
        rejects_args(
            args,
            "`timeout` takes whole seconds, as in `timeout = 5`, or a `Duration`",
        );
    }
    accepts("timeout = Duration::from_millis(100)", "fn t() {}");
    accepts("timeout = LIMIT * 2", "fn t() {}");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let item = "unsafe fn t<T>(net: &mut Network) {}";
    assert_eq!(
        mistakes(r#"timeout = 0, mtu = 5, inside = """#, item).len(),
        6
    );
}

// --- the function ---

#[test]
fn tests_take_nothing_or_a_shared_reference() {
    accepts("", "fn t() {}");
    accepts("", "fn t(_: &'_ (Network)) {}");
    rejects_fn(
        "fn t(net: Network) {}",
        "a test borrows its network: write `net: &Network`",
    );
    rejects_fn(
        "fn t(net: &mut Network) {}",
        "a test borrows its network without `mut`: write `net: &Network`",
    );
    rejects_fn(
        "fn t(net: &'static Network) {}",
        "a test borrows its network for as long as it runs: write `net: &Network`",
    );
    rejects_fn(
        "fn t(&self) {}",
        "a test is a free function: it has no `self`, write `net: &Network` or nothing",
    );
    rejects_fn(
        "fn t(net: &Network, port: u16) {}",
        "a test takes nothing or `net: &Network`; in the cases of `rstest` or `test-case`, \
         put those above `#[netns_test::test]` and use `netns_test::current()`",
    );
}

#[test]
fn tests_are_plain_functions() {
    let message = "a test is a plain `fn` or `async fn`: remove this";
    rejects_fn("const fn t() {}", message);
    rejects_fn("unsafe fn t() {}", message);
    rejects_fn(r#"extern "C" fn t() {}"#, message);
    let generics = "a test has no generic parameters and no lifetimes: nobody could choose them";
    rejects_fn("fn t<T>() {}", generics);
    rejects_fn("fn t<'a>(net: &Network) {}", generics);
    rejects_fn("fn t<const N: usize>() {}", generics);
    rejects_fn(
        "fn t() where String: Clone {}",
        "a test has no `where` clause: it has nothing to constrain",
    );
    rejects_fn(
        "fn t() -> ! {}",
        "a test returns in the end: write nothing, or a `Result`",
    );
}

#[test]
fn only_functions_with_a_body_are_tests() {
    let message = "#[netns_test] goes on a function: `fn` or `async fn`, with a body";
    for item in [
        "struct T;",
        "mod tests { fn t() {} }",
        "fn t();",
        "pub const T: u8 = 5;",
    ] {
        rejects_fn(item, message);
    }
}

// --- the other attributes ---

#[test]
fn should_panic_has_three_forms() {
    accepts("", "#[should_panic] #[should_panic] fn t() {}");
    for item in [
        "#[should_panic()] fn t() {}",
        "#[should_panic = 5] fn t() {}",
        r#"#[should_panic(expects = "x")] fn t() {}"#,
        "#[should_panic(expected = TEXT)] fn t() {}",
    ] {
        rejects_fn(
            item,
            "malformed `should_panic`: write `#[should_panic]`, `#[should_panic = \"text\"]` \
             or `#[should_panic(expected = \"text\")]`",
        );
    }
    rejects_fn(
        r#"#[should_panic] #[should_panic = "x"] fn t() {}"#,
        "`should_panic` is there twice: keep one",
    );
}

#[test]
fn other_test_attributes_are_refused() {
    let second = "a second test attribute: remove this one; for an asynchronous test write `async fn` and, \
                  if need be, `flavor`: #[netns_test] brings its own runtime";
    rejects_fn("#[tokio::test] async fn t() {}", second);
    rejects_fn(
        r#"#[tokio::test(flavor = "multi_thread")] async fn t() {}"#,
        second,
    );
    let twice = "#[netns_test] is there twice: keep one";
    rejects_fn("#[netns_test] fn t() {}", twice);
    rejects_fn("#[netns_test::netns_test] fn t() {}", twice);
    rejects_fn("#[netns_test::test] fn t() {}", twice);
    let above = "put this above `#[netns_test::test]`, so that each of its cases gets a network";
    rejects_fn("#[rstest] fn t() {}", above);
    rejects_fn("#[test_case::test_case(1)] fn t() {}", above);
}

#[test]
fn plain_functions_of_test_case_would_run_twice() {
    let marks = "#[allow(clippy::bool_assert_comparison)] #[allow(unknown_lints, clippy::x)]";
    rejects_fn(
        &format!("{marks} fn test_case_1_two() {{}}"),
        "`test_case` gives a plain `fn` a `#[test]` of its own, so that each case would run twice: \
         write `async fn`",
    );
    accepts("", &format!("{marks} async fn test_case_1_two() {{}}"));
    accepts("", &format!("{marks} fn other() {{}}"));
    accepts("", "fn test_case_1_two() {}");
}

// --- the expansions ---

#[test]
fn the_plainest_test() {
    expands(
        "",
        "fn every_test_has_its_own_port_80() { body(); }",
        quote! {
            #[::core::prelude::v1::test]
            #[cfg_attr(not(target_os = "linux"), ignore = "network namespaces exist on Linux only")]
            fn every_test_has_its_own_port_80() {
                fn every_test_has_its_own_port_80() { body(); }
                ::netns_test::__private::run(
                    &::netns_test::__private::Case {
                        name: ::core::concat!(::core::module_path!(), "::", "every_test_has_its_own_port_80"),
                        file: ::core::file!(),
                        line: ::core::line!(),
                        should_panic: ::netns_test::__private::ShouldPanic::No,
                        inside: ::core::option::Option::None,
                        timeout: ::core::option::Option::None,
                        requires: &[],
                    },
                    || -> ::netns_test::Topology { ::netns_test::Topology::new() },
                    |_| ::netns_test::__private::outcome(
                        every_test_has_its_own_port_80(),
                        |returned| ::netns_test::__private::Look(returned).lack()
                    )
                );
            }
        },
    );
}

#[test]
fn an_async_test_with_everything() {
    expands(
        r#"topology = lab(), inside = "client", flavor = "multi_thread", timeout = 0x10u32"#,
        r#"
            /// Docs.
            #[should_panic(expected = "refused")]
            #[serial]
            #[ignore = "slow"]
            #[test]
            #[expect(unused_variables)]
            pub(crate) async fn t(network: &Network) -> TestResult { body() }
        "#,
        quote! {
            #[::core::prelude::v1::test]
            #[doc = " Docs."]
            #[ignore = "slow"]
            #[expect(unused_variables)]
            pub(crate) fn t() -> ::netns_test::__private::Outcome {
                #[serial]
                async fn t(network: &Network) -> TestResult { body() }
                ::netns_test::__private::run(
                    &::netns_test::__private::Case {
                        name: ::core::concat!(::core::module_path!(), "::", "t"),
                        file: ::core::file!(),
                        line: ::core::line!(),
                        should_panic: ::netns_test::__private::ShouldPanic::Saying("refused"),
                        inside: ::core::option::Option::Some("client"),
                        timeout: ::core::option::Option::Some(::core::time::Duration::from_secs(16)),
                        requires: &[],
                    },
                    || -> ::netns_test::Topology { lab() },
                    |net| ::netns_test::__private::outcome(
                        ::netns_test::__private::block_on(::netns_test::__private::Flavor::MultiThread, t(net)),
                        |returned| ::netns_test::__private::Look(returned).lack()
                    )
                )
            }
        },
    );
}

/// The expansion as text, for tests of one part of it.
fn text(args: &str, item: &str) -> String {
    crate::attribute(tokens(args), tokens(item)).to_string()
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    let part = tokens(part).to_string();
    assert!(text.contains(&part), "no `{part}` in `{text}`");
}

#[test]
fn an_explicit_unit_is_nothing() {
    let text = text("", "fn t() -> () {}");
    assert!(text.contains("fn t () { fn t () -> () { }"), "{text}");
}

#[test]
fn async_tests_run_on_one_thread_unless_told() {
    let flavor = "block_on(::netns_test::__private::Flavor::CurrentThread, t())";
    assert_has(&text("", "async fn t() {}"), flavor);
}

#[test]
fn should_panic_is_handed_to_the_harness() {
    let plain = text("", "#[should_panic] fn t() {}");
    assert_has(&plain, "ShouldPanic::Yes");
    assert!(
        !plain.contains("[should_panic"),
        "libtest must not see it: {plain}"
    );
    assert_has(
        &text("", r#"#[should_panic = "x"] fn t() {}"#),
        r#"ShouldPanic::Saying("x")"#,
    );
}

#[test]
fn a_duration_is_passed_as_it_is() {
    let text = text("timeout = LIMIT * 2", "fn t() {}");
    assert_has(&text, "timeout: ::core::option::Option::Some(LIMIT * 2)");
}

#[test]
fn raw_names_are_those_that_libtest_lists() {
    assert_has(&text("", "fn r#match() {}"), r##""::", "r#match""##);
    assert_has(&text("", "fn r#plain() {}"), r#""::", "plain""#);
}

#[test]
fn every_spelling_of_test_is_replaced() {
    for attr in [
        "#[test]",
        "#[core::prelude::v1::test]",
        "#[::std::prelude::rust_2024::test]",
    ] {
        let text = text("", &format!("{attr} fn t() {{}}"));
        assert_eq!(text.matches(":: test]").count(), 1, "{text}");
        assert_eq!(text.matches("[test]").count(), 0, "{text}");
    }
}

#[test]
fn the_function_survives_a_mistake() {
    let kept = r#"#[doc = "x"] #[serial] async fn t(a: u8) { body.; }"#;
    let item = format!("#[test] #[tokio::test] #[should_panic] #[ignore] {kept}");
    let text = text("mtu = 5", &item);
    assert!(text.starts_with(":: core :: compile_error !"), "{text}");
    assert!(text.ends_with(&tokens(kept).to_string()), "{text}");
}

#[test]
fn an_item_that_is_no_function_survives_too() {
    assert!(text("", "struct T;").ends_with("struct T ;"));
}
