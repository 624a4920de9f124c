package idpsync

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// What a sign-in would do is computed in one place, look: a sign-in calls it to see whether there is anything to do, each of its
// units calls it again under its lock, and the tester shows its result. So a prediction is what happens.

// question says whose sign-in is examined.
type question struct {
	provider *org.Provider
	book     rulebook
	claims   map[string]any
	user     uuid.UUID // uuid.Nil: a person who holds nothing
	counted  bool      // losses are allowed only if they have been counted already
	only     uuid.UUID // the only organization asked about; uuid.Nil: everything
}

// outlook is what a sign-in would do, and what keeps it from doing more.
type outlook struct {
	want  *wanted
	parts []part // the site first, then organizations by id
	held  []org.SyncHeld
	loses bool     // something ends
	known bool     // the loss has been counted within the last hour
	trips bool     // this is one loss too many, and the source is held from now on
	fused bool     // nothing ends, since the source is held
	had   []notice // of the last sign-in
	has   []notice // of this one
}

// due reports whether there is anything to store before the session.
func (o *outlook) due() bool {
	return o.trips || slices.ContainsFunc(o.parts, func(p part) bool { return p.changes() }) ||
		slices.ContainsFunc(o.has, func(n notice) bool { return n.told() && !slices.Contains(o.had, n) })
}

// of returns the part of a place.
func (o *outlook) of(place uuid.UUID) *part {
	i := slices.IndexFunc(o.parts, func(p part) bool { return p.place == place })
	if i < 0 {
		return &part{place: place}
	}
	return &o.parts[i]
}

// look computes what a sign-in would do to what the account holds when the unit reads it.
func look(ctx context.Context, s unit.Reader, q question) (*outlook, error) {
	home, err := homeOf(ctx, s, q.book)
	if err != nil {
		return nil, err
	}
	v := &view{Reader: s, question: q, outlook: &outlook{want: q.book.desire(q.provider, q.claims, home)}}
	if err := v.read(ctx); err != nil {
		return nil, err
	}
	if err := v.compare(ctx, false); err != nil {
		return nil, err
	}
	// The fuse is checked only for people who would lose something, and comparing again finds what it holds: a membership
	// that stays keeps its roles.
	if v.loses {
		if err := v.askFuse(ctx); err != nil {
			return nil, err
		}
		if v.fused {
			err = v.compare(ctx, true)
		}
	}
	v.note()
	return v.outlook, err
}

// homeOf returns the default organization, if a rule set refers to it.
func homeOf(ctx context.Context, s unit.Reader, book rulebook) (uuid.UUID, error) {
	if !slices.ContainsFunc(book, func(r ruleSet) bool { return r.Kind == org.SyncOrganizations && r.Field != "" && r.AssignDefault }) {
		return uuid.Nil, nil
	}
	o, err := s.Q.GetDefaultOrganization(ctx)
	if db.IsNotFound(err) {
		return uuid.Nil, nil
	}
	return o.ID, err
}

// view is a look in progress.
type view struct {
	unit.Reader
	question
	*outlook
	site   []org.Assignment               // all records that count
	places map[uuid.UUID][]org.Assignment // likewise, by organization
	stored map[uuid.UUID]bool             // whether an organization exists, once that is known
	lax    bool                           // the last owner and the last admins are not protected
}

// read reads what the account holds, and what its last sign-in left as it was.
func (v *view) read(ctx context.Context) error {
	if v.user == uuid.Nil {
		v.hold(v.stranger())
		return nil
	}
	rows, err := v.Q.ListRecordsOfUser(ctx, v.user)
	if err != nil {
		return err
	}
	records, err := v.SiteRecords(ctx, v.user)
	if err != nil {
		return err
	}
	for i := range rows {
		records = append(records, unit.AssignmentOf(rows[i]))
	}
	v.hold(records)
	notices, err := v.Q.ListSyncNoticesOf(ctx, db.ListSyncNoticesOfParams{Source: string(v.provider.Source()), UserID: v.user})
	for _, n := range notices {
		v.had = append(v.had, notice{n.Kind, n.Target})
	}
	return err
}

// stranger returns what a person holds who holds nothing yet. A question about an organization is about what its members get.
func (v *view) stranger() []org.Assignment {
	if v.only == uuid.Nil {
		return nil
	}
	return []org.Assignment{{OrganizationID: v.only, Role: org.RoleOrganizationUser, Source: org.SourceManual}}
}

// hold takes those records of the account that count.
func (v *view) hold(records []org.Assignment) {
	v.places = map[uuid.UUID][]org.Assignment{}
	for _, r := range records {
		switch {
		case !r.Counts(v.When):
		case r.OrganizationID == uuid.Nil:
			v.site = append(v.site, r)
		default:
			v.places[r.OrganizationID] = append(v.places[r.OrganizationID], r)
		}
	}
	// The sweeper may not have run yet.
	for place, list := range v.places { // roles left over from a membership that has ended give nothing
		if !slices.ContainsFunc(list, func(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser }) {
			delete(v.places, place)
		}
	}
}

// compare finds what changes in each place that the source or the rules refer to.
func (v *view) compare(ctx context.Context, fused bool) error {
	c := comparison{source: v.provider.Source(), want: v.want, now: v.When, fused: fused}
	if v.provider.SyncLifetime > 0 {
		until := v.When.Add(v.provider.SyncLifetime).UTC().Truncate(time.Microsecond)
		c.until = &until
	}
	v.parts, v.held, v.loses = nil, nil, false
	if v.only == uuid.Nil {
		site, err := v.onSite(ctx, c)
		if err != nil {
			return err
		}
		v.add(site, fused, org.HoldLastOwner)
	}
	for _, place := range v.concerned() {
		p, err := v.inPlace(ctx, c, place)
		if err != nil {
			return err
		}
		v.add(p, fused, org.HoldLastAdmin)
	}
	return nil
}

// add adds a part. What is held in it is held for the reason of the place, unless nothing ends at all.
func (v *view) add(p part, fused bool, why org.SyncHold) {
	if len(p.made)+len(p.gone)+len(p.kept)+len(p.held) == 0 && !p.protected {
		return
	}
	v.parts = append(v.parts, p)
	v.loses = v.loses || len(p.gone) > 0
	for i := range p.held {
		h := org.SyncHeld{SyncLine: lineOf(&p.held[i], org.SyncKept), Why: why}
		if fused && !p.protected {
			h.Why = org.HoldFuse
		}
		v.held = append(v.held, h)
	}
}

// concerned returns the organizations that the account belongs to or should belong to, or where it has records, by id.
func (v *view) concerned() []uuid.UUID {
	if v.only != uuid.Nil {
		return []uuid.UUID{v.only}
	}
	ids := map[uuid.UUID]bool{}
	for id := range v.places {
		ids[id] = true
	}
	for id := range v.want.places {
		ids[id] = true
	}
	return slices.SortedFunc(maps.Keys(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

// onSite compares the site roles. The last owner stays one, and nothing is given that would lock all owners out.
func (v *view) onSite(ctx context.Context, c comparison) (part, error) {
	exists, err := v.existing(ctx, uuid.Nil, len(c.want.site) > 0 || c.has(v.site))
	if err != nil {
		return part{}, err
	}
	p := c.inSite(v.site, exists)
	if v.lax {
		return p, nil
	}
	if endless(v.site, org.RoleOwner) && !endless(p.after(), org.RoleOwner) {
		other, err := v.ManagedBeside(ctx, v.user)
		if err != nil {
			return p, err
		}
		if !other {
			c.protects = map[string]bool{org.RoleOwner: true}
			p = c.inSite(v.site, exists)
			p.protected = true
		}
	}
	return v.unlocked(ctx, p)
}

// unlocked leaves the site as it is if what is given would keep all owners from their work.
func (v *view) unlocked(ctx context.Context, p part) (part, error) {
	if !slices.ContainsFunc(p.before, func(r org.Assignment) bool { return r.Role == org.RoleOwner }) || !p.changes() {
		return p, nil
	}
	h := org.HolderChange{User: v.user, Before: rolesOf(p.before), After: rolesOf(p.after())}
	// A role that denies could do that, and rules may give it to each owner, one sign-in after the other.
	managed, err := v.If(h).ManagedBeside(ctx, uuid.Nil)
	if err != nil || managed {
		return p, err
	}
	if was, err := v.ManagedBeside(ctx, uuid.Nil); err != nil || !was {
		return p, err
	}
	return p.heldBack(), nil
}

// rolesOf returns the roles that some records give, sorted. The membership does not count as one.
func rolesOf(records []org.Assignment) []string {
	roles := []string{}
	for i := range records {
		if r := &records[i]; r.Role != org.RoleOrganizationUser || r.OrganizationID == uuid.Nil {
			roles = append(roles, r.Role)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
