package directory

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

const (
	// endingAtOnce is how many tokens that end soon one query reads.
	endingAtOnce = 100
	// toldAtMost is how many people are told that a token ends whose creator cannot replace it.
	toldAtMost = 20
)

// TellEndingTokens logs a line for each directory token that ends in 30, 7 or 1 days, and mails those who can replace it: its
// creator or, if that account no longer may, the members who may. Only one replica does so, once for each token and number of
// days. It returns how many tokens it reported.
func (s *Service) TellEndingTokens(ctx context.Context) (told int, err error) {
	defer org.Wrap(&err, "tell of tokens of directories that end")
	for _, days := range org.EndNotices {
		for {
			now := s.units.Now()
			// This read takes no lock, so a server may repeat it often. The plan checks again.
			due, err := s.units.DB.ListDirectoryTokensToTell(ctx, db.ListDirectoryTokensToTellParams{
				Now: now, Until: now.Add(notice(days)), Days: int64(days), MaxRows: endingAtOnce,
			})
			if err != nil {
				return told, err
			}
			for _, t := range due {
				tells, err := s.tellEnding(ctx, t, days)
				if err != nil {
					return told, err
				}
				if tells {
					told++
				}
			}
			if len(due) < endingAtOnce {
				break
			}
		}
	}
	return told, nil
}

// tellEnding reports the end of one token, unless another replica has, or the token was created with less time than that.
func (s *Service) tellEnding(ctx context.Context, t db.ListDirectoryTokensToTellRow, days int) (tells bool, err error) {
	in := ending{token: t, days: days}
	if t.ExpiresAt.Sub(t.CreatedAt) > notice(days) {
		if in.people, err = s.whoRenews(ctx, t); err != nil {
			return false, err
		}
		in.tells = true
	}
	in, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "write", in, planEnding, applyEnding)
	if err == nil && in.tells {
		s.log.WarnContext(ctx, "a token of a directory ends soon", "token", t.ID, "directory", t.Name, "organization", t.Organization,
			slog.Time("expires_at", t.ExpiresAt), "days", days)
	}
	return in.tells, err
}

// notice returns how long before its end a token is reported.
func notice(days int) time.Duration { return time.Duration(days) * org.Day }

// ending is a notice to some people that a token ends in that many days.
type ending struct {
	token  db.ListDirectoryTokensToTellRow
	days   int
	people []db.UserRow
	tells  bool
}

func planEnding(ctx context.Context, a *unit.Attempt, in ending) (ending, error) {
	a.Aside()
	now, err := a.Q.GetDirectoryToken(ctx, in.token.ID)
	if db.IsNotFound(err) || err == nil && now.EndTold != 0 && now.EndTold <= int64(in.days) {
		return ending{}, nil
	}
	return in, err
}

func applyEnding(ctx context.Context, w *unit.Writer, in ending) (ending, error) {
	t := &in.token
	if t.ID == uuid.Nil {
		return in, nil
	}
	if err := w.W.NoteDirectoryEndTold(ctx, db.NoteDirectoryEndToldParams{Days: int64(in.days), ID: t.ID}); err != nil {
		return in, err
	}
	place := org.Organization{Name: t.Organization, DisplayName: t.DisplayName}
	for i := range in.people {
		if err := w.Notify(ctx, in.people[i].ID, in.people[i].Email, org.Notice{
			Kind: org.NoticeDirectoryTokenEnds, At: t.ExpiresAt, Name: t.Name, TokenID: t.ID.String(), Organization: place.Name, Place: place.Label(),
		}); err != nil {
			return in, err
		}
	}
	return in, nil
}

// whoRenews returns whom to tell that a token ends: its creator, or else the first members of the organization who may change
// the directory.
func (s *Service) whoRenews(ctx context.Context, t db.ListDirectoryTokensToTellRow) (people []db.UserRow, err error) {
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		if t.CreatedBy.Valid {
			maker, err := src.Subject(ctx, t.CreatedBy.UUID)
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			if err == nil && maker.User.Status != org.StatusSuspended && maker.User.Email != "" && maker.Can("update", settingsOf(t.OrganizationID)) {
				people, err = src.Q.ListUsersByID(ctx, []uuid.UUID{t.CreatedBy.UUID})
				return err
			}
		}
		c, err := src.Crowd(ctx, t.OrganizationID)
		if err != nil {
			return err
		}
		groups, err := c.Groups(ctx)
		if err != nil {
			return err
		}
		var able []unit.Group
		for _, g := range groups {
			holder, err := c.Subject(ctx, g.Holding)
			if err != nil {
				return err
			}
			if g.Status != org.StatusSuspended && holder.Authorize("update", settingsOf(t.OrganizationID)) {
				able = append(able, g)
			}
		}
		listed, err := c.ListGroups(ctx, able, toldAtMost, 0)
		if err != nil || len(listed) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(listed))
		for i := range listed {
			ids[i] = listed[i].User
		}
		people, err = src.Q.ListUsersByID(ctx, ids)
		return err
	})
	return people, err
}
