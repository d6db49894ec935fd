//! Who runs the process: a container, and whose, because each has another place where its filter is relaxed.

use super::facts::Facts;

/// What stands between the process and its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surroundings {
    Docker,
    Podman,
    Kubernetes,
    /// A GitHub job with `container:`.
    GithubContainer,
    /// GitHub's `ubuntu-slim`, which is a container without the usual signs of one.
    GithubSlim,
    GitLab,
    CircleCi,
    Bitbucket,
    /// Codespaces or another devcontainer.
    DevContainer,
    /// A task of Amazon's container service, on Fargate or on machines of its own.
    Ecs,
    Lxc,
    /// A container of another kind.
    Other,
    /// The machine itself, as far as can be told.
    Machine,
}

impl Surroundings {
    /// The services that run jobs in containers come first: there, the container's own flags are out of the user's reach.
    pub(crate) fn of(facts: &Facts) -> Self {
        let contained = facts.docker
            || facts.podman
            || facts.kubernetes
            || facts.container.is_some()
            || facts.filters_unshare();
        if is_lxc(facts) {
            Self::Lxc
        } else if facts.devcontainer {
            Self::DevContainer
        } else if contained && facts.gitlab {
            Self::GitLab
        } else if contained && facts.circleci {
            Self::CircleCi
        } else if contained && facts.bitbucket {
            Self::Bitbucket
        } else if facts.github && (facts.docker || facts.podman || facts.container.is_some()) {
            Self::GithubContainer
        } else if facts.kubernetes {
            Self::Kubernetes
        } else if facts.ecs {
            Self::Ecs
        } else if facts.podman || facts.container.as_deref() == Some("podman") {
            Self::Podman
        } else if facts.docker || facts.container.as_deref() == Some("docker") {
            Self::Docker
        } else if facts.github_hosted && (facts.filters_unshare() || facts.has_filter()) {
            Self::GithubSlim
        } else if facts.container.is_some() {
            Self::Other
        } else {
            Self::Machine
        }
    }

    pub(crate) fn is_container(self) -> bool {
        self != Self::Machine
    }

    /// Fits after "the filter of ...".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "this Docker container",
            Self::Podman => "this Podman container",
            Self::Kubernetes => "this Kubernetes pod",
            Self::GithubContainer => "this GitHub job's container",
            Self::GithubSlim => "GitHub's small runner",
            Self::GitLab => "this GitLab job's container",
            Self::CircleCi => "this CircleCI job's container",
            Self::Bitbucket => "this Bitbucket step's container",
            Self::DevContainer => "this devcontainer",
            Self::Ecs => "this task of Amazon ECS",
            Self::Lxc => "this LXC container",
            Self::Other => "this container",
            Self::Machine => "this process",
        }
    }

    /// How the container is told to let namespaces be made, the narrowest way first.
    pub(crate) fn relax(self) -> Vec<String> {
        let ways: &[&str] = match self {
            Self::Docker => &[
                "docker run --security-opt seccomp=unconfined --security-opt \
                apparmor=unconfined --security-opt systempaths=unconfined ...",
                "docker run --privileged ...",
            ],
            Self::Podman => &[
                "podman run --security-opt seccomp=unconfined --security-opt label=disable \
                --security-opt unmask=ALL ...",
                "podman run --privileged ...",
            ],
            Self::Kubernetes => &[
                "in the container's `securityContext`: seccompProfile: { type: Unconfined }, \
                appArmorProfile: { type: Unconfined }",
                "for sysctls too, `procMount: Unmasked` there and `hostUsers: false` in the \
                pod's spec",
            ],
            Self::GithubContainer => &[
                "in the workflow: `container: { image: ..., options: --security-opt \
                seccomp=unconfined --security-opt apparmor=unconfined }`, or `options: \
                --privileged`",
                "run the job on the runner itself, without `container:`",
            ],
            Self::GithubSlim => {
                &["in the workflow: `runs-on: ubuntu-latest`; `ubuntu-slim` is itself a container"]
            }
            Self::GitLab => &[
                "in the runner's config.toml, under [runners.docker]: security_opt = \
                [\"seccomp:unconfined\", \"apparmor:unconfined\"], or privileged = true",
                "with the Kubernetes executor, under [runners.kubernetes]: privileged = true",
            ],
            Self::CircleCi => &[
                "in .circleci/config.yml use `machine:` in the place of `docker:`; a Docker job \
                cannot be relaxed",
            ],
            Self::Bitbucket => &[
                "use a self-hosted shell runner (`runs-on: [self.hosted, linux.shell]`); a \
                Docker step cannot be relaxed",
            ],
            Self::DevContainer => &[
                "in devcontainer.json: \"runArgs\": [\"--privileged\"], then rebuild the \
                container",
                "or only: \"runArgs\": [\"--security-opt\", \"seccomp=unconfined\", \
                \"--security-opt\", \"apparmor=unconfined\"]",
            ],
            Self::Ecs => &[
                "in the task definition: \"requiresCompatibilities\": [\"EC2\"], and for the \
                container \"privileged\": true; Fargate cannot be relaxed",
            ],
            Self::Lxc => &[
                "on its host: `incus config set NAME security.nesting=true`, on Proxmox `pct \
                set ID --features nesting=1`; then restart the container",
                "as a last resort, in its configuration: lxc.apparmor.profile = unconfined",
            ],
            Self::Other => &[
                "start the container so that its filter lets unshare, clone, setns, mount and \
                umount2 pass",
            ],
            Self::Machine => &[],
        };
        ways.iter().map(|way| (*way).to_owned()).collect()
    }
}

fn is_lxc(facts: &Facts) -> bool {
    let names = ["lxc", "lxc-libvirt", "incus", "lxd"];
    let profile = facts.confined_by().unwrap_or_default();
    facts
        .container
        .as_deref()
        .is_some_and(|name| names.contains(&name))
        || ["lxc-", "incus-", "lxd-"]
            .iter()
            .any(|prefix| profile.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_a_service_on_the_machine_itself_is_no_container() {
        let facts = Facts {
            gitlab: true,
            circleci: true,
            github: true,
            github_hosted: true,
            ..Facts::default()
        };
        assert_eq!(Surroundings::of(&facts), Surroundings::Machine);
    }

    #[test]
    fn a_service_is_named_before_the_tool_that_it_uses() {
        let facts = Facts {
            docker: true,
            kubernetes: true,
            gitlab: true,
            ..Facts::default()
        };
        assert_eq!(Surroundings::of(&facts), Surroundings::GitLab);
    }

    #[test]
    fn every_container_has_a_way_out() {
        use Surroundings::*;
        for surroundings in [
            Docker,
            Podman,
            Kubernetes,
            GithubContainer,
            GithubSlim,
            GitLab,
            CircleCi,
            Bitbucket,
            DevContainer,
            Ecs,
            Lxc,
            Other,
        ] {
            assert!(surroundings.is_container());
            assert!(!surroundings.relax().is_empty(), "{surroundings:?}");
        }
    }
}
