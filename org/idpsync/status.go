package idpsync

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// maxNotices is how many notices Status returns.
const maxNotices = 50

// Status reports which sources are held or have left the settings, and what sign-ins have left as it was. Forbidden: the caller
// may not read the rules of the site.
func (s *Service) Status(ctx context.Context, by *org.Actor) (st org.SyncStatus, err error) {
	defer org.Wrap(&err, "read how syncing stands")
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		if !by.Can("read", settingsOf(uuid.Nil)) {
			return org.ErrForbidden("idpsync_settings:read")
		}
		st, err = status(ctx, src, by)
		return err
	})
	return st, err
}

func status(ctx context.Context, s unit.Reader, by *org.Actor) (st org.SyncStatus, err error) {
	held, err := s.Q.ListHeldSources(ctx)
	if err != nil {
		return st, err
	}
	all, err := s.Q.ListSources(ctx)
	if err != nil {
		return st, err
	}
	// Only the settings of this server say whether a provider still exists.
	st.Gone = gone(s.Units, all)
	for _, h := range held {
		of := org.SyncSource{Source: org.Source(h.Source), HeldAt: h.HeldAt, Reason: h.Reason}
		for _, r := range all {
			if r.Source == h.Source {
				of.People, of.Records = r.People, r.Records
			}
		}
		st.Held = append(st.Held, of)
	}
	if st.Total, err = s.Q.CountSyncNotices(ctx); err != nil || st.Total == 0 {
		return st, err
	}
	rows, err := s.Q.ListSyncNotices(ctx, maxNotices)
	if err != nil {
		return st, err
	}
	for _, r := range rows {
		n := org.SyncNotice{Source: org.Source(r.Source), Kind: r.Kind, At: r.NotedAt}
		// All who manage the rules may know that there is a notice, but only those who read accounts may know about whom.
		if by.Can("read", org.UserObject(r.UserID)) {
			n.UserID, n.Username = r.UserID, r.Username
		}
		switch r.Kind {
		case string(org.HoldLastAdmin):
			id, err := uuid.Parse(r.Target)
			if err != nil || !by.Can("read", org.OrgObject(id)) {
				break
			}
			o, err := s.Q.GetOrganization(ctx, id)
			if err != nil && !db.IsNotFound(err) {
				return st, err
			}
			n.Organization, n.OrganizationName = id, o.DisplayName
		case string(org.ClaimTruncated):
			n.Claim = r.Target
		}
		st.Notices = append(st.Notices, n)
	}
	return st, nil
}

// gone returns the sources of providers that have left the settings.
func gone(u *unit.Units, all []db.ListSourcesRow) (list []org.SyncSource) {
	for _, r := range all {
		if provider, ok := strings.CutPrefix(r.Source, "oidc:"); ok && !u.Configured(provider) {
			list = append(list, org.SyncSource{Source: org.Source(r.Source), People: r.People, Records: r.Records})
		}
	}
	return list
}

// Sources returns, for an operator, the sign-in providers' sources that the database has records of.
func (s *Service) Sources(ctx context.Context) (list []org.SyncSource, err error) {
	defer org.Wrap(&err, "list the sources of records")
	all, err := s.units.DB.ListSources(ctx)
	for _, r := range all {
		if strings.HasPrefix(r.Source, "oidc:") {
			list = append(list, org.SyncSource{Source: org.Source(r.Source), People: r.People, Records: r.Records})
		}
	}
	return list, err
}
