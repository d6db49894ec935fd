//! Several tests of one function: the rules of the lists, and the expansion.

use quote::quote;

use super::{accepts, assert_has, expands, rejects_args, text};

#[test]
fn lists_may_come_in_any_order_and_end_with_a_comma() {
    accepts(
        "families(dual, v6,), timeout = 5, topologies(near = a(), far = b(1, 2),),",
        "async fn t() {}",
    );
    accepts("families(v4), topology = lab()", "fn t() {}");
}

#[test]
fn required_features_are_variants_of_the_librarys_enum() {
    let written = text("requires(netem, vlan_filtering)", "fn t() {}");
    assert_has(
        &written,
        "requires: &[::netns_test::Feature::Netem, ::netns_test::Feature::VlanFiltering],",
    );
    let form = "`requires` takes names of features, as in `requires(netem, vlan)`";
    rejects_args(r#"requires("netem")"#, form);
    rejects_args(
        "requires = netem",
        "`requires` needs a list in parentheses, as in `requires(netem, vlan)`",
    );
}

#[test]
fn families_are_three_words() {
    for word in ["ipv4", "V4", "both", "type"] {
        let message = format!("unknown family `{word}`, expected one of: v4, v6, dual");
        rejects_args(&format!("families(v4, {word})"), &message);
    }
    for list in [r#""v4""#, "v4 = 1", "v4 v6", "[v4]", "4"] {
        rejects_args(
            &format!("families({list})"),
            "`families` takes words, as in `families(v4, v6, dual)`",
        );
    }
}

#[test]
fn lists_stand_in_parentheses_and_are_not_empty() {
    for args in [
        "families",
        "families =",
        "families = [v4, v6]",
        "families[v4]",
    ] {
        rejects_args(
            args,
            "`families` needs a list in parentheses, as in `families(v4, v6, dual)`",
        );
    }
    rejects_args(
        "topologies = [a(), b()]",
        "`topologies` needs a list in parentheses, as in `topologies(near = lan(), far = routed())`",
    );
    rejects_args(
        "families()",
        "`families` is empty, and no test would be left: write `families(v4, v6, dual)`",
    );
    rejects_args(
        "topologies()",
        "`topologies` is empty, and no test would be left: write `topologies(near = lan(), far = routed())`",
    );
}

#[test]
fn variants_are_listed_once() {
    rejects_args("families(v4, v6, v4)", "`v4` is listed twice: keep one");
    rejects_args(
        "topologies(a = x(), b = y(), r#a = z())",
        "`a` is listed twice: keep one",
    );
    rejects_args(
        "families(v4), families(v6)",
        "`families` is set twice: keep one",
    );
}

#[test]
fn every_topology_has_a_name() {
    let message =
        "each of `topologies` has a name, which its test gets: write `near = docker_lab()`";
    for list in ["docker_lab()", "near", "near ="] {
        rejects_args(&format!("topologies({list})"), message);
    }
    for word in ["type", "self", "_"] {
        rejects_args(
            &format!("topologies({word} = a())"),
            &format!("`{word}` is a word of the language and names no test: choose another name"),
        );
    }
}

#[test]
fn one_topology_or_several() {
    let message = "`topology` is one network, `topologies` several: keep one of them";
    rejects_args("topology = a(), topologies(b = b())", message);
    rejects_args("topologies(b = b()), topology = a()", message);
}

#[test]
fn families_make_a_module_of_tests() {
    expands(
        "topology = lab(), families(v4, dual)",
        r#"
            /// Docs.
            #[ignore = "slow"]
            #[serial]
            #[expect(unused_variables)]
            pub(crate) fn t(net: &Network) -> TestResult { body() }
        "#,
        quote! {
            #[cfg(test)]
            #[doc = " Docs."]
            #[expect(unused_variables)]
            pub(crate) fn t(variant: ::netns_test::__private::Variant) -> ::netns_test::__private::Outcome {
                #[serial]
                fn t(net: &Network) -> TestResult { body() }
                ::netns_test::__private::run(
                    &::netns_test::__private::Case {
                        name: variant.name,
                        file: ::core::file!(),
                        line: ::core::line!(),
                        should_panic: ::netns_test::__private::ShouldPanic::No,
                        inside: ::core::option::Option::None,
                        timeout: ::core::option::Option::None,
                        requires: &[],
                    },
                    || -> ::netns_test::Topology { variant.limit(lab()) },
                    |net| ::netns_test::__private::outcome(
                        t(net),
                        |returned| ::netns_test::__private::Look(returned).lack()
                    )
                )
            }
            #[cfg(test)]
            #[allow(non_snake_case)]
            mod t {
                #[::core::prelude::v1::test]
                #[ignore = "slow"]
                fn v4() -> ::netns_test::__private::Outcome {
                    super::t(::netns_test::__private::Variant {
                        name: ::core::concat!(::core::module_path!(), "::", "v4"),
                        topology: 0usize,
                        only: ::core::option::Option::Some(::netns_test::Family::V4),
                    })
                }
                #[::core::prelude::v1::test]
                #[ignore = "slow"]
                fn dual() -> ::netns_test::__private::Outcome {
                    super::t(::netns_test::__private::Variant {
                        name: ::core::concat!(::core::module_path!(), "::", "dual"),
                        topology: 0usize,
                        only: ::core::option::Option::None,
                    })
                }
            }
        },
    );
}

#[test]
fn topologies_are_a_choice_and_written_once() {
    let text = text(
        "topologies(near = a(), far = b(), last = c()), families(v6)",
        "fn t() { body(); }",
    );
    assert_has(
        &text,
        "variant.limit(match variant.topology { 0usize => a(), 1usize => b(), _ => c() })",
    );
    assert_eq!(text.matches("super :: super :: t (").count(), 3, "{text}");
    assert!(text.contains("mod far { #"), "{text}");
    assert_eq!(text.matches("body").count(), 1, "{text}");
    assert_eq!(text.matches("fn v6 ()").count(), 3, "{text}");
}

#[test]
fn topologies_alone_are_tests_and_not_limited() {
    let text = text("topologies(near = a(), r#far = b())", "fn t() {}");
    assert!(text.contains("fn near () { super :: t ("), "{text}");
    assert_has(
        &text,
        r#"::core::concat!(::core::module_path!(), "::", "far")"#,
    );
    assert!(!text.contains("limit"), "{text}");
}

#[test]
fn should_panic_and_conditions_are_each_variants() {
    let text = text(
        "families(v4, v6)",
        r#"#[should_panic = "x"] #[cfg(unix)] fn t() {}"#,
    );
    assert_eq!(text.matches("Saying").count(), 1, "{text}");
    assert_eq!(text.matches("# [cfg (unix)]").count(), 2, "{text}");
    let linux_only = "ignore = \"network namespaces exist on Linux only\"";
    assert_eq!(text.matches(linux_only).count(), 2, "{text}");
}
