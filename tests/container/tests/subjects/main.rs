//! What a container should be able to do, judged by this one static program alone.
#![cfg(target_os = "linux")]

mod inside;
mod networks;
mod ordinary;
mod sysctls;
