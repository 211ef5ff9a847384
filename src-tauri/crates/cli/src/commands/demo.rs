//! `demo`.

use crate::failure::{Answer, Failure};
use crate::shell::Shell;

pub(super) async fn demo(_: &mut Shell) -> Result<Answer, Failure> {
    Ok(Answer::Yes)
}
