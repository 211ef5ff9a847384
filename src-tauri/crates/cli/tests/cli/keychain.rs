//! `key api …` where there is no keychain to be had. Keys that are really kept are tested in the core, with a store of
//! the test's own: nothing here may reach the keychain of whoever runs the tests.

use serde_json::json;

use crate::desk::Desk;
use crate::loopback::{Server, reply};
use crate::run;

const LIST: &str = "home/.local/share/understudy/api-keys";

/// A desk whose D-Bus is nowhere.
fn without_bus(mut desk: Desk) -> Desk {
    let nowhere = format!("unix:path={}", desk.path("no-bus").display());
    desk.env
        .push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), nowhere));
    desk
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let desk = without_bus(Desk::new());
    let mut log = String::new();
    for (command, input) in [
        ("key api set A-KEY --stdin", "planted"),
        ("key api set A_KEY --stdin", " \n"),
        ("key api set A_KEY --stdin", "planted\nplanted"),
        ("key api set A_KEY", "planted"),
        ("key api remove A_KEY", ""),
        ("key api set A_KEY planted", ""),
    ] {
        let ended = desk.feed(command, input);
        assert_eq!(ended.code, 2, "{command}: {ended}");
        assert!(!ended.to_string().contains("planted"), "{ended}");
        let first = ended.stderr.lines().next().unwrap_or_default();
        let shown = command.replace("planted", "SECRET");
        log += &format!("$ {shown}\n{first}\n");
    }
    insta::assert_snapshot!(log, @r#"
    $ key api set A-KEY --stdin
    error: "A-KEY" is no name for an API key: it is that of an environment variable, letters, digits and underscores
    $ key api set A_KEY --stdin
    error: the key is empty; nothing was kept
    $ key api set A_KEY --stdin
    error: the key holds characters that no header can carry; nothing was kept
    $ key api set A_KEY
    error: an API key is needed and there is no terminal to ask on: pipe it in with --stdin
    $ key api remove A_KEY
    error: the keychain holds no A_KEY of understudy's; `understudy key api list` shows what it holds
    $ key api set A_KEY SECRET
    error: a key is no argument, because other users of the machine can read those: type it when asked, or pipe it in with --stdin
    "#);
    assert!(!desk.path(LIST).exists());
}

#[test]
fn names_are_listed_without_reaching_the_keychain() {
    let desk = without_bus(Desk::new());
    insta::assert_snapshot!(desk.run("key api list"), @r"
    There are no API keys in the keychain. `understudy key api set NAME` puts one there.
    [exit 0]
    ");
    assert_eq!(desk.json("key api list"), json!({"keys": []}));
    desk.write(LIST, "B_KEY\nA_KEY\n");
    insta::assert_snapshot!(desk.run("key api list"), @r"
    A_KEY
    B_KEY
    [exit 0]
    ");
    assert_eq!(
        desk.json("key api list"),
        json!({"keys": [{"name": "A_KEY"}, {"name": "B_KEY"}]})
    );
}

// Elsewhere the keychain needs no bus.
#[cfg(target_os = "linux")]
#[test]
fn without_a_bus_the_way_out_is_named() {
    let desk = without_bus(Desk::new());
    let ended = desk.feed("key api set A_KEY --stdin", "sk-planted\n");
    assert_eq!(ended.code, 2, "{ended}");
    assert!(
        ended
            .stderr
            .starts_with("error: the system's keychain cannot be used ("),
        "{ended}"
    );
    assert!(
        ended
            .stderr
            .ends_with("); set the environment variable A_KEY instead\n"),
        "{ended}"
    );
    assert!(!ended.to_string().contains("planted"));
    assert!(!desk.path(LIST).exists());
    // What is on the list stays there as long as it cannot be taken out.
    desk.write(LIST, "A_KEY\n");
    let ended = desk.run("key api remove A_KEY");
    assert_eq!(ended.code, 2, "{ended}");
    assert_eq!(desk.read(LIST), "A_KEY\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_says_that_the_keychain_has_the_key_and_does_not_give_it() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let mut desk = without_bus(run::desk(&server));
    desk.write(LIST, "LOCAL_KEY\nCLAUDE_KEY\n");
    desk.env.retain(|(name, _)| name != "LOCAL_KEY");
    let ended = desk.run("run greet --model local --json");
    assert_eq!(ended.code, 3, "{ended}");
    assert!(
        ended
            .stdout
            .contains("holds no API key: the system's keychain cannot be used ("),
        "{ended}"
    );
    assert!(
        ended
            .stdout
            .contains("set the environment variable LOCAL_KEY instead"),
        "{ended}"
    );
    assert!(server.seen().is_empty());
    // The environment goes first, whatever the list says.
    desk.run("run greet --model claude").expect(0);
}
