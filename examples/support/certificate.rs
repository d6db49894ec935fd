//! A certificate that a host signs for itself, made when it is needed: no file expires, and no key lies in a repository.
//!
//! The X.509 crates bring dependencies that this one's minimum Rust version does not allow in a version without known faults. A
//! certificate for one name is a page of DER.

use netns_test::TestResult;
use quinn::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TEXT: u8 = 0x0c;
const TIME: u8 = 0x18;
/// The version and the extensions stand below tags of their own; so does the name in its extension.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;

const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate for a host's name, and its key.
pub(crate) fn certificate(
    host: &str,
) -> TestResult<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| "no key")?;
    let key = Ed25519KeyPair::from_pkcs8(made.as_ref()).map_err(|_| "no key")?;
    let body = body(host, key.public_key().as_ref());
    let signature = bits(key.sign(&body).as_ref());
    let certificate = der(SEQUENCE, &[&body, &algorithm(), &signature]);
    let key = PrivatePkcs8KeyDer::from(made.as_ref().to_vec());
    Ok((certificate.into(), key.into()))
}

/// What is signed.
fn body(host: &str, public_key: &[u8]) -> Vec<u8> {
    let common_name = [der(OBJECT, &[COMMON_NAME]), der(TEXT, &[host.as_bytes()])].concat();
    let name = der(SEQUENCE, &[&der(SET, &[&der(SEQUENCE, &[&common_name])])]);
    let validity = [b"20250101000000Z", b"99991231235959Z"].map(|time| der(TIME, &[time]));
    let names = der(SEQUENCE, &[&der(DNS_NAME, &[host.as_bytes()])]);
    let extension = [der(OBJECT, &[ALTERNATIVE_NAMES]), der(OCTETS, &[&names])].concat();
    let extensions = der(SEQUENCE, &[&der(SEQUENCE, &[&extension])]);
    der(
        SEQUENCE,
        &[
            &der(VERSION, &[&der(INTEGER, &[&[2]])]),
            &der(INTEGER, &[&[1]]),
            &algorithm(),
            &name,
            &der(SEQUENCE, &[&validity.concat()]),
            &name,
            &der(SEQUENCE, &[&algorithm(), &bits(public_key)]),
            &der(EXTENSIONS, &[&extensions]),
        ],
    )
}

fn algorithm() -> Vec<u8> {
    der(SEQUENCE, &[&der(OBJECT, &[ED25519])])
}

/// Whole bytes: no bit of the last one is unused.
fn bits(bytes: &[u8]) -> Vec<u8> {
    der(BITS, &[&[0], bytes])
}

/// A value with its tag and its length, which takes more bytes from 128 on.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let needed = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut value = vec![tag];
    match needed {
        [] => value.push(0),
        [short] if *short < 0x80 => value.push(*short),
        long => {
            value.push(0x80 | long.len() as u8);
            value.extend_from_slice(long);
        }
    }
    value.extend_from_slice(&content);
    value
}
