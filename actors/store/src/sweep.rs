//! Removing what let people in and has ended.

use chrono::{DateTime, Days, Utc};

use crate::database::bind;
use crate::{Store, StoreError};

/// How many records of a kind are removed in one transaction.
const AT_ONCE: u32 = 500;
/// For how many days an API key that has ended is still listed.
const KEYS_STAY: Days = Days::new(30);

impl Store {
    /// Removes sessions, refresh tokens and tickets that ended before `now`, and API keys that ended a month before;
    /// answers how many. Not more than a few hundred of each kind: call it again as long as it removes any.
    pub async fn sweep_sessions(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let keys_before = now.checked_sub_days(KEYS_STAY).unwrap_or(now);
        let kinds = [("session", now), ("refresh_token", now), ("ticket", now), ("api_key", keys_before)];
        let mut removed = 0;
        for (table, before) in kinds {
            let query = format!(
                "{{
                    LET $ended = (SELECT VALUE id FROM {table}
                        WHERE expires_at != NONE AND expires_at < $before LIMIT {AT_ONCE});
                    DELETE $ended RETURN NONE;
                    RETURN array::len($ended);
                }}"
            );
            let count: usize = self.database().run("remove what has ended", &query, bind! { before: before }).await?;
            removed += count;
        }
        if removed > 0 {
            self.logins().forget();
        }
        Ok(removed)
    }
}
