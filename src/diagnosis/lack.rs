//! Features that a machine lacks: how that was found out, what provides them, and what to do on this machine.

use super::facts::Facts;
use super::surroundings::Surroundings;
use super::verdict::INSTEAD;
use super::{modules, remedy};
use crate::error::{Error, Kind};
use crate::feature::Feature;

/// What a trial that did not succeed has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// The system call or request with the kernel's answer, on one line.
    pub(crate) text: String,
    /// The machine does not have it; if not, that could not be told.
    pub(crate) is_lack: bool,
    /// What helps, where whoever tried knows better than the name of the feature tells.
    pub(crate) remedy: Option<String>,
}

/// The machine, as far as features depend on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ground {
    pub(crate) facts: Facts,
    /// Whether the kernel can load modules at all.
    pub(crate) loads_modules: Option<bool>,
}

/// The features that were tried in vain, as one error that names them all.
pub(crate) fn error(failed: &[(Feature, Failed)], ground: &Ground) -> Error {
    let missing: Vec<_> = failed.iter().filter(|(_, it)| it.is_lack).collect();
    if missing.is_empty() {
        return untold(failed);
    }
    let features: Vec<Feature> = missing.iter().map(|(feature, _)| *feature).collect();
    let mut cause = match features.len() {
        1 => "this machine lacks it".to_owned(),
        _ => "this machine lacks them".to_owned(),
    };
    let mut remedies: Vec<String> = Vec::new();
    for (feature, failed) in missing {
        cause.push_str(&format!("\n  refused: {}", failed.text));
        if let Some(provider) = provider(*feature) {
            cause.push_str(&format!("\n  provided by: {provider}"));
        }
        let remedy = lack_remedy(*feature, failed, ground);
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    let error = Error::new(Kind::Unsupported, find(&features), cause).lacking(features);
    remedies
        .into_iter()
        .chain([INSTEAD.to_owned()])
        .fold(error, Error::help)
}

/// Of none it is certain that the machine lacks it: that is a failure, and skips nothing.
fn untold(failed: &[(Feature, Failed)]) -> Error {
    let features: Vec<Feature> = failed.iter().map(|(feature, _)| *feature).collect();
    let texts: Vec<&str> = failed.iter().map(|(_, it)| it.text.as_str()).collect();
    let cause = format!(
        "whether this machine has it could not be told\n  refused: {}",
        texts.join("\n  refused: ")
    );
    let error = Error::new(Kind::Kernel, find(&features), cause);
    let remedies = failed.iter().filter_map(|(_, it)| it.remedy.clone());
    remedies.fold(error, Error::help)
}

fn find(features: &[Feature]) -> String {
    let names: Vec<String> = features.iter().map(|it| format!("`{it}`")).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("find feature{plural} {}", names.join(", "))
}

/// What a kernel has to have for the feature.
fn provider(feature: Feature) -> Option<String> {
    let option = feature.option()?;
    Some(match feature.module() {
        Some(module) => format!("the kernel's module {module} (CONFIG_{option})"),
        None => format!("a kernel with CONFIG_{option}=y"),
    })
}

/// The one thing to do about it on this machine.
pub(crate) fn lack_remedy(feature: Feature, failed: &Failed, ground: &Ground) -> String {
    if let Some(remedy) = &failed.remedy {
        return remedy.clone();
    }
    let around = Surroundings::of(&ground.facts);
    let first = |remedies: Vec<String>| remedies.into_iter().next().unwrap_or_default();
    match feature {
        Feature::Sysctls => first(remedy::unmask(around)),
        Feature::Names | Feature::Programs if around.is_container() => first(around.relax()),
        Feature::Names | Feature::Programs => {
            "run the tests outside of the systemd unit or sandbox that forbids mounts; networks work without"
                .to_owned()
        }
        // The device is there, and not for everybody.
        Feature::Tun if failed.text.contains("EACCES") => "sudo chmod 0666 /dev/net/tun".to_owned(),
        Feature::Tun if around.is_container() => remedy::tun_device(around).to_owned(),
        _ => of_the_kernel(feature, ground),
    }
}

fn of_the_kernel(feature: Feature, ground: &Ground) -> String {
    let option = feature.option().unwrap_or_default();
    match feature.module() {
        Some(module) if ground.loads_modules != Some(false) => {
            let ways = modules::load_module(module, &ground.facts);
            ways.into_iter().next().unwrap_or_default()
        }
        Some(_) => format!(
            "this kernel loads no modules: boot one with CONFIG_{option}, as distributions \
             build theirs"
        ),
        None => format!("boot a kernel with CONFIG_{option}=y, as distributions build theirs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(text: &str, is_lack: bool) -> Failed {
        Failed {
            text: text.to_owned(),
            is_lack,
            remedy: None,
        }
    }

    fn netem() -> (Feature, Failed) {
        let text = "RTM_NEWQDISC (netem) with ENOENT (Specified qdisc kind is unknown)";
        (Feature::Netem, failed(text, true))
    }

    fn vlan() -> (Feature, Failed) {
        let text = "RTM_NEWLINK (vlan) with EOPNOTSUPP (Unknown device type)";
        (Feature::Vlan, failed(text, true))
    }

    fn on(distro: &str, loads_modules: Option<bool>) -> Ground {
        let facts = Facts {
            distro: Some(distro.to_owned()),
            release: Some("6.8.0-41-generic".to_owned()),
            ..Facts::default()
        };
        Ground {
            facts,
            loads_modules,
        }
    }

    #[test]
    fn all_that_is_missing_is_one_error_with_what_provides_it() {
        let error = error(&[netem(), vlan()], &on("ubuntu", Some(true)));
        assert!(error.is_unsupported());
        assert_eq!(error.missing_features(), [Feature::Netem, Feature::Vlan]);
        assert_eq!(
            error.to_string(),
            "failed to find features `netem`, `vlan`: this machine lacks them
  refused: RTM_NEWQDISC (netem) with ENOENT (Specified qdisc kind is unknown)
  provided by: the kernel's module sch_netem (CONFIG_NET_SCH_NETEM)
  refused: RTM_NEWLINK (vlan) with EOPNOTSUPP (Unknown device type)
  provided by: the kernel's module 8021q (CONFIG_VLAN_8021Q)
  help: sudo apt-get install linux-modules-extra-6.8.0-41-generic && sudo modprobe sch_netem
  help: sudo apt-get install linux-modules-extra-6.8.0-41-generic && sudo modprobe 8021q
  help: to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip; `cargo netns doctor` shows the whole verdict \
             (`cargo install netns-test --features cli`)"
        );
    }

    #[test]
    fn what_could_not_be_told_is_no_lack() {
        let broken = (
            Feature::Ifb,
            failed("socket with EMFILE (Too many open files)", false),
        );
        let told = error(std::slice::from_ref(&broken), &Ground::default());
        assert!(!told.is_unsupported() && told.missing_features().is_empty());
        assert_eq!(
            told.to_string(),
            "failed to find feature `ifb`: whether this machine has it could not be told\n  \
             refused: socket with EMFILE (Too many open files)"
        );
        // What is certain decides.
        let both = error(&[broken, netem()], &Ground::default());
        assert_eq!(both.missing_features(), [Feature::Netem]);
    }

    #[test]
    fn the_remedy_is_this_machines() {
        let (feature, failed) = netem();
        let docker = Ground {
            facts: Facts {
                docker: true,
                ..Facts::default()
            },
            loads_modules: Some(true),
        };
        for (ground, expected) in [
            (
                on("fedora", Some(true)),
                "sudo dnf install kernel-modules-extra-",
            ),
            (
                docker,
                "on the host of this Docker container, not inside: sudo modprobe sch_netem",
            ),
            (
                on("debian", Some(false)),
                "this kernel loads no modules: boot one with CONFIG_NET_SCH_NETEM",
            ),
        ] {
            let remedy = lack_remedy(feature, &failed, &ground);
            assert!(remedy.starts_with(expected), "{remedy}");
        }
    }

    #[test]
    fn what_a_container_withholds_is_given_in_its_own_words() {
        let podman = || Facts {
            podman: true,
            ..Facts::default()
        };
        let kubernetes = || Facts {
            kubernetes: true,
            ..Facts::default()
        };
        for (feature, facts, expected) in [
            (
                Feature::Sysctls,
                podman(),
                "podman run --security-opt unmask=ALL",
            ),
            (
                Feature::Names,
                podman(),
                "podman run --security-opt seccomp",
            ),
            (Feature::Tun, podman(), "podman run --device /dev/net/tun"),
            (Feature::Sysctls, kubernetes(), "procMount: Unmasked"),
            (
                Feature::Programs,
                kubernetes(),
                "seccompProfile: { type: Unconfined }",
            ),
            (Feature::Tun, kubernetes(), "hostPath"),
            (
                Feature::Sysctls,
                Facts::default(),
                "ProtectKernelTunables=no",
            ),
            (Feature::Names, Facts::default(), "systemd unit or sandbox"),
            (Feature::Tun, Facts::default(), "sudo chmod"),
        ] {
            let ground = Ground {
                facts,
                loads_modules: None,
            };
            let refusal = match Surroundings::of(&ground.facts) {
                Surroundings::Machine => "open with EACCES",
                _ => "open with ENOENT",
            };
            let remedy = lack_remedy(feature, &failed(refusal, true), &ground);
            assert!(remedy.contains(expected), "{feature}: {remedy}");
            assert!(!remedy.contains("docker"), "{feature}: {remedy}");
        }
    }

    #[test]
    fn every_feature_has_a_remedy_everywhere() {
        let kubernetes = Ground {
            facts: Facts {
                kubernetes: true,
                ..Facts::default()
            },
            loads_modules: None,
        };
        for ground in [Ground::default(), on("debian", Some(false)), kubernetes] {
            for feature in Feature::ALL {
                let remedy = lack_remedy(*feature, &failed("open with EACCES", true), &ground);
                assert!(remedy.len() > 10, "{feature}: {remedy}");
            }
        }
    }
}
