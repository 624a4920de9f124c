package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// expiriesAtOnce is how many ends of tokens one transaction notes at most. After a server was down for long there may be
// thousands, and who signs in meanwhile waits for one transaction alone.
const expiriesAtOnce = 100

// NoteExpiredTokens makes the trail tell of the API tokens that have expired, and returns of how many it does now. Each has
// one entry in the chain of the site, however many replicas ask. Tokens that expired before the trail told of any have none.
func (s *Service) NoteExpiredTokens(ctx context.Context) (noted int, err error) {
	defer org.Wrap(&err, "note expired tokens")
	for {
		// This look takes no lock, so a server may ask often. The plan looks again.
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

// noteExpiryOf notes the end of one token as soon as it is used in vain. That must not change the answer to the request.
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

// noteExpiries is a unit of signing in, since no list and no decision rests on the note: a writer of an organization never
// waits for it. It has no actor, for nobody did anything.
func (s *Service) noteExpiries(ctx context.Context, in expiries) (noted int, err error) {
	noted, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, org.ActionExpire, in, planExpiries, applyExpiries)
	return noted, err
}

// expiries are those to note: of one token, or for "" those that have waited longest.
type expiries struct{ token string }

// planExpiries returns the tokens that have expired and have no entry yet. Those of accounts that are gone went with them.
// It reads under the lock of the site's chain, so what one replica has noted the next one does not find.
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
