//! Bodies that print.

use std::io::Write;
use std::process::Command;
use std::thread;

use netns_test::netns_test;

fn print_in_order() {
    println!("1 standard output");
    eprintln!("2 standard error");
    print!("3 without");
    println!(" a break");
    thread::spawn(|| println!("4 another thread"))
        .join()
        .unwrap();
    thread::spawn(|| eprintln!("5 another thread's standard error"))
        .join()
        .unwrap();
    assert!(Command::new("echo")
        .arg("6 a program")
        .status()
        .unwrap()
        .success());
    std::io::stdout()
        .write_all(b"7 standard output itself\n")
        .unwrap();
    std::io::stderr()
        .write_all(b"8 standard error itself\n")
        .unwrap();
    std::io::stdout()
        .write_all(b"9 not \xff UTF-8, \xc3\xbc is\n")
        .unwrap();
}

#[netns_test]
fn prints_and_fails() {
    print_in_order();
    panic!("10 the panic");
}

#[netns_test]
fn prints_and_passes() {
    print_in_order();
}

#[netns_test]
fn prints_without_a_break_and_fails() -> Result<(), String> {
    print!("no break at the end");
    Err("the error".to_owned())
}

#[netns_test]
fn prints_without_a_break_and_panics() {
    print!("no break at the end");
    panic!("the panic");
}

/// More than a pipe holds: nobody may wait for a reader that waits for the end.
#[netns_test]
fn prints_much_and_fails() {
    for number in 0..20_000 {
        println!("line {number} of many");
    }
    panic!("after much output");
}

#[netns_test]
#[should_panic]
fn prints_and_panics_as_it_should() {
    println!("a line of a test that passes");
    panic!("as it should");
}

/// Nothing that the test could read by accident.
#[netns_test]
fn reads_nothing_and_passes() {
    let mut line = String::new();
    assert_eq!(std::io::stdin().read_line(&mut line).unwrap(), 0);
}
