package signin

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// BeganWith returns the provider that a session began with, "" for a password, and the ID token that names its session there.
func (s *Service) BeganWith(ctx context.Context, session string) (provider, idToken string, err error) {
	defer org.Wrap(&err, "look at the session")
	row, err := s.units.DB.GetSessionIdentity(ctx, session)
	if db.IsNotFound(err) {
		return "", "", nil
	}
	return row.Provider, row.IDToken, err
}

// EndThere ends the sessions that a provider says have ended: that of a sid, or all of a subject. API tokens stay: they are
// not sessions of the provider. Invalid: the notice was received before.
func (s *Service) EndThere(ctx context.Context, r org.Request, e org.EndedThere) (err error) {
	defer org.Wrap(&err, "end the sessions of %q", e.Provider)
	_, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "logout", ended{r, e}, planEnded, applyEnded)
	return err
}

// ended is a notice of a provider.
type ended struct {
	request org.Request
	org.EndedThere
}

// ending is a notice with the sessions that it ends.
type ending struct {
	ended
	sessions []db.ListSessionsOfSubjectRow
}

// planEnded finds what a notice ends. A notice with both a sid and a subject must match both; a session that began without a sid
// may be the one that is meant, so it ends with the subject.
func planEnded(ctx context.Context, a *unit.Attempt, in ended) (e ending, err error) {
	e.ended = in
	a.BecomeMachine("oidc:"+in.Provider, uuid.Nil, in.request)
	a.Aside()
	known, err := a.Q.CountNotices(ctx, in.Once[:])
	if err != nil {
		return e, err
	}
	if known > 0 {
		return e, org.ErrInvalid("invalid_request", "")
	}
	if in.SID == "" {
		e.sessions, err = a.Q.ListSessionsOfSubject(ctx, db.ListSessionsOfSubjectParams{Issuer: in.Issuer, Subject: in.Subject})
		return e, err
	}
	rows, err := a.Q.ListSessionsOfSID(ctx, db.ListSessionsOfSIDParams{Issuer: in.Issuer, Sid: in.SID})
	if err != nil {
		return e, err
	}
	for _, r := range rows {
		if in.Subject == "" || in.Subject == r.Subject {
			e.sessions = append(e.sessions, db.ListSessionsOfSubjectRow(r))
		}
	}
	if in.Subject == "" {
		return e, nil
	}
	of, err := a.Q.ListSessionsOfSubject(ctx, db.ListSessionsOfSubjectParams{Issuer: in.Issuer, Subject: in.Subject})
	for _, r := range of {
		if r.Sid == "" {
			e.sessions = append(e.sessions, r)
		}
	}
	return e, err
}

// applyEnded records each account once, however many of its sessions end.
func applyEnded(ctx context.Context, w *unit.Writer, e ending) (none struct{}, err error) {
	if err := w.W.DeleteOldNotices(ctx, w.Now); err != nil {
		return none, err
	}
	if err := w.W.InsertNotice(ctx, db.InsertNoticeParams{Hash: e.Once[:], ExpiresAt: e.Until.UTC()}); err != nil {
		return none, err
	}
	told := map[uuid.UUID]bool{}
	for _, s := range e.sessions {
		if err := w.W.DeleteSession(ctx, s.Token); err != nil {
			return none, err
		}
		if user := s.UserID.UUID; !told[user] {
			told[user] = true
			w.Begin("logout", 200)
			w.About("api_key", user, s.Username, uuid.Nil)
			w.Field("provider", nil, e.Provider)
			if err := w.Record(ctx); err != nil {
				return none, err
			}
		}
	}
	return none, nil
}

// Agree makes sure that the providers of the settings are those whose identities are stored: if an id meant another issuer,
// the people of one could sign in as those of the other. Invalid: they differ.
func (s *Service) Agree(ctx context.Context, providers []org.Provider) (err error) {
	defer org.Wrap(&err, "compare the sign-in providers with what is stored")
	for _, p := range providers {
		issuer, err := s.units.DB.GetOtherIssuer(ctx, db.GetOtherIssuerParams{Provider: p.ID, Issuer: p.Issuer})
		if err == nil {
			return org.ErrInvalid("The sign-in provider "+p.ID+" was "+issuer+" before: give "+p.Issuer+" another id.", "")
		}
		if !db.IsNotFound(err) {
			return err
		}
		id, err := s.units.DB.GetOtherProvider(ctx, db.GetOtherProviderParams{Issuer: p.Issuer, Provider: p.ID})
		if err == nil {
			return org.ErrInvalid("The sign-in provider "+p.Issuer+" was called "+id+" before: keep that id.", "")
		}
		if !db.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// OwnersWithPassword counts the active owners, without an end, who can sign in while no provider answers.
func (s *Service) OwnersWithPassword(ctx context.Context) (_ int64, err error) {
	defer org.Wrap(&err, "count owners with a password")
	return s.units.DB.CountOwnersWithPassword(ctx)
}
