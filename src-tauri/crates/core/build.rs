fn main() {
    // `sqlx::migrate!` and the embedded sample read folders that Cargo does not watch by itself.
    println!("cargo:rerun-if-changed=../../../migrations");
    println!("cargo:rerun-if-changed=../../../prompts");
}
