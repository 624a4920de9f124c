package idpsync

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Change changes a rule set and returns all of it. What people hold follows at their next sign-ins. NotFound: no such
// organization. Forbidden: the caller needs idpsync_settings:update there, may not give what a new pair gives, or must be a site
// owner. Invalid: the provider, or what is wrong with the input. Conflict: the input is based on another version.
func (s *Service) Change(ctx context.Context, subject *org.Actor, in org.SyncPlace, provider org.Input[*org.Provider], change org.Input[org.SyncChange]) (r org.SyncRules, err error) {
	defer org.Wrap(&err, "change the rule set of %s", in.Kind)
	// A rule set is written in the scope where it gives, so no sign-in that reads it under that lock sees half of a change.
	scope := unit.OnSite
	if in.Kind == org.SyncRoles {
		scope = unit.InOrganization(in.Organization)
	}
	r, _, err = unit.Do(ctx, s.units, subject, scope, "write", command{in, provider, change}, planChange, applyChange)
	return r, err
}

// command asks for a change of a rule set.
type command struct {
	in       org.SyncPlace
	provider org.Input[*org.Provider]
	change   org.Input[org.SyncChange]
}

// changed holds a rule set before and after its change.
type changed struct{ before, after org.SyncRules }

// pair is a pair that a change adds, with the names of its two sides in the request.
type pair struct {
	org.SyncPair
	given, gets string
}

// planChange checks the caller before it reads the body, then the provider, and last what the body gives.
func planChange(ctx context.Context, a *unit.Attempt, in command) (c changed, err error) {
	where, err := placeFor(ctx, a.Reader, a.Actor, "update", in.in)
	if err != nil {
		return c, err
	}
	change, err := in.change.Read()
	if err != nil {
		return c, err
	}
	p, err := in.provider.Read()
	if err != nil {
		return c, err
	}
	if c.before, err = rulesAt(ctx, a.Reader, where, p.ID); err != nil {
		return c, err
	}
	c.after = c.before
	// The entry names the rule set, so it gets its id before it is stored.
	if c.after.ID == uuid.Nil {
		c.after.ID = unit.NewID()
	}
	a.About(in.in.Kind.Resource(), c.after.ID, p.ID, where.organization.ID)
	if err := a.BegunFrom(ctx, change.From, c.before.Tag(), "Someone else changed these rules."); err != nil {
		return c, err
	}
	// This comes before any comparison: otherwise the same id in capitals would be another target.
	if in.in.Kind == org.SyncOrganizations {
		change = withIDs(change)
	}
	added := c.become(&change)
	if err := c.check(added); err != nil {
		return c, err
	}
	return c, mayMap(ctx, a, &c, added)
}

// withIDs returns a change whose targets are ids of organizations, written as they are stored.
func withIDs(change org.SyncChange) org.SyncChange {
	canonical := func(target string) string {
		if id, err := uuid.Parse(target); err == nil {
			return id.String()
		}
		return target
	}
	if s := change.Settings; s != nil {
		with := *s
		with.Mapping = map[string][]string{}
		for key, targets := range s.Mapping {
			with.Mapping[key] = make([]string, len(targets))
			for i, target := range targets {
				with.Mapping[key][i] = canonical(target)
			}
		}
		change.Settings = &with
	}
	if m := change.Mapping; m != nil {
		pairs := func(list []org.SyncPair) []org.SyncPair {
			with := slices.Clone(list)
			for i := range with {
				with[i].Gets = canonical(with[i].Gets)
			}
			return with
		}
		change.Mapping = &org.SyncMappingChange{Add: pairs(m.Add), Remove: pairs(m.Remove)}
	}
	return change
}

// become applies a change to the rule set and returns the pairs that are new. If the field changes, every pair is
// new: it gives the same to other people. A rule set without a field gives nothing.
func (c *changed) become(change *org.SyncChange) (added []pair) {
	r := &c.after
	switch {
	case change.Settings != nil:
		r.Field, r.AssignDefault = change.Settings.Field, change.Settings.AssignDefault
		r.Mapping = maps.Clone(change.Settings.Mapping)
	case change.Config != nil:
		r.Field, r.AssignDefault = change.Config.Field, change.Config.AssignDefault
	case change.Mapping != nil:
		added = c.with(change.Mapping)
	}
	if r.Mapping == nil {
		r.Mapping = map[string][]string{}
	}
	if r.Kind != org.SyncOrganizations {
		r.AssignDefault = false
	}
	if change.Mapping != nil {
		return added
	}
	// In the order of the values, so that the same request is always refused with the same message.
	for _, key := range slices.Sorted(maps.Keys(r.Mapping)) {
		for i, target := range r.Mapping[key] {
			if r.Field != c.before.Field && r.Field != "" || !slices.Contains(c.before.Mapping[key], target) {
				added = append(added, pair{org.SyncPair{Given: key, Gets: target}, org.SyncKey(key), org.SyncTarget(key, i)})
			}
		}
	}
	return added
}

// with adds pairs to the mapping, once each, and takes out those to remove, whether they were there or are being added.
func (c *changed) with(change *org.SyncMappingChange) (added []pair) {
	// A copy: the trail gets the old mapping unchanged.
	next := map[string][]string{}
	for key, targets := range c.before.Mapping {
		next[key] = slices.Clone(targets)
	}
	for i, p := range change.Add {
		// A pair that is removed at once gives nothing to anyone, so its author need not be able to.
		if slices.Contains(next[p.Given], p.Gets) || slices.Contains(change.Remove, p) {
			continue
		}
		next[p.Given] = append(next[p.Given], p.Gets)
		added = append(added, pair{p, at("Add", i, "Given"), at("Add", i, "Gets")})
	}
	for _, p := range change.Remove {
		left := slices.DeleteFunc(next[p.Given], func(target string) bool { return target == p.Gets })
		if next[p.Given] = left; len(left) == 0 {
			delete(next, p.Given)
		}
	}
	c.after.Mapping = next
	return added
}

// applyChange stores a rule set that has changed.
func applyChange(ctx context.Context, w *unit.Writer, c changed) (org.SyncRules, error) {
	before, after := c.before, c.after
	w.Field("field", before.Field, after.Field)
	w.Field("mapping", before.Mapping, after.Mapping)
	if after.Kind == org.SyncOrganizations {
		w.Field("organization_assign_default", before.AssignDefault, after.AssignDefault)
	}
	// Terraform sends all of it with each run: that changes nothing, and nothing is recorded.
	if len(w.Fields) == 0 {
		return before, nil
	}
	if after.Kind == org.SyncSiteRoles {
		w.Field("kind", nil, after.Kind) // otherwise it would look like one of an organization
	}
	mapping, err := json.Marshal(after.Mapping)
	if err != nil {
		return after, err
	}
	after.Version, after.UpdatedAt = before.Version+1, w.Now
	if before.Version > 0 {
		return after, w.W.UpdateSyncRules(ctx, db.UpdateSyncRulesParams{
			Field: after.Field, Mapping: string(mapping), AssignDefault: after.AssignDefault, Now: w.Now, ID: after.ID,
		})
	}
	return after, w.W.InsertSyncRules(ctx, db.InsertSyncRulesParams{
		ID: after.ID, Provider: after.Provider, Kind: string(after.Kind), OrganizationID: unit.NullID(after.Organization.ID),
		Field: after.Field, Mapping: string(mapping), AssignDefault: after.AssignDefault, Now: w.Now,
	})
}
