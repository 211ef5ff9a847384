//! placeholder until the real module is merged
use crate::prompt::*;
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FilesError {
    pub reason: String,
}
#[derive(Debug, thiserror::Error)]
#[error("disk")]
pub struct DiskError;
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ReadError {
    pub line: usize,
    pub reason: String,
}
#[derive(Debug, Clone)]
pub struct Note {
    pub line: usize,
    pub text: String,
}
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.text)
    }
}
pub mod config {
    use super::*;
    pub fn parse(_: &str) -> Result<Config, ReadError> {
        Ok(Config::default())
    }
}
pub mod dotprompt {
    use super::*;
    pub fn read(
        _: &str,
        _: Option<&ModelName>,
    ) -> Result<(ModelName, Content, Vec<Note>), ReadError> {
        Err(ReadError {
            line: 1,
            reason: String::new(),
        })
    }
    pub fn write(_: &ModelName, _: &Content, _: Option<&str>) -> String {
        String::new()
    }
}
