package directory

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Before it is set up, an organization shows the directory that it would have. The first change or token stores it; from then
// on its slug is in records and in the trail, and cannot change.

// settingsOf returns the object on which rights over a directory are checked.
func settingsOf(organization uuid.UUID) rbac.Object {
	return rbac.Object{Type: "idpsync_settings", Org: organization}
}

// mayRead returns the organization that a path names. NotFound: no such organization, or the caller may not read it. Forbidden:
// needs idpsync_settings:read.
func mayRead(ctx context.Context, src unit.Reader, by *org.Actor, ref string) (db.Organization, error) {
	o, err := src.Organization(ctx, by, ref)
	if err == nil && !by.Can("read", settingsOf(o.ID)) {
		err = org.ErrForbidden("idpsync_settings:read")
	}
	return o, err
}

// Directory returns the directory of an organization, or what it would be. NotFound: no such organization. Forbidden: needs
// idpsync_settings:read.
func (s *Service) Directory(ctx context.Context, subject *org.Actor, organization string) (d org.Directory, err error) {
	defer org.Wrap(&err, "read the directory of %q", organization)
	s.catchUp(ctx)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := mayRead(ctx, src, subject, organization)
		if err != nil {
			return err
		}
		d, err = shown(ctx, src, subject, o)
		return err
	})
	return d, err
}

// Page returns what the page of a directory shows, from one snapshot. Errors as Directory.
func (s *Service) Page(ctx context.Context, subject *org.Actor, organization string) (p org.DirectoryPage, err error) {
	defer org.Wrap(&err, "read the directory page of %q", organization)
	s.catchUp(ctx)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := mayRead(ctx, src, subject, organization)
		if err != nil {
			return err
		}
		if p.Directory, err = shown(ctx, src, subject, o); err != nil {
			return err
		}
		if p.Rules, err = rulesShown(ctx, src, subject, o); err != nil {
			return err
		}
		p.Requests, err = requestsOf(ctx, src.Q, o.ID, requestsShown)
		return err
	})
	return p, err
}

// shown returns the directory of an organization as a caller who may read it sees it.
func shown(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization) (d org.Directory, err error) {
	d = org.Directory{
		Organization: unit.OrganizationOf(o), Slug: strings.ToLower(o.Name), Name: o.DisplayName, State: org.DirectoryOff,
		FusePeople: org.DefaultFusePeople, FusePercent: org.DefaultFusePercent, Tokens: []org.DirectoryToken{},
		CanUpdate: by.Can("update", settingsOf(o.ID)),
	}
	d.CanMint = d.CanUpdate && unit.MayAddMembers(by, o.ID) && by.Can("delete", org.MembersObject(o.ID))
	row, err := src.Q.GetDirectory(ctx, o.ID)
	if db.IsNotFound(err) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	d.Made, d.Slug, d.Name, d.Version = true, row.Slug, row.Name, row.Version
	d.FusePeople, d.FusePercent, d.HeldAt = row.FusePeople, row.FusePercent, timeOf(row.HeldAt)
	tokens, err := src.Q.ListDirectoryTokens(ctx, o.ID)
	if err != nil {
		return d, err
	}
	for _, t := range tokens {
		d.Tokens = append(d.Tokens, tokenOf(t))
	}
	if d.Users, err = src.Q.CountDirectoryUsers(ctx, o.ID); err != nil {
		return d, err
	}
	if d.Active, err = src.Q.CountActiveDirectoryUsers(ctx, o.ID); err != nil {
		return d, err
	}
	if d.Groups, err = src.Q.CountDirectoryGroups(ctx, o.ID); err != nil {
		return d, err
	}
	last, err := requestsOf(ctx, src.Q, o.ID, 1)
	status := 0
	if len(last) > 0 {
		d.LastRequest, status = &last[0].At, last[0].Status
	}
	d.State = d.StateAt(src.When, status)
	return d, err
}

// timeOf converts a time that may be null.
func timeOf(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// Update changes a directory, sets it up, or releases a held one. Forbidden: needs idpsync_settings:update. Invalid: what
// is wrong with the input; the slug cannot change after setup. Conflict: another directory has the slug, or the input
// is based on another version. NotFound: no such organization.
func (s *Service) Update(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.DirectorySettings]) (_ org.Directory, err error) {
	defer org.Wrap(&err, "change the directory of %q", organization)
	in := settling{organization, input}
	if _, _, err := unit.Do(ctx, s.units, subject, unit.OnSite, "write", in, planSettings, applySettings); err != nil {
		return org.Directory{}, err
	}
	return s.Directory(ctx, subject, organization)
}

// settling asks to change a directory.
type settling struct {
	organization string
	input        org.Input[org.DirectorySettings]
}

// settled is a directory before and after the change.
type settled struct {
	before, after db.Directory
	made          bool
	asked         bool // the request has a field, even if its value is the current one
	released      bool
}

// planSettings runs in the scope of the site, since the slug of a directory must be unique among all organizations.
// It changes nothing that a list or a decision depends on: what the fuse holds back shows at the next request.
func planSettings(ctx context.Context, a *unit.Attempt, in settling) (p settled, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return p, err
	}
	if !a.Actor.Can("update", settingsOf(o.ID)) {
		return p, org.ErrForbidden("idpsync_settings:update")
	}
	wanted, err := in.input.Read()
	if err == nil {
		err = wanted.Check()
	}
	if err != nil {
		return p, err
	}
	a.Aside() // no list of people and no decision depends on it
	a.About(directoryType, o.ID, o.Name, o.ID)
	if p.before, p.made, err = directoryOf(ctx, a, o, wanted.Slug); err != nil {
		return p, err
	}
	if wanted.Slug != nil && *wanted.Slug != p.before.Slug {
		return p, org.FieldErrors{{Field: "slug", Detail: "must stay " + p.before.Slug + ": the records of the directory carry it"}}.Err("Validation failed.")
	}
	is := org.Directory{Organization: unit.OrganizationOf(o), Version: p.before.Version}
	if err := a.BegunFrom(ctx, wanted.IfMatch, is.Tag(), "Someone else changed the directory."); err != nil {
		return p, err
	}
	p.after = p.before
	p.asked = wanted.Slug != nil || wanted.Name != nil || wanted.FusePeople != nil || wanted.FusePercent != nil
	if wanted.Name != nil {
		p.after.Name = *wanted.Name
	}
	if wanted.FusePeople != nil {
		p.after.FusePeople = *wanted.FusePeople
	}
	if wanted.FusePercent != nil {
		p.after.FusePercent = *wanted.FusePercent
	}
	if p.released = wanted.Held != nil && p.before.HeldAt.Valid; p.released {
		p.after.HeldAt = sql.NullTime{}
	}
	a.About(directoryType, o.ID, p.after.Slug, o.ID)
	return p, nil
}

// directoryOf returns the directory of an organization, or creates one with the slug that is wished for, or a free one.
// Conflict: the slug is taken.
func directoryOf(ctx context.Context, a *unit.Attempt, o db.Organization, wish *string) (d db.Directory, made bool, err error) {
	d, err = a.Q.GetDirectory(ctx, o.ID)
	if !db.IsNotFound(err) {
		return d, false, err
	}
	d = db.Directory{OrganizationID: o.ID, Slug: strings.ToLower(o.Name), Name: o.DisplayName, FusePeople: org.DefaultFusePeople, FusePercent: org.DefaultFusePercent}
	if wish != nil {
		d.Slug = *wish
	}
	if d.Name == "" {
		d.Name = o.Name
	}
	base := d.Slug
	for n := 2; ; n++ {
		taken, err := a.Q.CountDirectoriesNamed(ctx, d.Slug)
		switch {
		case err != nil:
			return d, true, err
		case taken == 0:
			return d, true, nil
		case wish != nil || n > 20:
			return d, true, &org.Error{Kind: org.Conflict, Message: "Another directory has this slug.", Fields: []org.Field{{Field: "slug", Detail: "is taken, choose another one"}}}
		}
		suffix := "-" + strconv.Itoa(n)
		d.Slug = strings.TrimRight(base[:min(len(base), 32-len(suffix))], "-") + suffix
	}
}

// applySettings stores nothing if the request was empty: a request without fields does not set a directory up.
func applySettings(ctx context.Context, w *unit.Writer, p settled) (none struct{}, err error) {
	b, d := &p.before, &p.after
	if *b == *d && (!p.made || !p.asked) {
		w.Entry = unit.Entry{}
		return none, nil
	}
	if p.made {
		if err := insert(ctx, w, *b); err != nil || *b == *d {
			return none, err
		}
	}
	w.Field("name", b.Name, d.Name)
	w.Field("fuse_people", b.FusePeople, d.FusePeople)
	w.Field("fuse_percent", b.FusePercent, d.FusePercent)
	w.Field("held", b.HeldAt.Valid, d.HeldAt.Valid)
	if p.released {
		if err := w.W.DeleteDirectoryLosses(ctx, db.DeleteDirectoryLossesParams{OrganizationID: d.OrganizationID, Before: w.Now}); err != nil {
			return none, err
		}
	}
	return none, w.W.UpdateDirectory(ctx, db.UpdateDirectoryParams{
		OrganizationID: d.OrganizationID, Name: d.Name, FusePeople: d.FusePeople, FusePercent: d.FusePercent, HeldAt: d.HeldAt, Now: w.Now,
	})
}

// insert stores a new directory, and records that in the entry.
func insert(ctx context.Context, w *unit.Writer, d db.Directory) error {
	w.Field("slug", nil, d.Slug)
	return w.W.InsertDirectory(ctx, db.InsertDirectoryParams{
		OrganizationID: d.OrganizationID, Slug: d.Slug, Name: d.Name, FusePeople: d.FusePeople, FusePercent: d.FusePercent, Now: w.Now,
	})
}
