package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// expiriesAtOnce is how many expired tokens one transaction records at most. After a long downtime there may be thousands, and
// a sign-in must not wait for more than one transaction.
const expiriesAtOnce = 100

// NoteExpiredTokens records API tokens that have expired in the trail, and returns how many it recorded. Each gets one entry in
// the chain of the site, however many replicas run it. Tokens that expired before the trail recorded this have none.
func (s *Service) NoteExpiredTokens(ctx context.Context) (noted int, err error) {
	defer org.Wrap(&err, "note expired tokens")
	for {
		// This query takes no lock, so a server may ask often. The plan looks again.
		due, err := s.units.DB.ListExpiredTokens(ctx, db.ListExpiredTokensParams{Now: s.units.Now(), MaxRows: 1})
		if err != nil || len(due) == 0 {
			return noted, err
		}
		n, err := s.noteExpiries(ctx, expiries{})
		if noted += n; err != nil || n < expiriesAtOnce {
			return noted, err
		}
	}
}

// noteExpiryOf records the end of a token when someone tries to use it. A failure here must not change the answer to the request.
func (s *Service) noteExpiryOf(ctx context.Context, r org.Request, id string, key *unit.KnownKey) {
	if key.Noted.Load() {
		return
	}
	if _, err := s.noteExpiries(ctx, expiries{token: id}); err != nil {
		s.log.WarnContext(ctx, "end of a token not noted", "request_id", r.ID, "token", id, "error", err)
		return
	}
	key.Noted.Store(true)
}

// noteExpiries runs in the scope of signing in, since no list and no decision depends on it: writers of organizations never
// wait for it. It has no actor, because nobody did anything.
func (s *Service) noteExpiries(ctx context.Context, in expiries) (noted int, err error) {
	noted, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, org.ActionExpire, in, planExpiries, applyExpiries)
	return noted, err
}

// expiries says what to record: the end of one token or, for "", of those that expired first.
type expiries struct{ token string }

// planExpiries returns the tokens that have expired and have no entry yet. Tokens of deleted accounts were deleted with them.
// It reads under the lock of the site's chain, so a replica never finds what another one has recorded.
func planExpiries(ctx context.Context, a *unit.Attempt, in expiries) (due []db.ListExpiredTokensRow, err error) {
	a.Aside()
	if in.token == "" {
		return a.Q.ListExpiredTokens(ctx, db.ListExpiredTokensParams{Now: a.Now, MaxRows: expiriesAtOnce})
	}
	one, err := a.Q.GetExpiredToken(ctx, db.GetExpiredTokenParams{ID: in.token, Now: a.Now})
	if db.IsNotFound(err) {
		return nil, nil
	}
	return []db.ListExpiredTokensRow{db.ListExpiredTokensRow(one)}, err
}

func applyExpiries(ctx context.Context, w *unit.Writer, due []db.ListExpiredTokensRow) (noted int, err error) {
	for _, token := range due {
		w.About("api_key", token.UserID, token.Username, uuid.Nil)
		w.Field("token_name", token.Name, nil)
		w.Field("token_id", token.ID, nil)
		w.Field("expires_at", token.ExpiresAt, nil)
		if err := w.W.NoteExpiry(ctx, token.ID); err != nil {
			return 0, err
		}
		if err := w.Record(ctx); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}
