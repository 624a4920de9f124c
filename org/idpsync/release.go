package idpsync

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// Release lets a held source take away again what its rules do not give; the fuse starts counting from zero. An action is only
// for a source whose provider has left the settings: its records become local ones, or end. Forbidden: the caller may not
// change the rules of the site or, with an action, is not an owner. NotFound: the source is not held, or has no records. Invalid:
// people can still sign in with its provider, or no such action.
func (s *Service) Release(ctx context.Context, by *org.Actor, source string, action org.Input[string]) (done org.SyncReleased, err error) {
	defer org.Wrap(&err, "release %q", source)
	in := release{source: source, action: action}
	what, _, err := unit.Do(ctx, s.units, by, unit.OnSite, "write", in, planRelease, applyRelease)
	if err != nil || what == "" {
		return org.SyncReleased{Source: org.Source(source)}, err
	}
	return s.dissolve(ctx, by, dissolving{source: org.Source(source), keep: what == org.ReleaseKeep})
}

// release asks to release a source, or to dissolve it.
type release struct {
	source string
	action org.Input[string]
}

// released is the decision about a release.
type released struct {
	source string
	action string
}

func planRelease(ctx context.Context, a *unit.Attempt, in release) (r released, err error) {
	a.About(sourceType, sourceID(org.Source(in.source)), in.source, uuid.Nil)
	if !a.Actor.Can("update", settingsOf(uuid.Nil)) {
		return r, org.ErrForbidden("idpsync_settings:update")
	}
	r.source = in.source
	if r.action, err = in.action.Read(); err != nil {
		return r, err
	}
	if r.action == "" {
		_, err := a.Q.GetSyncSource(ctx, in.source)
		if db.IsNotFound(err) {
			return r, &org.Error{Kind: org.NotFound, Message: "This source is not held."}
		}
		return r, err
	}
	if r.action != org.ReleaseKeep && r.action != org.ReleaseEnd {
		return r, org.FieldErrors{{Field: "action", Detail: `must be "keep" or "end"`}}.Err("Validation failed.")
	}
	if !a.Actor.Owner() {
		return r, &org.Error{Kind: org.Forbidden, Message: "Forbidden.", Detail: "Only a site owner may give up what a sign-in provider gave."}
	}
	provider, ok := strings.CutPrefix(in.source, "oidc:")
	if !ok || provider == "" {
		return r, org.FieldErrors{{Field: "source", Detail: "must be that of a sign-in provider, like oidc:okta"}}.Err("Validation failed.")
	}
	// The next sign-in would give again what ended, and give what was kept a second time.
	if a.Configured(provider) {
		return r, org.ErrInvalid("People can sign in with this provider.", "Its records follow its rules. Change those, or take the provider out of the settings first.")
	}
	known, err := a.Q.HasRecordsOfSource(ctx, in.source)
	if err == nil && !known {
		err = &org.Error{Kind: org.NotFound, Message: "This source has no records."}
	}
	return r, err
}

func applyRelease(ctx context.Context, w *unit.Writer, r released) (action string, err error) {
	w.Begin("write", 200)
	w.About(sourceType, sourceID(org.Source(r.source)), r.source, uuid.Nil)
	if r.action == "" {
		w.Field("held", true, false)
	} else {
		w.Field("records", nil, r.action)
	}
	if err := w.W.ReleaseSyncSource(ctx, r.source); err != nil {
		return "", err
	}
	// The count starts over, or the next loss would hold the source again.
	if err := w.W.DeleteSyncLosses(ctx, r.source); err != nil {
		return "", err
	}
	return r.action, w.W.DeleteSyncNoticesOf(ctx, db.DeleteSyncNoticesOfParams{Source: r.source, Kind: string(org.HoldFuse)})
}

// dissolvedOnce is how many people one transaction takes records from: others have to wait for it.
const dissolvedOnce = 200

// dissolving asks what should become of the records of a source in a place.
type dissolving struct {
	source org.Source
	keep   bool // they become local ones
	place  uuid.UUID
	after  uuid.UUID // the last person examined
}

// dissolved is the result of a batch.
type dissolved struct {
	people, kept int
	last         uuid.UUID
	more         bool
}

// dissolve dissolves the records of a source, place by place. If interrupted, it continues when requested again.
func (s *Service) dissolve(ctx context.Context, by *org.Actor, in dissolving) (done org.SyncReleased, err error) {
	done.Source, done.Action = in.source, org.ReleaseEnd
	if in.keep {
		done.Action = org.ReleaseKeep
	}
	// Sign-ins meanwhile add no records of this source: nobody can sign in with its provider.
	places, err := s.units.DB.ListOrganizationsOfSource(ctx, string(in.source))
	if err != nil {
		return done, err
	}
	for _, place := range append([]uuid.UUID{uuid.Nil}, places...) {
		in.place, in.after = place, uuid.Nil
		for {
			var d dissolved
			if place == uuid.Nil {
				d, _, err = unit.Do(ctx, s.units, by, unit.OnSite, "write", in, planDissolveSite, applyDissolve)
			} else {
				d, _, err = unit.Do(ctx, s.units, by, unit.InOrganization(place.String()), "write", in, planDissolve, applyDissolve)
			}
			if err != nil {
				return done, err
			}
			done.People, done.Kept, in.after = done.People+d.people, done.Kept+d.kept, d.last
			if !d.more {
				break
			}
		}
	}
	return done, nil
}

// dissolution is the decision about a batch.
type dissolution struct {
	dissolved
	members []tenant.Synced
	site    []org.HolderChange
}

// planDissolve decides about some members of an organization. The last admin keeps what it has, as local records from now on.
func planDissolve(ctx context.Context, a *unit.Attempt, in dissolving) (d dissolution, err error) {
	if !a.Actor.Owner() {
		return d, org.ErrForbidden("idpsync_settings:update")
	}
	users, err := a.Q.ListMembersOfSource(ctx, db.ListMembersOfSourceParams{
		Source: string(in.source), OrganizationID: in.place, AfterUser: in.after, MaxRows: dissolvedOnce,
	})
	if err != nil || len(users) == 0 {
		return d, err
	}
	d.last, d.more, d.people = users[len(users)-1], len(users) == dissolvedOnce, len(users)
	o, err := a.Q.GetOrganization(ctx, in.place)
	if err != nil {
		return d, err
	}
	rows, err := a.Q.ListUsersByID(ctx, users)
	if err != nil {
		return d, err
	}
	records, err := a.RecordsOf(ctx, in.place, users...)
	if err != nil {
		return d, err
	}
	for _, row := range rows {
		// Checked after the decisions before it: of two admins that would both end, the second is the last.
		keep := in.keep
		p := in.part(a, records[row.ID], keep)
		if !keep && endless(p.before, org.RoleOrganizationAdmin, org.RoleOrganizationUser) && !endless(p.after(), org.RoleOrganizationAdmin, org.RoleOrganizationUser) {
			other, err := a.After().AdminBeside(ctx, in.place, row.ID)
			if err != nil {
				return d, err
			}
			if !other {
				p = in.part(a, records[row.ID], true)
				d.kept++
			}
		}
		s, err := tenant.DecideSynced(ctx, a, o, row, p.edits())
		if err != nil {
			return d, err
		}
		d.members = append(d.members, s)
	}
	return d, nil
}

// planDissolveSite decides about the site roles of some accounts. The last owner stays one, by a local record from now on.
func planDissolveSite(ctx context.Context, a *unit.Attempt, in dissolving) (d dissolution, err error) {
	if !a.Actor.Owner() {
		return d, org.ErrForbidden("idpsync_settings:update")
	}
	// By id, in batches: those who keep something as local records are not found again.
	users, err := a.Q.ListAccountsOfSource(ctx, db.ListAccountsOfSourceParams{Source: string(in.source), AfterUser: in.after, MaxRows: dissolvedOnce})
	if err != nil || len(users) == 0 {
		return d, err
	}
	d.last, d.more, d.people = users[len(users)-1], len(users) == dissolvedOnce, len(users)
	rows, err := a.Q.ListUsersByID(ctx, users)
	if err != nil {
		return d, err
	}
	records, err := a.RecordsOf(ctx, uuid.Nil, users...)
	if err != nil {
		return d, err
	}
	for _, row := range rows {
		p := in.part(a, records[row.ID], in.keep)
		if !in.keep && endless(p.before, org.RoleOwner) && !endless(p.after(), org.RoleOwner) {
			other, err := a.After().ManagedBeside(ctx, row.ID)
			if err != nil {
				return d, err
			}
			if !other {
				p = in.part(a, records[row.ID], true)
				d.kept++
			}
		}
		h := org.HolderChange{
			User: row.ID, Username: row.Username, Before: rolesOf(p.before), After: rolesOf(p.after()), Edits: p.edits(),
			Suspended: org.Status(row.Status) == org.StatusSuspended, Ending: sortedKeys(org.EndsOf(p.after())),
		}
		a.WillHold(h)
		d.site = append(d.site, h)
	}
	return d, nil
}

// part decides about the records of one person. A kept one replaces a local record that ends sooner.
func (in *dissolving) part(a *unit.Attempt, records []org.Assignment, keep bool) part {
	// The trail records both sides, so an undo can take back one and restore the other.
	p := part{place: in.place, before: records}
	for _, r := range records {
		if r.Source != in.source {
			continue
		}
		p.gone = append(p.gone, r)
		if local := p.own(r.Role, org.SourceManual); keep && (local == nil || local.Until != nil && (r.Until == nil || r.Until.After(*local.Until))) {
			r.Source, r.GivenByID, r.GivenByName, r.GivenAt = org.SourceManual, a.Actor.ID(), a.Actor.User.Username, a.Now
			p.made = append(p.made, r)
		}
	}
	return p
}

func applyDissolve(ctx context.Context, w *unit.Writer, d dissolution) (dissolved, error) {
	for i := range d.members {
		if err := d.members[i].Store(ctx, w); err != nil {
			return dissolved{}, err
		}
	}
	for _, h := range d.site {
		w.Begin("write", 200)
		w.About("user", h.User, h.Username, uuid.Nil)
		if err := w.StoreSiteRoles(ctx, h); err != nil {
			return dissolved{}, err
		}
		if err := w.Record(ctx); err != nil {
			return dissolved{}, err
		}
	}
	return d.dissolved, nil
}
