package account

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/catalogplan"
	"rolecall.example/org/unit"
)

// nextVersion is a version of the catalog that is about to be stored.
type nextVersion struct {
	catalogplan.Next
	in   nextCatalog
	plan org.CatalogPlan // made on an earlier snapshot
	gone []goneRole
}

// goneRole is a built-in role that is removed although people hold it in a place.
type goneRole struct {
	place  uuid.UUID // uuid.Nil for the site
	name   string
	people int64
}

// errNotOwner refuses a change of the catalog. No custom role gives the right to it.
var errNotOwner = &org.Error{Kind: org.Forbidden, Message: "Only site owners may change the catalog."}

// begin finds out which version a change would lead to. Forbidden: the caller is no site owner.
func begin(ctx context.Context, src unit.Reader, by *org.Actor, in nextCatalog) (v nextVersion, err error) {
	v.in = in
	if err := src.Settle(ctx); err != nil {
		return v, err
	}
	if !by.Owner() {
		return v, errNotOwner
	}
	if in.change != nil {
		v.Next, err = catalogplan.For(ctx, src, *in.change)
		return v, err
	}
	if v.Next, err = catalogplan.Back(ctx, src, *in.back); err != nil || v.Unchanged {
		return v, err
	}
	earlier, err := src.VersionOfCatalog(ctx, v.SameAs)
	v.in.source = earlier.Source
	return v, err
}

// applyNext plans on a snapshot and stores in a unit of its own: the plan looks at every role that the change touches, and the
// writer must not wait for that.
func (s *Service) applyNext(ctx context.Context, subject *org.Actor, in nextCatalog, dry bool) (out org.CatalogOutcome, err error) {
	var v nextVersion
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if v, err = begin(ctx, src, subject, in); err != nil || v.Unchanged && !dry {
			return err
		}
		if dry {
			v.plan, err = catalogplan.Plan(ctx, src.Q, v.Change)
			return err
		}
		if v.plan, err = catalogplan.Overview(ctx, src.Q, v.Change); err != nil || v.Refuse(v.plan) != nil {
			return err
		}
		v.gone, err = goneRoles(ctx, src, &v.plan)
		return err
	})
	if err == nil && dry {
		return org.CatalogOutcome{Version: v.From, Unchanged: v.Unchanged, Plan: v.plan}, nil
	}
	if err == nil && subject.Owner() && v.Refuse(v.plan) != nil { // the refusal shows the full plan
		err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
			v.plan, err = catalogplan.Plan(ctx, src.Q, v.Change)
			return err
		})
	}
	if err != nil && org.KindOf(err) != org.Forbidden { // which the unit finds again, and records
		return out, err
	}
	out, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", v, planCatalog, applyCatalog)
	return out, err
}

// catalogTag names the version in force, as If-Match does.
func catalogTag(number int64) string { return strconv.FormatInt(number, 10) }

// planCatalog decides by the plan, if the same version is still in force. Roles may have changed since: a permission that one of
// them got meanwhile and that this version retires is dead, and lint reports it.
func planCatalog(ctx context.Context, a *unit.Attempt, v nextVersion) (nextVersion, error) {
	a.About("catalog", uuid.Nil, a.Catalog().Document().Product, uuid.Nil)
	if !a.Actor.Owner() {
		return v, errNotOwner
	}
	const changed = "Someone else changed the catalog."
	if err := a.BegunFrom(ctx, v.in.ifMatch, catalogTag(a.Catalog().Version()), changed); err != nil {
		return v, err
	}
	if v.From != a.Catalog().Version() {
		return v, a.ChangedMeanwhile(ctx, catalogTag(a.Catalog().Version()), changed)
	}
	if n, err := v.unfilled(ctx, a.Reader); err != nil || !n {
		v.Unchanged = true
		return v, err
	}
	return v, v.Refuse(v.plan)
}

// unfilled reports whether the version may still be stored. One meant to fill an empty database may not be stored once an
// account exists.
func (v *nextVersion) unfilled(ctx context.Context, src unit.Reader) (bool, error) {
	if !v.in.empty {
		return true, nil
	}
	n, err := src.Q.GetUserCount(ctx)
	return n == 0, err
}

// goneRoles lists the built-in roles that a version takes from people, by place.
func goneRoles(ctx context.Context, src unit.Reader, plan *org.CatalogPlan) (list []goneRole, err error) {
	for _, c := range plan.Changes {
		if c.Kind != org.CatalogRoleRemoved {
			continue
		}
		rows, err := src.Q.ListRoleCounts(ctx, c.What)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			list = append(list, goneRole{r.OrganizationID, c.What, r.Members})
		}
		for _, u := range plan.InUse {
			if u.What == "role:"+c.What && len(rows) == 0 {
				list = append(list, goneRole{uuid.Nil, c.What, u.Holders})
			}
		}
	}
	return list, nil
}

// applyCatalog stores the version, its effects on roles, and that it is in force. It writes to no organization, however many
// the version touches.
func applyCatalog(ctx context.Context, w *unit.Writer, v nextVersion) (org.CatalogOutcome, error) {
	out := org.CatalogOutcome{Version: v.To, Unchanged: v.Unchanged, Plan: v.plan}
	if v.Unchanged {
		out.Version = v.From
		return out, nil
	}
	if err := w.StoreCatalog(ctx, unit.NewCatalog{Catalog: v.After, Source: v.in.source, Steps: v.Steps, SameAs: v.SameAs, Note: v.in.note}); err != nil {
		return out, err
	}
	effect := func(place uuid.UUID, role, permission string, people int64) error {
		return w.W.InsertCatalogEffect(ctx, db.InsertCatalogEffectParams{
			Version: v.To, OrganizationID: place, Role: role, Permission: permission, People: people,
		})
	}
	for _, r := range v.plan.Roles {
		for _, p := range r.Retired {
			if err := effect(r.OrganizationID, r.Name, p, r.Holders); err != nil {
				return out, err
			}
		}
	}
	for _, g := range v.gone {
		if err := effect(g.place, g.name, "", g.people); err != nil {
			return out, err
		}
	}
	catalogFields(w, &v)
	return out, nil
}

// catalogFields records a version and how many roles it touches. The effects on each role are stored separately.
func catalogFields(w *unit.Writer, v *nextVersion) {
	before, after := v.Before.Document(), v.After.Document()
	w.Field("version", v.From, v.To)
	w.Field("label", before.Label, after.Label)
	w.Field("product", before.Product, after.Product)
	w.Field("hash", fmt.Sprintf("%x", v.Before.Hash()), fmt.Sprintf("%x", v.After.Hash()))
	// Empty values are not recorded.
	if v.SameAs != 0 {
		w.Field("same_as", nil, v.SameAs)
	}
	if v.in.note != "" {
		w.Field("note", nil, v.in.note)
	}
	if len(v.Steps.Renamed) > 0 {
		w.Field("renamed", nil, v.Steps.Renamed)
	}
	for name, list := range map[string][]string{"removed": v.Steps.Removed, "added": v.Steps.Added, "retired": v.Retire} {
		if len(list) > 0 {
			w.Field(name, nil, list)
		}
	}
	if n := v.plan.RolesTotal; n > 0 {
		w.Field("roles", nil, n)
	}
}
