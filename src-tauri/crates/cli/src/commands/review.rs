//! `review`: one rating at a time.

use understudy_core::workspace::view::{Rated, Rating};

use crate::args::{RatingWord, ReviewArgs};
use crate::failure::{Answer, Failure};
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;

pub(super) async fn review(shell: &mut Shell, args: &ReviewArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let fallback = args.fallback.as_deref();
    let rated = match args.rating {
        Some(rating) => {
            let rating = match rating {
                RatingWord::Primary => Rating::Primary,
                RatingWord::Tie => Rating::Tie,
                RatingWord::Fallback => Rating::Fallback,
                RatingWord::Neither => Rating::Neither,
            };
            let note = args.note.as_deref();
            workspace
                .rate(&args.prompt, &args.case, fallback, rating, note)
                .await?
        }
        // The group of flags leaves only --undo.
        None => {
            workspace
                .undo_rating(&args.prompt, &args.case, fallback)
                .await?
        }
    };
    shell.answer(&rated, |out, rated: &Rated| {
        let rating = rated.rating.as_deref().unwrap_or("not rated");
        out.line(&Line::of(Ink::Good, "✓ ").then(Ink::Plain, format!("{}: {rating}", rated.case)));
    });
    Ok(Answer::Yes)
}
