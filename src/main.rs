//! Parse, run, exit.

fn main() {
    sock::main().exit()
}
