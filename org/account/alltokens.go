package account

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// TokenPage returns one page of the unexpired API tokens of all accounts, those that end first at the top, and how many there
// are in all. NotFound: needs api_key:read on every account.
func (s *Service) TokenPage(ctx context.Context, subject *org.Actor, kind org.TokenKind, limit, skip int) (tokens []org.Token, total int, err error) {
	defer org.Wrap(&err, "list tokens of all accounts")
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		if !subject.Can("read", org.KeyObject(uuid.Nil)) {
			return org.ErrNotFound()
		}
		p := pageOf(kind, s.units.Now())
		p.MaxRows, p.Skip = int64(limit), int64(skip)
		n, err := src.Q.CountAPIKeysOf(ctx, db.CountAPIKeysOfParams{
			After: p.After, Until: p.Until, UnusedSince: p.UnusedSince, Unlimited: p.Unlimited,
		})
		if err != nil {
			return err
		}
		total = int(n)
		rows, err := src.Q.ListAPIKeysPage(ctx, p)
		for _, r := range rows {
			t, err := src.Token(ctx, subject, db.FindAPIKeyRow(r))
			if err != nil {
				return err
			}
			tokens = append(tokens, t)
		}
		return err
	})
	return tokens, total, err
}

// EachToken passes the API tokens of all accounts to each, those that end first at the top, from one snapshot, and keeps only
// one batch in memory. Invalid: the user in the path does not exist. NotFound: needs api_key:read on every account. An error
// from each stops it.
func (s *Service) EachToken(ctx context.Context, subject *org.Actor, user string, f org.TokenFilter, each func(*org.Token) error) (err error) {
	defer org.Wrap(&err, "stream tokens of all accounts")
	return s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		if _, err := src.ReadableUser(ctx, subject, user); err != nil {
			return err
		}
		if !subject.Can("read", org.KeyObject(uuid.Nil)) {
			return org.ErrNotFound()
		}
		now := s.units.Now()
		p := db.ListAPIKeysAfterParams{MaxRows: unit.ChunkSize}
		if !f.Ended {
			p.After = now
		}
		for {
			rows, err := src.Q.ListAPIKeysAfter(ctx, p)
			if err != nil {
				return err
			}
			for _, r := range rows {
				t, err := src.Token(ctx, subject, db.FindAPIKeyRow(r))
				if err != nil {
					return err
				}
				if !f.Kind.Has(&t, now) {
					continue
				}
				if err := each(&t); err != nil {
					return err
				}
			}
			if len(rows) < unit.ChunkSize {
				return nil
			}
			last := rows[len(rows)-1]
			p.AfterEnd, p.AfterID = last.ExpiresAt, last.ID
		}
	})
}

// never is after every time that is stored.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// pageOf turns a kind of tokens into the parameters of the query. It must select what [org.TokenKind.Has] accepts.
func pageOf(kind org.TokenKind, now time.Time) db.ListAPIKeysPageParams {
	p := db.ListAPIKeysPageParams{After: now, Until: never, UnusedSince: unit.NullTime(never)}
	switch kind {
	case org.TokensUnlimited:
		p.Unlimited = true
	case org.TokensUnused:
		p.UnusedSince = unit.NullTime(now.Add(-org.UnusedAfter))
	case org.TokensEnding:
		p.Until = now.Add(org.EndingNotice)
	}
	return p
}

// TellEndingTokens logs and mails 30, 7 and 1 days before an API token ends, once for each of these notices, however many
// replicas run it. It returns how many notices it gave.
func (s *Service) TellEndingTokens(ctx context.Context) (told int, err error) {
	defer org.Wrap(&err, "tell of tokens that end")
	for _, days := range org.EndNotices {
		for {
			// This query takes no lock, so a server may ask often. The plan looks again.
			due, err := s.units.DB.ListTokensToTell(ctx, endingIn(days, s.units.Now(), 1))
			if err != nil {
				return told, err
			}
			if len(due) == 0 {
				break
			}
			n, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "write", days, planTelling, applyTelling)
			if err != nil {
				return told, err
			}
			for _, t := range n {
				s.log.WarnContext(ctx, "an API token ends soon", "token", t.ID, "name", t.Name, "user_id", t.UserID, "username", t.Username,
					slog.Time("expires_at", t.ExpiresAt), "days", days)
			}
			if told += len(n); len(n) < expiriesAtOnce {
				break
			}
		}
	}
	return told, nil
}

func endingIn(days int, now time.Time, most int64) db.ListTokensToTellParams {
	notice := time.Duration(days) * org.Day
	return db.ListTokensToTellParams{
		Now: now, Until: now.Add(notice), LivesLonger: int64(notice / time.Second), Days: int64(days), MaxRows: most,
	}
}

// tellings are the tokens whose end is announced this many days ahead.
type tellings struct {
	days int
	due  []db.ListTokensToTellRow
}

func planTelling(ctx context.Context, a *unit.Attempt, days int) (t tellings, err error) {
	a.Aside()
	t.days = days
	t.due, err = a.Q.ListTokensToTell(ctx, endingIn(days, a.Now, expiriesAtOnce))
	return t, err
}

func applyTelling(ctx context.Context, w *unit.Writer, t tellings) ([]db.ListTokensToTellRow, error) {
	for _, token := range t.due {
		if err := w.W.NoteEndTold(ctx, db.NoteEndToldParams{Days: int64(t.days), ID: token.ID}); err != nil {
			return nil, err
		}
		if err := notifyEnd(ctx, w, token); err != nil {
			return nil, err
		}
	}
	return t.due, nil
}

// notifyEnd mails that a token ends: to its account, or to its maker if the account has no address, like most service accounts.
func notifyEnd(ctx context.Context, w *unit.Writer, t db.ListTokensToTellRow) error {
	n := org.Notice{Kind: org.NoticeTokenEnds, At: t.ExpiresAt, Name: t.Name, TokenID: t.ID}
	switch {
	case org.Status(t.Status) == org.StatusSuspended: // its tokens open nothing
		return nil
	case t.Email != "" || !t.CreatedBy.Valid:
		return w.Notify(ctx, t.UserID, t.Email, n)
	case org.Status(t.MakerStatus) == org.StatusSuspended:
		return nil
	}
	n.Owner = t.Username
	return w.Notify(ctx, t.CreatedBy.UUID, t.MakerEmail, n)
}
